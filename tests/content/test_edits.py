"""Changes to a file in place: the new value is there, and every other byte stays."""

from datetime import date

import pytest

from newsletter.content import FileKind, InvalidValueError, UnreadableFileError, apply_change, field_value
from newsletter.domain.changes import Change, FieldValue, SetField

ENTRY = """\
---
# The lead.
title: Night trains  # not final
url:
source: 'The Review'
topics: [Railways, "Travel"]
image_alt: >-  # shorten
  A sleeper train
  at a platform

---
She *writes*:

> One.
lazy
>\tTwo.

After that [1].

[1]: https://example.org/x
"""


def edited(text: str, change: Change, kind: FileKind = FileKind.ENTRY) -> str:
    """Return the text with a change, after checking that its inverse gives the original text back."""
    result = apply_change(text, change, kind)
    assert apply_change(result.text, result.inverse, kind).text == text
    return result.text


def difference(before: str, after: str) -> tuple[str, str]:
    """Return the lines of two texts that differ, without those that they share at the beginning and at the end."""
    old, new = before.split("\n"), after.split("\n")
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return "\n".join(old), "\n".join(new)


@pytest.mark.parametrize(
    ("name", "value", "old", "new"),
    [
        ("title", "Slow trains", "title: Night trains  # not final", "title: Slow trains  # not final"),
        ("title", "Trains: slow", "title: Night trains  # not final", 'title: "Trains: slow"  # not final'),
        ("title", "2026", "title: Night trains  # not final", 'title: "2026"  # not final'),
        ("title", "true", "title: Night trains  # not final", 'title: "true"  # not final'),
        ("title", "null", "title: Night trains  # not final", 'title: "null"  # not final'),
        ("title", "no", "title: Night trains  # not final", "title: no  # not final"),
        ("title", 'a "b": c', "title: Night trains  # not final", "title: 'a \"b\": c'  # not final"),
        ("title", None, "title: Night trains  # not final", ""),
        ("url", "https://example.org/a", "url:", "url: https://example.org/a"),
        ("source", "The Post", "source: 'The Review'", "source: 'The Post'"),
        ("source", "Ada's", "source: 'The Review'", "source: 'Ada''s'"),
        ("author", "Ada", "", "author: Ada"),
        ("date", date(2026, 11, 23), "", "date: 2026-11-23"),
        ("minutes", 7, "", "minutes: 7"),
        ("paywall", True, "", "paywall: true"),
        ("image_alt", "Rain: a train", "  A sleeper train\n  at a platform", "  Rain: a train"),
        ("framing", "He says:", "She *writes*:", "He says:"),
        ("quotation", "One.\nlazy\n  Two.\n\nThree.", "", ">\n> Three."),
        ("quotation", None, "> One.\nlazy\n>\tTwo.\n", None),
        ("framing-2", "Later.", "After that [1].\n\n[1]: https://example.org/x", "Later."),
    ],
)
def test_only_the_bytes_of_a_field_change(name: str, value: FieldValue, old: str, new: str | None) -> None:
    after = edited(ENTRY, SetField(name=name, value=value))
    assert field_value(after, name, FileKind.ENTRY) == value
    if new is not None:
        assert difference(ENTRY, after) == (old, new)


def test_a_new_field_stands_at_its_place_in_the_order_of_fields() -> None:
    after = edited(ENTRY, SetField(name="author", value="Ada"))
    assert "source: 'The Review'\nauthor: Ada\ntopics:" in after


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_a_byte_order_mark_and_a_missing_final_line_break_stay(end: str) -> None:
    text = "\ufeff" + ENTRY.rstrip("\n").replace("\n", end)
    for name, value in (("author", "Ada"), ("framing", "A\nB"), ("quotation", "A\n\nB"), ("framing-2", "C")):
        after = edited(text, SetField(name=name, value=value))
        assert after.startswith("\ufeff---" + end)
        assert not after.endswith(("\r", "\n"))
        assert after.count("\n") == (after.count("\r\n") if end == "\r\n" else 0)
        assert field_value(after, name, FileKind.ENTRY) == value


def test_an_override_is_made_with_the_tables_around_it_and_removed_with_them() -> None:
    issue = "---\ndate: 2026-11-23\nentries: [a]\n---"
    change = SetField(name="overrides.a.framing", value="One.\n\nTwo: 2")
    after = edited(issue, change, FileKind.ISSUE)
    assert (
        after
        == "---\ndate: 2026-11-23\nentries: [a]\noverrides:\n  a:\n    framing: |-\n      One.\n\n      Two: 2\n---"
    )
    assert edited(after, SetField(name="overrides.a.framing", value=None), FileKind.ISSUE) == issue


def test_a_note_begins_behind_the_front_matter() -> None:
    after = edited("---\ndate: 2026-11-23\n---", SetField(name="note", value="Hello."), FileKind.ISSUE)
    assert after == "---\ndate: 2026-11-23\n---\nHello.\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("titel", "x"),
        ("date", "tomorrow"),
        ("minutes", 0),
        ("paywall", "maybe"),
        ("title", "\ud800"),
        ("framing", "> a quotation"),
        ("framing", "x" * 70_000),
        ("framing", "a\n<<<<<<< HEAD"),
    ],
)
def test_values_that_a_field_cannot_have_are_refused(name: str, value: FieldValue) -> None:
    with pytest.raises(InvalidValueError) as err:
        apply_change(ENTRY, SetField(name=name, value=value), FileKind.ENTRY)
    assert err.value.field in (name, "file")
    assert err.value.hint


def test_a_file_that_cannot_be_read_is_not_changed() -> None:
    with pytest.raises(UnreadableFileError) as err:
        apply_change("---\ntitle: a: b\n---\n", SetField(name="title", value="c"), FileKind.ENTRY, path="x.md")
    assert [finding.place.path for finding in err.value.findings] == ["x.md"]
