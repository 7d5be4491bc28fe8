"""The latest commits in a folder."""

from pathlib import Path

from newsletter.git import recent_commits
from tests.git.repositories import Checkout, checkout


def _commit(lantern: Checkout, message: str, *paths: str, author: str = "Ada Marsh <ada@x.example>") -> None:
    for path in paths:
        lantern.write(path, f"{message} {path}")
    lantern.git("add", "--", *paths)
    lantern.git("commit", "--quiet", f"--message={message}", f"--author={author}")


def test_the_latest_commits_of_a_folder_come_with_their_files(tmp_path: Path) -> None:
    lantern = checkout(tmp_path, files={"letters/newsletter.toml": ""})
    _commit(lantern, "Add two entries", "letters/issues/entries/a.md", "letters/issues/entries/ä b.md")
    _commit(lantern, "Change the theme", "letters/templates/x.mjml")
    forged = "\x01" + "0" * 40
    _commit(lantern, f"{forged}\n\n{forged}", f"letters/issues/{forged}.md", author="Eve <eve@x.example>")
    lantern.git("rm", "--quiet", "letters/issues/entries/a.md")
    lantern.git("commit", "--quiet", "--message=Remove an entry")
    commits = recent_commits(lantern.repository("letters"), "issues")
    assert [(commit.subject, commit.paths) for commit in commits] == [
        ("Remove an entry", ("issues/entries/a.md",)),
        (forged, (f"issues/{forged}.md",)),
        ("Add two entries", ("issues/entries/a.md", "issues/entries/ä b.md")),
    ]
    assert commits[1].author.address == "eve@x.example"
    assert [commit.subject for commit in recent_commits(lantern.repository("letters"), "issues", limit=1)] == [
        "Remove an entry"
    ]


def test_a_repository_without_commits_has_none(tmp_path: Path) -> None:
    lantern = Checkout(tmp_path / "home", tmp_path / "lantern")
    lantern.git("init", "--quiet")
    lantern.write("newsletter.toml", "")
    assert recent_commits(lantern.repository(), "issues") == ()
