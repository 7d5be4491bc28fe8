"""The state of files on disk: it differs after every change, and only then."""

import os
from pathlib import Path

import pytest

from newsletter.files.file_state import file_states


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file, and a folder below it with another."""
    (tmp_path / "below").mkdir()
    (tmp_path / "first.md").write_text("first", encoding="utf-8")
    (tmp_path / "below" / "second.md").write_text("second", encoding="utf-8")
    return tmp_path


def test_the_state_has_every_file_in_a_folder_once(folder: Path) -> None:
    states = file_states([folder, folder / "first.md"])
    assert sorted(state.path for state in states) == [str(folder / "below/second.md"), str(folder / "first.md")]
    assert {state.size for state in states} == {5, 6}
    assert file_states([folder]) == states


def test_places_that_are_missing_are_left_out(folder: Path) -> None:
    assert file_states([folder / "nowhere", folder / "below"]) == file_states([folder / "below"])


@pytest.mark.parametrize("change", ["content", "time", "replaced", "added", "deleted", "renamed"])
def test_the_state_differs_after_each_change(folder: Path, change: str) -> None:
    before = file_states([folder])
    first = folder / "first.md"
    status = first.stat()
    if change == "content":
        first.write_text("longer than before", encoding="utf-8")
        os.utime(first, ns=(status.st_atime_ns, status.st_mtime_ns))
    elif change == "time":
        os.utime(first, ns=(status.st_atime_ns, status.st_mtime_ns + 1000))
    elif change == "replaced":  # by a file of the same size and time, as an editor that saves by renaming does
        copy = folder / "copy"
        copy.write_text("other", encoding="utf-8")
        os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))
        copy.replace(first)
    elif change == "added":
        (folder / "below" / "third.md").touch()
    elif change == "deleted":
        first.unlink()
    else:
        first.rename(folder / "below" / "first.md")
    assert file_states([folder]) != before


def test_links_to_folders_are_not_followed(folder: Path) -> None:
    (folder / "below" / "around").symlink_to(folder)
    (folder / "broken").symlink_to(folder / "nowhere")
    assert len({Path(state.path).name for state in file_states([folder])} & {"first.md", "second.md"}) == 2
    assert not any("around/" in state.path for state in file_states([folder]))
