"""Saved files become events."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.web.preview.running_preview import NewsletterFolder


def _revisions(lines: Iterator[str]) -> Iterator[str]:
    return (line.removeprefix("data: ") for line in lines if line.startswith("data: "))


def _save_in_place(folder: NewsletterFolder) -> None:
    folder.entry("night-train", title="Saved in place")


def _save_by_renaming(folder: NewsletterFolder) -> None:
    # As vim and other editors save: the watched file is replaced.
    new = folder.root / "issues/entries/new"
    new.write_text("---\ntitle: Renamed\n---\n", encoding="utf-8")
    new.replace(folder.root / "issues/entries/night-train.md")


def _save_settings_by_renaming(folder: NewsletterFolder) -> None:
    new = folder.root / "settings.new"
    new.write_text((folder.root / "newsletter.toml").read_text(encoding="utf-8") + "\n", encoding="utf-8")
    new.replace(folder.root / "newsletter.toml")


def _delete(folder: NewsletterFolder) -> None:
    (folder.root / "issues/2026-11-22.md").unlink()


def _make_a_theme(folder: NewsletterFolder) -> None:
    (folder.root / "templates/email/own").mkdir(parents=True)


@pytest.mark.parametrize(
    "change", [_save_in_place, _save_by_renaming, _save_settings_by_renaming, _delete, _make_a_theme]
)
def test_every_way_of_saving_is_an_event(
    client: httpx.Client, folder: NewsletterFolder, change: Callable[[NewsletterFolder], None]
) -> None:
    with client.stream("GET", "/changes", timeout=20) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        revisions = _revisions(stream.iter_lines())
        first = next(revisions)
        change(folder)
        assert next(revisions) != first


def test_other_files_are_not_events(client: httpx.Client, folder: NewsletterFolder) -> None:
    with client.stream("GET", "/changes", timeout=20) as stream:
        revisions = _revisions(stream.iter_lines())
        first = next(revisions)
        (folder.root / "newsletter.db").write_text("subscribers", encoding="utf-8")
        (folder.root / "outbox").mkdir()
        (folder.root / "issues/.2026-11-23.md.swp").write_text("an editor's own", encoding="utf-8")
        _save_in_place(folder)
        count = int(next(revisions).rpartition("-")[2])
        assert count == int(first.rpartition("-")[2]) + 1


def test_folders_that_appear_later_are_watched_too(
    client: httpx.Client, folder: NewsletterFolder, tmp_path: Path
) -> None:
    aside = tmp_path.parent / f"{tmp_path.name}-aside"
    with client.stream("GET", "/changes", timeout=20) as stream:
        revisions = _revisions(stream.iter_lines())
        seen = {next(revisions)}
        shutil.move(folder.root / "issues", aside)
        seen.add(next(revisions))
        shutil.move(aside, folder.root / "issues")
        seen.add(next(revisions))
        while "Saved in place" not in client.get("/issues/2026-11-23/email").text:
            _save_in_place(folder)
            seen.add(next(revisions))
    assert len(seen) >= 4


def test_a_page_has_its_revision_so_that_it_misses_no_event(client: httpx.Client) -> None:
    with client.stream("GET", "/changes", timeout=20) as stream:
        revision = next(_revisions(stream.iter_lines()))
        assert f'data-revision="{revision}"' in client.get("/").text


def test_a_file_name_that_is_not_utf_8_does_not_end_the_events(client: httpx.Client, folder: NewsletterFolder) -> None:
    with client.stream("GET", "/changes", timeout=20) as stream:
        revisions = _revisions(stream.iter_lines())
        seen = {next(revisions)}
        Path(os.fsdecode(os.fsencode(folder.root) + b"/issues/entries/caf\xe9.md")).write_text(
            "Latin-1", encoding="utf-8"
        )
        seen.add(next(revisions))
        while "Saved in place" not in client.get("/issues/2026-11-23/email").text:
            _save_in_place(folder)
            seen.add(next(revisions))
    assert len(seen) >= 3
