"""Change a passage of an entry's body, or a whole body, in place. No I/O.

A body's *regions* are its passages as an editor sees them: a region of framing has all lines between two quotations,
with the link reference definitions (CommonMark §4.7) among them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from newsletter.content.edit_errors import InvalidValueError
from newsletter.content.markdown import passage_lines, passage_text, quoted
from newsletter.domain.issue import PassageKind

_QUOTE_MARK = re.compile(r" {0,3}> ?")
PASSAGE = re.compile(r"(framing|quotation)(?:-([1-9][0-9]?))?")
"""The names of an entry's passages: ``framing``, ``quotation``, ``framing-2`` …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyRegion:
    """A passage of a body: the lines from ``start`` to before ``end``, and its Markdown without ``>``."""

    kind: PassageKind
    start: int
    end: int
    markdown: str


def body_regions(body: str) -> tuple[BodyRegion, ...]:
    """Return the passages of an entry's body in order."""
    lines = body.split("\n")
    runs = passage_lines(body)
    regions = []
    for at, (kind, start, end) in enumerate(runs):
        if kind is PassageKind.FRAMING:
            start, end = runs[at - 1][2] if at else 0, runs[at + 1][1] if at + 1 < len(runs) else len(lines)
        while not lines[start].strip():
            start += 1
        while not lines[end - 1].strip():
            end -= 1
        markdown = passage_text(kind, lines[start:end])
        if markdown.strip():
            regions.append(BodyRegion(kind=kind, start=start, end=end, markdown=markdown))
    return tuple(regions)


def named_region(regions: Sequence[BodyRegion], name: str) -> BodyRegion | None:
    """Return the passage with such a name, or None."""
    kind, number = _parsed(name)
    alike = [region for region in regions if region.kind is kind]
    return alike[number - 1] if number <= len(alike) else None


def with_whole_body(body: str, markdown: str) -> str:
    """Return a body with another text; blank lines around it stay."""
    start = len(body) - len(body.lstrip("\n"))
    end = len(body.rstrip("\n"))
    if start >= len(body):
        return body + markdown + "\n" if markdown else body
    if not markdown:
        return body[:start] + body[end + 1 :]
    return body[:start] + markdown + body[end:]


def with_passage(body: str, name: str, markdown: str) -> str:
    """Return an entry's body with another text in a passage; empty text removes it.

    The bytes of other passages stay, and so do lines of this one that don't change. Raise InvalidValueError for
    Markdown that would not be a passage of that kind.
    """
    regions = body_regions(body)
    region = named_region(regions, name)
    if region is None:
        return _added(body, regions, name, markdown) if markdown else body
    if not markdown:
        return _removed(body, region)
    if markdown == region.markdown:
        return body
    others = [(other.kind, markdown if other is region else other.markdown) for other in regions]
    lines = body.split("\n")
    for written in _written(lines[region.start : region.end], region, markdown):
        for before, after in product(([], [""]), repeat=2):
            new = "\n".join([*lines[: region.start], *before, *written, *after, *lines[region.end :]])
            if [(other.kind, other.markdown) for other in body_regions(new)] == others:
                return new
    raise _invalid(region.kind, name)


def _parsed(name: str) -> tuple[PassageKind, int]:
    match = PASSAGE.fullmatch(name)
    assert match is not None  # noqa: S101 - callers have looked
    return PassageKind(match[1]), int(match[2] or 1)


def _written(old: Sequence[str], region: BodyRegion, markdown: str) -> Iterator[list[str]]:
    """Yield ways to write a passage: with the old bytes of lines that stay, then anew."""
    new = markdown.split("\n")
    if region.kind is PassageKind.FRAMING:
        seen = old
        fresh = [new]
    else:
        seen = region.markdown.split("\n")
        mark = _QUOTE_MARK.match(old[0])
        signs = dict.fromkeys((mark[0] if mark else "> ", "> "))
        fresh = [[(sign if line.strip() else sign.rstrip()) + line for line in new] for sign in signs]
        fresh.append(quoted(markdown).split("\n"))
    if len(seen) == len(old):
        same = _shared(seen, new)
        rest = min(len(seen), len(new)) - same
        tail = min(_shared(seen[::-1], new[::-1]), rest)
        for lines in fresh:
            yield [*old[:same], *lines[same : len(lines) - tail], *old[len(old) - tail :]]
    yield from fresh


