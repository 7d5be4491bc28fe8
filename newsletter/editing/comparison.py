"""Compare two texts for a page that shows them side by side: by line, and by word within changed lines. No I/O."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from newsletter.content.source_text import with_line_feeds

_WORD = re.compile(r"\w+\s*|[^\w\s]\s*|\s+")
_ALIKE = 0.4  # the least similarity of two lines that are shown as one changed line
_LONGEST = 2000  # characters of a line that is compared by word
_NEAR = 8  # lines among which the new form of a line is looked for


class RowKind(StrEnum):
    """What happened to a row's line."""

    SAME = "same"  # nothing
    CHANGED = "changed"  # its words
    ADDED = "added"  # it is only on the right
    REMOVED = "removed"  # it is only on the left


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A part of a line; ``changed`` if the other side lacks it."""

    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonSide:
    """A line on one side, with its number from 1."""

    line: int
    spans: tuple[Span, ...]

    @property
    def text(self) -> str:
        """The whole line, without its line break."""
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRow:
    """A row of a comparison: the old line on the left, the new one on the right, None where there is none.

    ``skipped`` is the number of unchanged lines left out before this row.
    """

    kind: RowKind
    old: ComparisonSide | None = None
    new: ComparisonSide | None = None
    skipped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two texts side by side; ``skipped`` is the number of unchanged lines left out at the end."""

    rows: tuple[ComparisonRow, ...]
    skipped: int = 0

    @property
    def same(self) -> bool:
        """Whether no line differs."""
        return all(row.kind is RowKind.SAME for row in self.rows)


def compare_texts(old: str, new: str, *, around: int | None = 3) -> Comparison:
    """Return two texts side by side, with so many unchanged lines around each change; None shows them all."""
    rows = list(_rows(_lines(old), _lines(new)))
    if around is None:
        return Comparison(rows=tuple(rows))
    changed = [at for at, row in enumerate(rows) if row.kind is not RowKind.SAME]
    shown = {near for at in changed for near in range(at - around, at + around + 1) if 0 <= near < len(rows)}
    kept = []
    skipped = 0
    for at, row in enumerate(rows):
        if at not in shown:
            skipped += 1
            continue
        kept.append(ComparisonRow(kind=row.kind, old=row.old, new=row.new, skipped=skipped))
        skipped = 0
    return Comparison(rows=tuple(kept), skipped=skipped)


def _lines(text: str) -> list[str]:
    return with_line_feeds(text).removesuffix("\n").split("\n") if text else []


def _rows(old: Sequence[str], new: Sequence[str]) -> Iterator[ComparisonRow]:
    for tag, low, high, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            for offset in range(high - low):
                spans = (Span(text=old[low + offset]),)
                yield ComparisonRow(
                    kind=RowKind.SAME,
                    old=ComparisonSide(line=low + offset + 1, spans=spans),
                    new=ComparisonSide(line=start + offset + 1, spans=spans),
                )
        else:
            yield from _changed(old[low:high], new[start:end], low + 1, start + 1)


def _changed(old: Sequence[str], new: Sequence[str], old_line: int, new_line: int) -> Iterator[ComparisonRow]:
    """Yield the rows of a change: lines that are alike share a row, in order."""
    left = right = 0
    while left < len(old) and right < len(new):
        partner = next(
            (at for at in range(right, min(right + _NEAR, len(new))) if _are_alike(old[left], new[at])), None
        )
        if partner is None:
            yield _removed(old[left], old_line + left)
            left += 1
            continue
        for at in range(right, partner):
            yield _added(new[at], new_line + at)
        yield _by_word(old[left], new[partner], old_line + left, new_line + partner)
        left, right = left + 1, partner + 1
    for at in range(left, len(old)):
        yield _removed(old[at], old_line + at)
    for at in range(right, len(new)):
        yield _added(new[at], new_line + at)


def _removed(text: str, line: int) -> ComparisonRow:
    spans = (Span(text=text, changed=True),)
    return ComparisonRow(kind=RowKind.REMOVED, old=ComparisonSide(line=line, spans=spans))


def _added(text: str, line: int) -> ComparisonRow:
    spans = (Span(text=text, changed=True),)
    return ComparisonRow(kind=RowKind.ADDED, new=ComparisonSide(line=line, spans=spans))


def _are_alike(old: str, new: str) -> bool:
    if len(old) > _LONGEST or len(new) > _LONGEST:
        return False
    matcher = SequenceMatcher(None, _WORD.findall(old), _WORD.findall(new), autojunk=False)
    return matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE


def _by_word(old: str, new: str, old_line: int, new_line: int) -> ComparisonRow:
    before, after = _WORD.findall(old), _WORD.findall(new)
    left: list[Span] = []
    right: list[Span] = []
    for tag, low, high, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if high > low:
            left += _spans("".join(before[low:high]), changed=tag != "equal")
        if end > start:
            right += _spans("".join(after[start:end]), changed=tag != "equal")
    return ComparisonRow(
        kind=RowKind.CHANGED,
        old=ComparisonSide(line=old_line, spans=tuple(left)),
        new=ComparisonSide(line=new_line, spans=tuple(right)),
    )


def _spans(text: str, *, changed: bool) -> list[Span]:
    """Return a text as spans: the space after a changed word doesn't count as changed."""
    word = text.rstrip()
    if not changed or not word or word == text:
        return [Span(text=text, changed=changed)]
    return [Span(text=word, changed=True), Span(text=text[len(word) :])]
