"""New files are read back unchanged and never overwrite others."""

import errno
import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.content import NewIssue, new_entry, new_issue, read_manuscripts
from newsletter.content.fields import one_line
from newsletter.content.files import SlugTakenError
from newsletter.content.markdown import join_passages, split_passages
from newsletter.content.writing import InvalidSlugError, NotUnicodeError, RepeatedEntryError, UnknownEntryError
from newsletter.domain.issue import Entry, Passage, PassageKind
from newsletter.domain.topics import slug_of
from newsletter.errors import FindingsError
from tests.content.editor_files import put_entries


def files(root: Path) -> list[str]:
    """Return the names of all files, without those of the newsletter's lock."""
    return sorted(path.name for path in root.rglob("*") if path.is_file() and path.parent.name != ".newsletter")


def written(root: Path, title: str, *, body: str = "", topics: Iterable[str] = (), **fields: Any) -> Path:
    """Write a new entry with this body."""
    passages = (Passage(kind=PassageKind.FRAMING, markdown=body),)
    defaults = {"slug": slug_of(title), "url": "", "source": ""}
    return new_entry(root, Entry(title=title, topics=tuple(topics), passages=passages, **(defaults | fields)))


def test_a_new_entry_looks_as_if_written_by_hand(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        title="Night trains: a “return”",
        url="https://example.org/review/night-train",
        source="The Review",
        author="Ada Writer",
        date=date(2026, 11, 17),
        topics=["Railways", "Politics & Current Affairs", "no"],
        body="She writes:\n\n> Words.",
    )
    assert path == tmp_path / "issues/entries/night-trains-a-return.md"
    assert path.read_text(encoding="utf-8") == (
        "---\ntitle: 'Night trains: a “return”'\nurl: https://example.org/review/night-train\nsource: The Review\n"
        "author: Ada Writer\ndate: 2026-11-17\ntopics: [Railways, Politics & Current Affairs, no]\n---\n"
        "She writes:\n\n> Words.\n"
    )
    assert read_manuscripts(tmp_path).findings == ()


def test_an_entry_begun_with_only_a_title_has_findings_for_the_rest(tmp_path: Path) -> None:
    path = written(tmp_path, title="Moss")
    assert path.read_text() == "---\ntitle: Moss\nurl:\nsource:\ntopics: []\n---\n"
    assert [finding.place.line for finding in read_manuscripts(tmp_path).findings] == [3, 4]


def test_a_new_issue_lists_its_entries(tmp_path: Path) -> None:
    put_entries(tmp_path, "moss", "2025/night-train")
    new = NewIssue(subject="#1: moss", entries=("night-train", "moss"), number=8)
    path = new_issue(tmp_path, date(2026, 11, 24), new)
    assert path == tmp_path / "issues/2026-11-24.md"
    issue = read_manuscripts(tmp_path).issues[-1]
    assert (issue.date, issue.subject, issue.number) == (date(2026, 11, 24), "#1: moss", 8)
    assert [entry.slug for entry in issue.entries] == ["night-train", "moss"]
    assert read_manuscripts(tmp_path).findings == ()


