"""Which files the preview shows."""

from pathlib import Path

import pytest

from newsletter.errors import NotFoundError, Place
from newsletter.web.preview.source_files import LARGEST, excerpt, read_source
from tests.web.preview.running_preview import NewsletterFolder

NOT_SHOWN = [
    "",
    ".",
    "/",
    "..",
    "../secret.md",
    "issues/../../secret.md",
    "issues/../.env",
    "issues/%2e%2e/.env",
    ".env",
    "newsletter.db",
    "issues",
    "issues/",
    "issues/none.md",
    "issues/.hidden.md",
    "issues/.git/config.md",
    "issues/notes.db",
    "issues//2026-11-23.md",
    "/etc/passwd",
    "/issues/2026-11-23.md",
    "issues/\0.md",
    "issues/loop.md",
    "issues/out.md",
    "issues/environment.md",
    "issues/settings.md",
    "templates/" + "x" * 5000 + ".md",
]


@pytest.fixture
def root(folder: NewsletterFolder) -> Path:
    """Return the folder of a newsletter that has private files too."""
    (folder.root / ".env").write_text("NEWSLETTER_SECRET=canary", encoding="utf-8")
    (folder.root / "newsletter.db").write_text("canary", encoding="utf-8")
    (folder.root / "issues/.hidden.md").write_text("canary", encoding="utf-8")
    (folder.root / "issues/notes.db").write_text("canary", encoding="utf-8")
    (folder.root.parent / "secret.md").write_text("canary", encoding="utf-8")
    (folder.root / "issues/loop.md").symlink_to("loop.md")
    (folder.root / "issues/out.md").symlink_to(folder.root.parent / "secret.md")
    (folder.root / "issues/environment.md").symlink_to(folder.root / ".env")
    (folder.root / "issues/settings.md").symlink_to(folder.root / "newsletter.toml")
    return folder.root


@pytest.mark.parametrize("path", NOT_SHOWN)
def test_only_the_editors_files_are_shown(root: Path, path: str) -> None:
    with pytest.raises(NotFoundError) as refused:
        read_source(root, path)
    assert "canary" not in str(refused.value)
    assert excerpt(root, Place(path=path, line=1)) == ()


@pytest.mark.parametrize("path", ["newsletter.toml", "issues/2026-11-23.md", "issues/entries/night-train.md"])
def test_the_editors_files_are_shown_line_by_line(root: Path, path: str) -> None:
    source = read_source(root, path)
    assert source.complete
    assert list(source.lines) == (root / path).read_text(encoding="utf-8").splitlines()


def test_a_file_of_ten_megabytes_is_shown_from_its_start(root: Path) -> None:
    (root / "issues/entries/large.md").write_text("words\n" * 1_700_000, encoding="utf-8")
    source = read_source(root, "issues/entries/large.md")
    assert not source.complete
    assert sum(len(line) + 1 for line in source.lines) <= LARGEST + 1


def test_bytes_that_are_not_utf_8_are_shown_as_replacement_characters(root: Path) -> None:
    (root / "issues/entries/latin.md").write_bytes("title: Café\r\nurl:".encode("latin-1"))
    assert read_source(root, "issues/entries/latin.md").lines == ("title: Caf\ufffd", "url:")


def test_an_excerpt_has_the_lines_around_its_place(root: Path) -> None:
    lines = excerpt(root, Place(path="newsletter.toml", line=2))
    assert [line.number for line in lines] == [1, 2, 3, 4]
    assert [line.number for line in lines if line.meant] == [2]
    assert excerpt(root, Place(path="newsletter.toml", line=9999)) == ()
    assert excerpt(root, Place(path="newsletter.toml")) == ()
