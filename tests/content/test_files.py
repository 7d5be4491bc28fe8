"""Files that are too large, in another encoding, outside the folder, or wrongly named."""

import errno
import os
from pathlib import Path

import pytest

from newsletter.content import read_manuscripts
from newsletter.errors import Place, Severity
from tests.content.editor_files import ENTRY, ISSUE, findings, only_finding, put, put_entries


def test_a_newsletter_without_files_has_no_findings(tmp_path: Path) -> None:
    manuscripts = read_manuscripts(tmp_path)
    assert (dict(manuscripts.entries), manuscripts.issues, manuscripts.findings) == ({}, (), ())


def test_an_entry_of_ten_megabytes_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "entries/one.md", ENTRY + "word " * 2_000_000)
    assert only_finding(tmp_path).rule == "file-too-large"
    assert "64 KiB" in str(only_finding(tmp_path))
    assert read_manuscripts(tmp_path).entries["one"].passages == ()


def test_a_file_of_the_maximum_size_is_read(tmp_path: Path) -> None:
    put(tmp_path, "entries/one.md", ENTRY + "x" * (64 * 1024 - len(ENTRY.encode())))
    assert findings(tmp_path) == ()
    put(tmp_path, "entries/one.md", ENTRY + "x" * (64 * 1024 - len(ENTRY.encode()) + 1))
    assert only_finding(tmp_path).rule == "file-too-large"


def test_a_file_is_read_again_after_each_save_even_within_a_moment(tmp_path: Path) -> None:
    for word in ("one", "two", "six"):  # as many bytes each time
        put(tmp_path, "entries/one.md", ENTRY + word)
        passage = read_manuscripts(tmp_path).entries["one"].passages[-1]
        assert passage.markdown.endswith(word)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "cp1252"])
def test_a_file_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path, encoding: str) -> None:
    path = put(tmp_path, "entries/one.md", "")
    path.write_bytes(ENTRY.replace("Ada Writer", "Léonie Abara").encode(encoding))
    finding = only_finding(tmp_path)
    assert finding.rule == "file-not-utf8"
    assert finding.place.line == (1 if encoding == "utf-16" else 5)


def test_a_link_to_a_file_outside_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text(ENTRY)
    root = tmp_path / "newsletter"
    put_entries(root, "moss")
    (root / "issues/entries/one.md").symlink_to(secret)
    assert only_finding(root).rule == "file-outside"
    assert read_manuscripts(root).entries["one"].title == ""


def test_a_link_to_a_file_inside_is_read(tmp_path: Path) -> None:
    put(tmp_path, "drafts/one.md", ENTRY)
    put_entries(tmp_path, "moss")
    (tmp_path / "issues/entries/one.md").symlink_to("../drafts/one.md")
    assert findings(tmp_path) == ()
    assert read_manuscripts(tmp_path).entries["one"].title == "The quiet return of the night train"


@pytest.mark.parametrize("folder", ["issues", "issues/entries", "issues/entries/2026"])
def test_a_folder_that_links_outside_has_no_entries(tmp_path: Path, folder: str) -> None:
    put_entries(tmp_path / "elsewhere", "entries/one", "two")
    root = tmp_path / "newsletter"
    (root / folder).parent.mkdir(parents=True)
    (root / folder).symlink_to(tmp_path / "elsewhere/issues/entries")
    assert {finding.rule for finding in findings(root)} == {"file-outside"}
    assert [slug for slug, entry in read_manuscripts(root).entries.items() if entry.title] == []


@pytest.mark.parametrize("target", ["one.md", "gone.md"])
def test_a_dangling_link_is_reported(tmp_path: Path, target: str) -> None:
    put_entries(tmp_path, "moss")
    (tmp_path / "issues/entries/one.md").symlink_to(target)
    assert only_finding(tmp_path).rule == "file-unreadable"


def test_a_pipe_or_folder_in_the_place_of_a_file_is_reported_without_waiting(tmp_path: Path) -> None:
    put_entries(tmp_path, "moss")
    os.mkfifo(tmp_path / "issues/entries/pipe.md")
    (tmp_path / "issues/folder.md").mkdir()
    assert [finding.rule for finding in findings(tmp_path) if finding.rule != "issue-empty"] == ["file-unreadable"] * 2


