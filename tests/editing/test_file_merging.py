"""Merging a file that was changed on both sides: by line where that is safe, else by field, and never by guessing."""

import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content import FileKind, apply_change, field_value
from newsletter.domain.changes import FieldValue, SetField
from newsletter.editing import Side, SyncConflict
from newsletter.editing.file_merging import FileVersions, MergedFile, merge_file

ENTRY = "issues/entries/night-train.md"
TEXT = """---
title: Night train  # as printed
url: https://example.org/night-train
source: "The Lamp"
author: Ada Marsh
topics: [rail, night]
---
A framing.

Its second paragraph.

> A quotation.
"""


def no_lines(_base: bytes, _mine: bytes, _theirs: bytes) -> None:
    """Merge nothing by line, so that fields are merged."""
    return


def git_lines(base: bytes, mine: bytes, theirs: bytes) -> bytes | None:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("mine", mine), ("base", base), ("theirs", theirs)):
            Path(folder, name).write_bytes(content)
        command = ["git", "merge-file", "-p", "-q", "mine", "base", "theirs"]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def merged(base: str, mine: str | None, theirs: str | None, **choices: FieldValue | Side) -> MergedFile:
    versions = FileVersions(
        path=ENTRY,
        base=base.encode(),
        mine=None if mine is None else mine.encode(),
        theirs=None if theirs is None else theirs.encode(),
    )
    return merge_file(versions, choices=choices, merge_lines=no_lines)


def with_fields(text: str, **fields: FieldValue) -> str:
    for name, value in fields.items():
        text = apply_change(text, SetField(name=name, value=value), FileKind.ENTRY).text
    return text


VALUES = {
    "title": st.sampled_from(["Night train", "Day train", "C: a #2 story"]),
    "url": st.sampled_from(["https://example.org/night-train", "https://example.org/x"]),
    "source": st.sampled_from(["The Lamp", "The “Post”", "Lamp: daily"]),
    "author": st.sampled_from([None, "Ada Marsh", "Ben Okoro"]),
    "topics": st.sampled_from([("rail", "night"), ("rail",), ("night", "rail", "sea"), ()]),
    "framing": st.sampled_from(["A framing.\n\nIts second paragraph.", "New.\n\nIts second paragraph.", "A framing."]),
    "quotation": st.sampled_from(["A quotation.", "Words.\n\nMore words."]),
    "minutes": st.sampled_from([None, 3, 7]),
}
SIDES = st.fixed_dictionaries({}, optional=VALUES)


@settings(max_examples=20)  # each parses the files many times
@given(mine=SIDES, theirs=SIDES)
def test_each_field_has_the_value_of_the_side_that_changed_it_or_is_in_conflict(
    mine: dict[str, FieldValue], theirs: dict[str, FieldValue]
) -> None:
    here, there = with_fields(TEXT, **mine), with_fields(TEXT, **theirs)
    outcome = merged(TEXT, here, there)
    in_conflict = {conflict.field for conflict in outcome.conflicts}
    if "text" in in_conflict:
        assert there.count("#") != TEXT.count("#") or "#2" in there
        return
    assert outcome.content is not None
    result = outcome.content.decode()
    assert "# as printed" in result
    for name in VALUES:
        before, ours, other, after = (field_value(text, name, FileKind.ENTRY) for text in (TEXT, here, there, result))
        if other in (before, ours):
            assert after == ours, name
        elif ours == before:
            assert after == other, name
        elif name == "topics":
            assert isinstance(after, tuple)
            assert {word for side in (ours, other) for word in side or () if word not in before} <= set(after)  # type: ignore[union-attr,operator]
        elif name == "framing":
            assert name in in_conflict or after
        else:
            assert (name in in_conflict, after) == (True, ours), name


def test_a_choice_settles_a_field_and_the_rest_is_merged() -> None:
    here, there = with_fields(TEXT, title="Mine", author="Ben"), with_fields(TEXT, title="Theirs", source="Post")
    (conflict,) = merged(TEXT, here, there).conflicts
    assert conflict == SyncConflict(path=ENTRY, field="title", mine="Mine", theirs="Theirs", base="Night train")
    for choice, title in ((Side.MINE, "Mine"), (Side.THEIRS, "Theirs"), ("Both", "Both")):
        outcome = merged(TEXT, here, there, title=choice)
        assert outcome.content == with_fields(TEXT, title=title, author="Ben", source="Post").encode()
        assert outcome.conflicts == ()


@pytest.mark.parametrize(
    "theirs",
    [
        None,
        TEXT.replace("# as printed", "# in print"),
        TEXT.replace("---\nA", "mood: blue\n---\nA"),
        "---\ntitle: [",
        "no front matter",
    ],
)
def test_what_fields_alone_cant_express_is_a_conflict_about_the_whole_file(theirs: str | None) -> None:
    here = with_fields(TEXT, title="Mine")
    (conflict,) = merged(TEXT, here, theirs).conflicts
    assert conflict == SyncConflict(path=ENTRY, field="text", mine=here, theirs=theirs, base=TEXT)
    assert merged(TEXT, here, theirs, text=Side.THEIRS).content == (theirs.encode() if theirs else None)
    assert merged(TEXT, here, theirs, text="typed\n").content == b"typed\n"


def test_files_that_are_not_text_are_chosen_whole() -> None:
    versions = FileVersions(path="issues/images/a.png", base=b"\x89\0", mine=b"\x89\0\1", theirs=b"\x89\0\2")
    (conflict,) = merge_file(versions, choices={}, merge_lines=git_lines).conflicts
    assert (conflict.is_text, conflict.mine) == (False, None)
    assert merge_file(versions, choices={"text": Side.THEIRS}, merge_lines=git_lines).content == b"\x89\0\2"


def test_a_merge_by_line_keeps_comments_but_is_not_used_if_it_breaks_the_file() -> None:
    base = "---\ndate: 2026-11-30\nsubject: Monday\n---\nA note.\n\nMore.\n\nThe end.\n"
    mine = base.replace("subject: Monday", "subject: Monday\nentries: [a]")
    theirs = base.replace("date: 2026-11-30", "# checked\ndate: 2026-11-30").replace("The end.", "Fin.")
    versions = FileVersions(path="issues/x.md", base=base.encode(), mine=mine.encode(), theirs=theirs.encode())
    outcome = merge_file(versions, choices={}, merge_lines=git_lines)
    assert outcome.content == mine.replace("date:", "# checked\ndate:").replace("The end.", "Fin.").encode()
    broken = merge_file(versions, choices={}, merge_lines=lambda *_sides: b"---\ndate: [\n---\n")
    assert [conflict.field for conflict in broken.conflicts] == ["text"]
