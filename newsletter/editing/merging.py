"""Merge two versions of a Markdown text by paragraph, given the version that both come from. No I/O.

Edits of different paragraphs merge, even if these are neighbours. Two edits of the same paragraph don't, nor do two
paragraphs added at the same place: the result would be a guess.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

_GAP = re.compile(r"(\n(?:[ \t]*\n)+)")
_USUAL_GAP = "\n\n"

_Paragraph = tuple[str, str]
"""The blank lines before a paragraph, and its text. They count because they may be part of a block of code."""


@dataclass(frozen=True, slots=True, order=True)
class _Hunk:
    """Paragraphs in place of those from ``start`` to before ``end`` of the base."""

    start: int
    end: int
    paragraphs: tuple[_Paragraph, ...]


def merge_texts(base: str, mine: str, theirs: str) -> str | None:
    """Return the text with the changes of both, or None if they touch the same paragraphs.

    Where only one has changes, return that text to the byte. The order of mine and theirs doesn't matter.
    """
    if mine in (base, theirs):
        return theirs
    if theirs == base:
        return mine
    before = _paragraphs(base)
    hunks = sorted({*_hunks(before, _paragraphs(mine)), *_hunks(before, _paragraphs(theirs))})
    if any(_touch(hunk, following) for hunk, following in pairwise(hunks)):
        return None
    merged = list(before)
    for hunk in reversed(hunks):
        merged[hunk.start : hunk.end] = hunk.paragraphs
    return "".join(gap + text for gap, text in merged)[len(merged[0][0]) :] if merged else ""


def _paragraphs(text: str) -> list[_Paragraph]:
    pieces = _GAP.split(text.strip("\n"))
    return [] if pieces == [""] else list(zip([_USUAL_GAP, *pieces[1::2]], pieces[::2], strict=True))


def _hunks(base: Sequence[_Paragraph], changed: Sequence[_Paragraph]) -> list[_Hunk]:
    matcher = SequenceMatcher(None, base, changed, autojunk=False)
    return [
        _Hunk(start, end, tuple(changed[low:high]))
        for tag, start, end, low, high in matcher.get_opcodes()
        if tag != "equal"
    ]


def _touch(hunk: _Hunk, following: _Hunk) -> bool:
    """Return whether two hunks, in order, change the same paragraphs or add some at the same place."""
    return following.start < hunk.end or (hunk.start, hunk.end) == (following.start, following.end)