def test_a_file_without_permission_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "entries/one.md", ENTRY)

    def refused(path: Path, mode: str) -> None:  # chmod isn't enough: root can read everything
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    assert "permission denied" in str(only_finding(tmp_path))


@pytest.mark.parametrize("name", ["Night-Train.md", "night train.md", "-night-train.md", "naïve.md", "x" * 90 + ".md"])
def test_a_file_name_that_is_not_a_slug_is_reported_with_a_suggestion(tmp_path: Path, name: str) -> None:
    put(tmp_path, f"entries/{name}", ENTRY)
    finding = only_finding(tmp_path)
    assert finding.rule == "slug-invalid"
    slug = finding.hint.removeprefix("rename it to ").removesuffix(".md")
    assert slug in read_manuscripts(tmp_path).entries


def test_entries_with_the_same_slug_are_both_reported_and_the_first_is_used(tmp_path: Path) -> None:
    put(tmp_path, "entries/2025/moss.md", ENTRY)
    put(tmp_path, "entries/moss.md", ENTRY.replace("The Review", "The Revue"))
    put(tmp_path, "issue.md", ISSUE.replace("night-train", "moss"))
    manuscripts = read_manuscripts(tmp_path)
    assert manuscripts.entries["moss"].source == "The Review"
    assert {(finding.rule, finding.place.path) for finding in findings(tmp_path)} == {
        ("slug-repeated", "issues/entries/2025/moss.md"),
        ("slug-repeated", "issues/entries/moss.md"),
    }
    assert {finding.rule for finding in manuscripts.findings_of(manuscripts.issues[0])} == {"slug-repeated"}


def test_names_that_differ_only_in_case_are_the_same_slug(tmp_path: Path) -> None:
    put(tmp_path, "entries/Night-Train.md", ENTRY)
    put(tmp_path, "entries/night-train.md", ENTRY.replace("The Review", "The Revue"))
    assert {finding.rule for finding in findings(tmp_path)} == {"slug-invalid", "slug-repeated"}
    assert read_manuscripts(tmp_path).entries["night-train"].source == "The Revue"


def test_hidden_files_and_other_files_are_ignored(tmp_path: Path) -> None:
    put(tmp_path, "entries/.#moss.md", "a lock of an editor")
    put(tmp_path, "entries/.git/moss.md", "no entry")
    put(tmp_path, "entries/moss.md~", "a backup")
    put(tmp_path, "notes.txt", "no issue")
    assert findings(tmp_path) == ()


@pytest.mark.parametrize(
    ("name", "renamed"),
    [
        ("entries/night-train.txt", "night-train.md"),
        ("entries/2026/Night Train.markdown", "night-train.md"),
        ("entries/night-train.MD", "night-train.md"),
        ("entries/night-train.md.txt", "night-train.md"),
        ("2026-11-23.mdown", "2026-11-23.md"),
    ],
)
def test_a_text_file_with_the_wrong_ending_is_a_warning(tmp_path: Path, name: str, renamed: str) -> None:
    put(tmp_path, name, ENTRY)
    (finding,) = read_manuscripts(tmp_path).findings
    assert (finding.rule, finding.severity) == ("file-ending", Severity.WARNING)
    assert finding.place == Place(path=f"issues/{name}")
    assert f"rename it to {renamed}, or move it out of issues" in finding.hint
    assert read_manuscripts(tmp_path).entries == {}


def test_files_that_are_clearly_not_entries_are_ignored(tmp_path: Path) -> None:
    for name in ("entries/README.txt", "entries/LICENSE.txt", "entries/.draft.txt", "entries/train.jpg", "notes/a.txt"):
        put(tmp_path, name, ENTRY)
    assert findings(tmp_path) == ()


def test_findings_are_sorted_by_place(tmp_path: Path) -> None:
    put(tmp_path, "b.md", ISSUE)
    put(tmp_path, "a.md", "no front matter")
    put(tmp_path, "entries/c.md", ENTRY.replace("title:", "titel:").replace("source:", "sauce:"))
    places = [(finding.place.path, finding.place.line) for finding in findings(tmp_path)]
    assert places == sorted(places)
    assert len(places) == 6
