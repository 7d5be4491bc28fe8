"""Commit messages in words, from what a sitting has changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.editing.commit_messages import FileChange, commit_message

ENTRY = "issues/entries/night-train.md"
ISSUE = "issues/2026-11-30.md"
TEXT = """---
title: Night train
url: https://example.org/night-train
source: The Lamp
topics: [rail]
---
A framing.

> A quotation.
"""
DRAFT = """---
date: 2026-11-30
subject: Monday
sections:
  - title: On the move
    entries: [a, b, c, d]
  - title: At home
    entries: [e]
---
A note.
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("A framing.", "Another framing.", "Edit Night train: framing"),
        ("topics: [rail]\n---\nA framing.", "topics: [sea]\n---\nNew.", "Edit Night train: topics and framing"),
        ("> A quotation.", "> Words.", "Edit Night train: quotation"),
        ("title: Night train", "title: Day train", "Edit Day train: title"),
        ("source:", "# a comment\nsource:", "Edit Night train"),
    ],
)
def test_an_entry(old: str, new: str, message: str) -> None:
    change = FileChange(path=ENTRY, before=TEXT, after=TEXT.replace(old, new))
    assert commit_message([change]) == message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[a, b, c, d]", "[d, a, b, c]", "Compose 30 November: move 1"),
        ("[a, b, c, d]", "[b, a, d, c, f]", "Compose 30 November: move 2, add 1"),
        ("[a, b, c, d]", "[a]", "Compose 30 November: remove 3"),
        ("d]\n  - title: At home\n    entries: [e]", "d, e]", "Compose 30 November: move 1, sections"),
        ("subject: Monday", "subject: Tuesday", "Compose 30 November: subject"),
        ("A note.", "Another note.", "Compose 30 November: note"),
    ],
)
def test_an_issue(old: str, new: str, message: str) -> None:
    change = FileChange(path=ISSUE, before=DRAFT, after=DRAFT.replace(old, new))
    assert commit_message([change]) == message


def test_new_and_removed_files() -> None:
    assert commit_message([FileChange(path=ENTRY, before=None, after=TEXT)]) == "Add Night train"
    assert commit_message([FileChange(path=ISSUE, before=DRAFT, after=None)]) == "Remove 30 November"
    assert commit_message([FileChange(path="newsletter.toml", before="a", after="b")]) == "Edit newsletter.toml"


def test_several_files() -> None:
    entry = FileChange(path=ENTRY, before=TEXT, after=TEXT.replace("A framing.", "New."))
    issue = FileChange(path=ISSUE, before=DRAFT, after=DRAFT.replace("[a, b, c, d]", "[b, a, c, d]"))
    assert commit_message([entry, issue]) == "Edit Night train: framing; compose 30 November: move 1"
    many = [entry, issue, FileChange(path="issues/blocks/a-much-longer-name.md", before=None, after="")]
    assert commit_message(many) == (
        "Edit Night train and 2 other files\n\n"
        "- Edit Night train: framing\n- Compose 30 November: move 1\n- Add a much longer name"
    )


def test_an_unreadable_file_and_a_title_with_control_characters() -> None:
    assert commit_message([FileChange(path=ENTRY, before=TEXT, after="---\n[")]).startswith("Edit night train")
    odd = TEXT.replace("title: Night train", 'title: "# Night\\e[31m\\n train"')
    assert "\x1b" not in commit_message([FileChange(path=ENTRY, before=None, after=odd)])


_TEXTS = st.text() | st.text("-:[]{}\n #>a\"'&*!|%@`", max_size=60).map(lambda text: f"---\n{text}\n---\n{text}")
_PATHS = st.sampled_from([ENTRY, ISSUE, "issues/blocks/a.md", "newsletter.toml", "issues/ü.md"])


@given(path=_PATHS, before=st.none() | _TEXTS, after=st.none() | _TEXTS)
def test_every_change_has_a_message_of_printable_lines(path: str, before: str | None, after: str | None) -> None:
    message = commit_message([FileChange(path=path, before=before, after=after)] * 2)
    assert message.strip()
    assert all(line.isprintable() for line in message.split("\n"))


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('name = "A"\n', 'name = "B"\n', "Change settings: name"),
        ("[a]\nx = 1\n", '[a]\nx = 2\n[topics.b]\nname = "B"\n', "Change settings: a.x and topics.b"),
        ("[topics.a]\n", '[topics.a]\naliases = ["b"]\n', "Change settings: topics.a"),
        ("# one\n", "# two\n", "Edit newsletter.toml"),
        ("[broken\n", 'name = "A"\n', "Edit newsletter.toml"),
    ],
)
def test_changes_of_settings_name_them(before: str, after: str, message: str) -> None:
    assert commit_message([FileChange(path="newsletter.toml", before=before, after=after)]) == message
