"""A file's history, through renames, merges and odd contents."""

from pathlib import Path

import pytest

from newsletter.git import VersionNotFoundError, file_versions, text_at
from tests.git.repositories import Checkout, checkout

TEXT = "".join(f"line {number}\n" for number in range(20))


@pytest.fixture
def lantern(tmp_path: Path) -> Checkout:
    return checkout(tmp_path, files={"letters/newsletter.toml": "", "letters/ä b.md": TEXT})


def change(lantern: Checkout, path: str, text: str, message: str) -> None:
    lantern.write(path, text)
    lantern.git("add", "--", path)
    lantern.git("commit", "--quiet", f"--message={message}", "--author=Ada Marsh <ada@x.example>")


def test_versions_are_followed_through_renames_with_their_own_paths(lantern: Checkout) -> None:
    lantern.git("mv", "letters/ä b.md", "letters/new.md")
    lantern.git("commit", "--quiet", "--message=Rename")
    change(lantern, "letters/new.md", f"{TEXT}more\n", "Edit Night train\n\nBody\x1e\nCo-authored-by: x")
    change(lantern, "letters/other.md", "other\n", "Not this file")
    repository = lantern.repository("letters")
    versions = file_versions(repository, "new.md")
    assert [(version.subject, version.path) for version in versions] == [
        ("Edit Night train", "new.md"),
        ("Rename", "new.md"),
        ("First", "ä b.md"),
    ]
    assert (versions[0].author.name, versions[0].author.address) == ("Ada Marsh", "ada@x.example")
    assert versions[0].at.tzinfo
    texts = [text_at(repository, version.sha, version.path) for version in versions]
    assert texts == [f"{TEXT}more\n", TEXT, TEXT]
    assert file_versions(repository, "new.md", limit=1) == versions[:1]


def test_changes_of_both_sides_of_a_merge_are_in_the_history(lantern: Checkout) -> None:
    lantern.git("checkout", "--quiet", "-b", "side")
    change(lantern, "letters/ä b.md", TEXT.replace("line 1\n", "side\n"), "Side")
    lantern.git("checkout", "--quiet", "main")
    change(lantern, "letters/ä b.md", f"{TEXT}main\n", "Main")
    lantern.git("merge", "--quiet", "--no-edit", "side")
    versions = file_versions(lantern.repository("letters"), "ä b.md")
    assert {version.subject for version in versions} >= {"Main", "Side", "First"}
    assert {version.path for version in versions} == {"ä b.md"}


def test_a_version_that_deleted_the_file(lantern: Checkout) -> None:
    lantern.git("rm", "--quiet", "letters/ä b.md")
    lantern.git("commit", "--quiet", "--message=Remove")
    repository = lantern.repository("letters")
    first, second = file_versions(repository, "ä b.md")
    assert (first.deleted, second.deleted) == (True, False)
    with pytest.raises(VersionNotFoundError):
        text_at(repository, first.sha, "ä b.md")


def test_line_ends_are_kept_and_other_bytes_are_refused(lantern: Checkout) -> None:
    (lantern.folder / "letters/crlf.md").write_bytes(b"\xef\xbb\xbfa\r\nb")
    (lantern.folder / "letters/latin.md").write_bytes(b"\xe9")
    lantern.git("add", ".")
    lantern.git("commit", "--quiet", "--message=Odd")
    repository = lantern.repository("letters")
    assert text_at(repository, repository.head, "crlf.md") == "\ufeffa\r\nb"
    with pytest.raises(VersionNotFoundError, match="not text"):
        text_at(repository, repository.head, "latin.md")
    for sha in ("HEAD", "--help", "0" * 40, ""):
        with pytest.raises(VersionNotFoundError):
            text_at(repository, sha, "crlf.md")


def test_a_repository_without_commits_and_a_shallow_clone(lantern: Checkout, tmp_path: Path) -> None:
    assert file_versions(checkout(tmp_path / "empty").repository(), "a.md") == ()
    change(lantern, "letters/ä b.md", "new\n", "Second")
    shallow = Checkout(tmp_path / "home", tmp_path / "shallow")
    shallow.git("clone", "--quiet", "--depth=1", lantern.folder.as_uri(), ".")
    assert [version.subject for version in file_versions(shallow.repository("letters"), "ä b.md")] == ["Second"]