def _shared(old: Sequence[str], new: Sequence[str]) -> int:
    """Return the number of lines that two texts have in common at the beginning."""
    count = 0
    for first, second in zip(old, new, strict=False):
        if first != second:
            break
        count += 1
    return count


def _added(body: str, regions: Sequence[BodyRegion], name: str, markdown: str) -> str:
    kind, number = _parsed(name)
    alike = sum(region.kind is kind for region in regions)
    lines = body.split("\n")
    if number != alike + 1:
        missing = f"{kind}-{alike + 1}" if alike else kind
        what = f"there is no {missing} yet, so there can't be a {name}"
        raise InvalidValueError(what, field=name, hint=f"write {missing} first")
    if number > 1 and regions[-1].kind is kind:
        other = "a quotation" if kind is PassageKind.FRAMING else "some framing"
        what = f"{name} would be part of the {kind} before it"
        raise InvalidValueError(what, field=name, hint=f"write {other} between them, or add the text to that {kind}")
    if number > 1:
        at = len(lines)
    elif kind is PassageKind.FRAMING:
        at = next((line for line, text in enumerate(lines) if text.strip()), len(lines))
    else:
        first = next((region for region in regions if region.kind is PassageKind.FRAMING), None)
        at = first.end if first else len(lines)
    new_lines = quoted(markdown).split("\n") if kind is PassageKind.QUOTATION else markdown.split("\n")
    new = "\n".join(_inserted(lines, at, new_lines))
    new_regions = body_regions(new)
    own = named_region(new_regions, name)
    others = [(region.kind, region.markdown) for region in new_regions if region is not own]
    fits = own is not None and (own.markdown == markdown or own.markdown.startswith(f"{markdown}\n\n["))
    if not fits or others != [(region.kind, region.markdown) for region in regions]:
        raise _invalid(kind, name)
    return new


def _inserted(lines: list[str], at: int, new: list[str]) -> list[str]:
    """Return a body's lines with new ones at a place, between blank lines. A missing final line break stays missing."""
    before, after = lines[:at], lines[at:]
    if any(line.strip() for line in after):
        gap = [""] if before and before[-1].strip() else []
        return [*before, *gap, *new, *([""] if after[0].strip() else []), *after]
    last = max((number for number, line in enumerate(lines) if line.strip()), default=-1)
    if last < 0:
        return [*lines[:-1], *new, ""]
    return [*lines[: last + 1], "", *new, *lines[last + 1 :]]


def _removed(body: str, region: BodyRegion) -> str:
    lines = body.split("\n")
    before, after = lines[: region.start], lines[region.end :]
    if any(line.strip() for line in after):
        while not after[0].strip():
            after.pop(0)
        before += [""] if before and before[-1].strip() else []
        return "\n".join([*before, *after])
    if not any(line.strip() for line in before):
        return "\n".join([*before, *after[1:]])
    while not before[-1].strip():
        before.pop()
    return "\n".join([*before, *after])


def _invalid(kind: PassageKind, name: str) -> InvalidValueError:
    if kind is PassageKind.FRAMING:
        what = f"this text would not stay {name}: part of it would be a quotation, or nothing but link definitions"
        return InvalidValueError(
            what, field=name, hint="write no > at the beginning of a line; put that into the quotation"
        )
    what = f"this text would not stay {name}: part of it would be framing"
    return InvalidValueError(what, field=name, hint="close code fences, and write no definitions of links alone")
