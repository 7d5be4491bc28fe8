"""Two people's changes of an issue's list, merged as operations."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content import outline
from newsletter.editing.file_merging import FileVersions, MergedFile, merge_file

ISSUE = "issues/2026-11-30.md"
TEXT = """---
date: 2026-11-30
subject: Monday
sections:
  - title: On the move
    entries:
      - a
      # B is kept for the middle.
      - b
      - c
  - title: At rest
    entries:
      - quote: A seat is a promise.
        who: a guard
      - d
---
A note.
"""


def merged(mine: str, theirs: str, base: str = TEXT) -> MergedFile:
    versions = FileVersions(path=ISSUE, base=base.encode(), mine=mine.encode(), theirs=theirs.encode())
    return merge_file(versions, choices={}, merge_lines=lambda *_sides: None)


def items(text: bytes | None) -> list[tuple[str, list[str]]]:
    assert text is not None
    return [
        (section.title, [item.slug or item.block_kind for item in section.items]) for section in outline(text.decode())
    ]


def test_entries_added_at_the_same_place_are_both_there() -> None:
    outcome = merged(
        TEXT.replace("- c\n", "- c\n      - mine\n"), TEXT.replace("- c\n", "- c\n      - theirs  # new\n")
    )
    assert outcome.conflicts == ()
    assert items(outcome.content)[0] == ("On the move", ["a", "b", "c", "mine", "theirs"])
    assert b"- theirs  # new" in (outcome.content or b"")


def test_a_move_there_and_a_removal_here() -> None:
    theirs = TEXT.replace("      - a\n", "").replace("- c\n", "- c\n      - a\n")
    assert items(merged(TEXT.replace("      - c\n", ""), theirs).content)[0] == ("On the move", ["b", "a"])
    assert items(merged(TEXT.replace("      - a\n", ""), theirs).content)[0] == ("On the move", ["b", "c"])


def test_an_entry_that_both_have_added_is_there_once() -> None:
    outcome = merged(TEXT.replace("- a\n", "- a\n      - new\n"), TEXT.replace("- d\n", "- d\n      - new\n"))
    assert sum(listed.count("new") for _, listed in items(outcome.content)) == 1


def test_a_section_renamed_there_keeps_what_was_added_here() -> None:
    outcome = merged(TEXT.replace("- c\n", "- c\n      - mine\n"), TEXT.replace("On the move", "Moving"))
    assert items(outcome.content)[0] == ("Moving", ["a", "b", "c", "mine"])


def test_a_new_section_a_moved_block_and_fields() -> None:
    theirs = TEXT.replace("  - title: At rest\n", "  - title: New\n    entries: [e]\n  - title: At rest\n").replace(
        "subject: Monday", "subject: Theirs"
    )
    outcome = merged(TEXT.replace("A note.", "My note."), theirs)
    assert items(outcome.content) == [
        ("On the move", ["a", "b", "c"]),
        ("New", ["e"]),
        ("At rest", ["quote", "d"]),
    ]
    assert b"subject: Theirs" in (outcome.content or b"")
    assert b"My note." in (outcome.content or b"")


@pytest.mark.parametrize("theirs", [TEXT.replace("- c\n", "- c\n      - a\n"), "---\nsections: [\n---\n"])
def test_what_operations_cant_express_is_a_conflict(theirs: str) -> None:
    assert [conflict.field for conflict in merged(TEXT.replace("A note.", "Mine."), theirs).conflicts] == ["text"]


_LISTS = st.permutations(["a", "b", "c", "d", "e"]).flatmap(
    lambda order: st.tuples(st.just(order), st.integers(0, 5), st.integers(0, 5))
)


def issue(listing: tuple[list[str], int, int]) -> str:
    """Return an issue with two sections that have some of five entries."""
    order, low, high = listing
    first, second = order[: min(low, high)], order[min(low, high) : max(low, high)]
    sections = "".join(
        f"  - title: {title}\n    entries: [{', '.join(slugs)}]\n" for title, slugs in (("One", first), ("Two", second))
    )
    return f"---\ndate: 2026-11-30\nsections:\n{sections}---\n"


@settings(max_examples=25)
@given(base=_LISTS, mine=_LISTS, theirs=_LISTS)
def test_no_entry_is_lost_or_doubled(
    base: tuple[list[str], int, int], mine: tuple[list[str], int, int], theirs: tuple[list[str], int, int]
) -> None:
    texts = [issue(listing) for listing in (base, mine, theirs)]
    sets = [{slug for _, listed in items(text.encode()) for slug in listed} for text in texts]
    outcome = merged(texts[1], texts[2], texts[0])
    assert outcome.conflicts == ()
    result = [slug for _, listed in items(outcome.content) for slug in listed]
    assert len(result) == len(set(result))
    before, here, there = sets
    assert set(result) == (here | (there - before)) - (before - there)
    assert items(merged(texts[0], texts[2], texts[0]).content) == items(texts[2].encode())