def test_a_new_file_is_readable_like_any_other(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        assert written(tmp_path, title="Moss").stat().st_mode & 0o777 == 0o644
    finally:
        os.umask(mask)


@pytest.mark.parametrize("slug", ["../moss", "a/b", "Moss", "", "-moss", "x" * 81, "..", "mo ss", "moss\n"])
def test_an_invalid_slug_is_refused_without_writing_a_file(tmp_path: Path, slug: str) -> None:
    with pytest.raises(InvalidSlugError, match="not a slug"):
        written(tmp_path, title="Moss", slug=slug)
    with pytest.raises(InvalidSlugError, match="not a slug"):
        new_issue(tmp_path, date(2026, 11, 24), NewIssue(slug=slug))
    assert files(tmp_path) == []


def test_a_slug_in_use_is_refused_in_any_folder(tmp_path: Path) -> None:
    put_entries(tmp_path, "moss", "2025/night-train")
    before = (tmp_path / "issues/entries/moss.md").read_bytes()
    for title in ("Moss", "Night train"):
        with pytest.raises(SlugTakenError, match="already"):
            written(tmp_path, title=title)
    assert (tmp_path / "issues/entries/moss.md").read_bytes() == before
    assert files(tmp_path) == ["moss.md", "night-train.md"]


def test_an_issue_is_not_overwritten(tmp_path: Path) -> None:
    new_issue(tmp_path, date(2026, 11, 24), NewIssue(subject="First"))
    with pytest.raises(SlugTakenError, match=r"issues/2026-11-24\.md already exists"):
        new_issue(tmp_path, date(2026, 11, 24), NewIssue(subject="Second"))
    assert read_manuscripts(tmp_path).issues[0].subject == "First"
    assert files(tmp_path) == ["2026-11-24.md"]


def test_a_new_issue_with_unknown_or_repeated_entries_is_refused(tmp_path: Path) -> None:
    put_entries(tmp_path, "night-train")
    with pytest.raises(UnknownEntryError, match='no entry "night-trains": did you mean "night-train"'):
        new_issue(tmp_path, date(2026, 11, 24), NewIssue(entries=("night-trains",)))
    with pytest.raises(RepeatedEntryError, match="named twice"):
        new_issue(tmp_path, date(2026, 11, 24), NewIssue(entries=("night-train", "night-train")))
    assert files(tmp_path) == ["night-train.md"]


def test_a_link_to_outside_is_not_written_through(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "newsletter", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (root / "issues").mkdir(parents=True)
    (root / "issues/entries").symlink_to(elsewhere)
    with pytest.raises(FindingsError, match="leads out"):
        written(root, title="Moss")
    assert files(elsewhere) == []


def test_a_file_in_the_place_of_a_folder_is_a_write_error(tmp_path: Path) -> None:
    (tmp_path / "issues").write_text("not a folder")
    with pytest.raises(FindingsError, match="cannot be written"):
        new_issue(tmp_path, date(2026, 11, 24), NewIssue())
    assert files(tmp_path) == ["issues"]


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        FindingsError, match=r"moss\.md:1: cannot be written: No space left on device; no file was created"
    ):
        written(tmp_path, title="Moss")
    assert files(tmp_path) == []


def test_a_file_is_written_on_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(source: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    new_issue(tmp_path, date(2026, 11, 24), NewIssue())
    with pytest.raises(SlugTakenError, match="already exists"):
        new_issue(tmp_path, date(2026, 11, 24), NewIssue())
    assert files(tmp_path) == ["2026-11-24.md"]


def test_undecodable_bytes_from_a_terminal_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotUnicodeError, match="not UTF-8"):
        written(tmp_path, title="caf\udce9")
    with pytest.raises(NotUnicodeError, match="not UTF-8"):
        written(tmp_path, title="Moss", body="caf\udce9")
    assert files(tmp_path) == []


TEXT = st.text(
    alphabet=st.one_of(st.sampled_from(" :#'\"\\-?[]{},&*!|>%@`~=<.\n\t0123456789eEno_"), st.characters(codec="utf-8")),
    max_size=40,
)
BODY = st.text(alphabet=st.one_of(st.sampled_from("> \n-#a`"), st.characters(codec="utf-8", exclude_categories=["Cc"])))


@given(title=TEXT, source=TEXT, author=TEXT, topics=st.lists(TEXT, max_size=4), body=BODY)
@example(
    title="no", source="1984", author="null", topics=["no", "true", "~", "2026-11-23", "1e3", "0x1F", "a,b"], body=""
)
@example(title="a: b #c", source="- x", author="? x", topics=["[x]", "{{ x }}", "%", "@", "x:", "'", '"'], body="---\n")
@example(
    title="\N{WAVING HAND SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}",
    source="שלום",
    author="\u2028",
    topics=["\x85"],
    body="a",
)
@example(title="\ufeff", source="\u202e\u200f", author="\x00\x1b\x7f", topics=["\U0010ffff", "\x80"], body="...\n---\n")
def test_any_written_entry_is_read_back_unchanged(
    tmp_path_factory: pytest.TempPathFactory, title: str, source: str, author: str, topics: list[str], body: str
) -> None:
    root = tmp_path_factory.mktemp("newsletter")
    path = written(root, title=title, url="u", source=source, author=author, topics=topics, body=body, slug="one")
    entry = read_manuscripts(root).entries["one"]
    assert (entry.title, entry.source, entry.author) == (one_line(title), one_line(source), one_line(author) or None)
    assert entry.topics == tuple(filter(None, map(one_line, topics)))
    assert entry.passages == split_passages(body.strip("\n"))
    assert {finding.rule for finding in read_manuscripts(root).findings} <= {"field-missing"}

    again = written(
        root,
        title=entry.title,
        url=entry.url,
        source=entry.source,
        author=entry.author,
        topics=entry.topics,
        body=body,
        slug="again",
    )
    assert again.read_bytes() == path.read_bytes() or entry.author is None or "" in map(one_line, topics)


def test_a_joined_body_has_the_same_bytes_again(tmp_path: Path) -> None:
    body = "One.\n\nShe writes:\n\n> Words.\n>\n> More words."
    path = written(tmp_path, title="A", url="u", source="S", topics=["T"], body=body, slug="one")
    entry = read_manuscripts(tmp_path).entries["one"]
    again = written(
        tmp_path,
        title=entry.title,
        url=entry.url,
        source=entry.source,
        topics=entry.topics,
        body=join_passages(entry.passages),
        slug="two",
    )
    assert again.read_bytes() == path.read_bytes()


@given(subject=TEXT)
def test_any_written_issue_is_read_back_unchanged(tmp_path_factory: pytest.TempPathFactory, subject: str) -> None:
    root = tmp_path_factory.mktemp("newsletter")
    put_entries(root, "1984", "no")
    new_issue(root, date(2026, 11, 24), NewIssue(subject=subject, entries=("1984", "no")))
    issue = read_manuscripts(root).issues[0]
    assert issue.subject == one_line(subject)
    assert [entry.slug for entry in issue.entries] == ["1984", "no"]
    assert read_manuscripts(root).findings == ()
