"""Change a list in a file's text: add items, remove them, move them. Items keep their comments. No I/O.

An item's *source* is its YAML as in a list of its own: ``- night-train  # a comment``, with the comments above it and
without indentation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.content.edit_errors import UneditableError
from newsletter.content.field_writing import write_word
from newsletter.content.fields import one_line
from newsletter.content.frontmatter import Listing, Scalar, Span, Value, parse_front_matter
from newsletter.content.source_text import Piece
from newsletter.content.table_edits import above, column, end_of_lines, line_end, line_start


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlace:
    """A list in a text: the place of its name, its value, and where it ends at the latest.

    ``step`` is the number of columns by which the dashes of a new list are indented. ``within_flow`` is whether it
    stands in a table in braces, where there are no dashes.
    """

    text: str
    field: str
    name: Span
    value: Value
    limit: int
    step: int = 2
    within_flow: bool = False

    @property
    def items(self) -> tuple[Value, ...]:
        """Return the items; an empty field has none."""
        return self.value.items if isinstance(self.value, Listing) else ()

    @property
    def in_brackets(self) -> bool:
        """Return whether it is a list in brackets with something in it."""
        return isinstance(self.value, Listing) and self.value.flow and bool(self._inside.strip())

    @property
    def behind_colon(self) -> int:
        """Return the place behind the colon of its name."""
        return self.text.index(":", self.name[1]) + 1

    @property
    def _inside(self) -> str:
        return self.text[self.value.span[0] + 1 : self.value.span[1] - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLines:
    """The lines of an item in a list with dashes: from the comments above it, its dash, to its end."""

    start: int
    dash: int
    end: int


def item_lines(place: ListPlace) -> list[ItemLines]:
    """Return the lines of all items of a list with dashes. Raise UneditableError if items share lines."""
    text, at = place.text, place.value.span[0]
    margin = column(text, at)
    before = line_end(text, place.name[1])
    lines = []
    for item in place.items:
        first = line_start(text, at)
        if text[first:at].strip() or text[at : at + 1] != "-":
            raise UneditableError(field=place.field)
        end = end_of_lines(text, at, max(item.span[1], at + 1), margin, place.limit)
        lines.append(ItemLines(start=above(text, first, before), dash=at, end=end))
        before = at = end
        while at < place.limit and text[at : line_end(text, at)].lstrip()[:1] in ("#", ""):
            at = line_end(text, at)
        at += margin
    return lines


def item_source(place: ListPlace, index: int) -> str:
    """Return an item's source."""
    if place.in_brackets:
        start, end = place.items[index].span
        lines = place.text[start:end].split("\n")
        own = _own_line(place, index)
        comment = _comments(place.text[end : own[1]])[0] if own else ""
        source = "\n".join([f"- {lines[0]}", *(f"  {line.lstrip()}" for line in lines[1:])])
        return source + (f"  {comment}" if comment else "")
    lines_of_item = item_lines(place)[index]
    margin = column(place.text, lines_of_item.dash)
    raw = place.text[lines_of_item.start : lines_of_item.end].removesuffix("\n")
    return "\n".join(line[min(margin, len(line) - len(line.lstrip(" "))) :] for line in raw.split("\n"))


def remove_item(place: ListPlace, index: int) -> list[Piece]:
    """Return the pieces that remove an item with its comments. A list without items becomes ``[]``."""
    if place.in_brackets:
        return _remove_from_brackets(place, index)
    lines = item_lines(place)[index]
    gone = Piece(start=lines.start, end=lines.end, text="")
    if len(place.items) > 1:
        return [gone]
    return [Piece(start=place.behind_colon, end=place.behind_colon, text=" []"), gone]


def insert_items(place: ListPlace, index: int, sources: Sequence[str]) -> list[Piece]:
    """Return the pieces that insert items before the one at ``index``, or at the end."""
    if not sources:
        return []
    if place.in_brackets or place.within_flow:
        words = [_in_brackets(place, source) for source in sources]
        if all(word is not None for word in words):
            return _insert_into_brackets(place, index, [word or "" for word in words])
        if place.within_flow:
            raise UneditableError(field=place.field)
        return _with_dashes(place, index, sources)
    if not place.items:
        return _fill(place, sources)
    lines = item_lines(place)
    at = lines[index].start if index < len(lines) else lines[-1].end
    return [Piece(start=at, end=at, text=_indented(sources, column(place.text, lines[0].dash)))]


def _indented(sources: Sequence[str], margin: int) -> str:
    lines = [line for source in sources for line in source.split("\n")]
    return "".join((" " * margin + line if line else "") + "\n" for line in lines)


def _fill(place: ListPlace, sources: Sequence[str]) -> list[Piece]:
    """Return the pieces that write the first items of a list, below its name."""
    text, end = place.text, place.value.span[1]
    below = line_end(text, end)
    margin = column(text, place.name[0]) + place.step
    return [
        Piece(start=place.behind_colon, end=max(end, place.behind_colon), text=""),
        Piece(start=below, end=below, text=_indented(sources, margin)),
    ]


def _in_brackets(place: ListPlace, source: str) -> str | None:
    """Return an item as it is written in brackets, or None if it has comments or is a table."""
    file = parse_front_matter(f"---\nk:\n{source}\n---\n", path="")
    value = file.fields.values.get("k") if file.fields else None
    item = value.items[0] if isinstance(value, Listing) and len(value.items) == 1 else None
    if not isinstance(item, Scalar) or "\n" in source or len(source) != item.span[1] - len("---\nk:\n"):
        return None
    return write_word(place.field, one_line(item.text), style=item.style)


def _with_dashes(place: ListPlace, index: int, sources: Sequence[str]) -> list[Piece]:
    """Return the pieces that turn a list in brackets into one with dashes, with new items. Comments stay."""
    text, (start, end) = place.text, place.value.span
    if text[place.behind_colon : start].strip():
        raise UneditableError(field=place.field)
    spans = [item.span for item in place.items]
    starts = [*(span[0] for span in spans), end - 1]
    ends = [start + 1, *(span[1] for span in spans)]
    opening, *between = [_comments(text[after:before]) for after, before in zip(ends, starts, strict=True)]
    behind = [group[0] if group else "" for group in between]
    above_items = [opening[1:], *(group[1:] for group in between)]
    raw = [item_source(place, at).partition("  #")[0] for at in range(len(place.items))]
    items = [
        "\n".join([*comments, line + (f"  {comment}" if comment else "")])
        for comments, line, comment in zip(above_items, raw, behind, strict=False)
    ]
    all_items = [*items[:index], *sources, *items[index:], *above_items[-1]]
    below = line_end(text, end)
    margin = column(text, place.name[0]) + place.step
    head = f"  {opening[0]}" if opening and opening[0] else ""
    return [
        Piece(start=place.behind_colon, end=end, text=head),
        Piece(start=below, end=below, text=_indented(all_items, margin)),
    ]


def _comments(between: str) -> list[str]:
    """Return the comment behind an item in brackets, or "", and those on the lines below it."""
    lines = [line.lstrip(" \t,").rstrip() for line in between.split("\n")]
    return [lines[0], *(line for line in lines[1:] if line)]


def _own_line(place: ListPlace, index: int) -> Span | None:
    """Return the line of an item in brackets, if there is nothing else but a comma and a comment on it."""
    text, (start, end) = place.text, place.items[index].span
    first, last = line_start(text, start), line_end(text, end)
    rest = text[end:last].lstrip(" \t").removeprefix(",").strip()
    alone = not text[first:start].strip() and (not rest or rest.startswith("#"))
    return (first, last) if alone else None


def _remove_from_brackets(place: ListPlace, index: int) -> list[Piece]:
    text, items = place.text, place.items
    start, end = items[index].span
    if own := _own_line(place, index):
        return [Piece(start=own[0], end=own[1], text="")]
    if index + 1 < len(items):
        after = items[index + 1].span[0]
        if "\n" not in text[end:after]:
            return [Piece(start=start, end=after, text="")]
        comma = text.index(",", end) + 1
        return [Piece(start=start, end=comma, text="")]
    if index:
        before = items[index - 1].span[1]
        return [Piece(start=start if "\n" in text[before:start] else before, end=end, text="")]
    inside = (place.value.span[0] + 1, place.value.span[1] - 1)
    is_plain = not text[inside[0] : start].strip() and not text[end : inside[1]].strip(" \t\n,")
    return [Piece(start=inside[0] if is_plain else start, end=inside[1] if is_plain else end, text="")]


def _insert_into_brackets(place: ListPlace, index: int, words: Sequence[str]) -> list[Piece]:
    text, items = place.text, place.items
    if not isinstance(place.value, Listing):
        raise UneditableError(field=place.field)
    if not items:
        at = place.value.span[0] + 1
        return [Piece(start=at, end=at, text=", ".join(words))]
    if index < len(items):
        start = items[index].span[0]
        own = _own_line(place, index)
        gap = ",\n" + " " * column(text, start) if own else ", "
        return [Piece(start=start, end=start, text="".join(word + gap for word in words))]
    last = items[-1].span[1]
    own = _own_line(place, len(items) - 1)
    if own is None:
        return [Piece(start=last, end=last, text="".join(f", {word}" for word in words))]
    has_comma = text[last : own[1]].lstrip(" \t").startswith(",")
    spaces = " " * column(text, items[-1].span[0])
    new = "".join(f"{spaces}{word}{',' if has_comma or word is not words[-1] else ''}\n" for word in words)
    comma = [] if has_comma else [Piece(start=last, end=last, text=",")]
    return [*comma, Piece(start=own[1], end=own[1], text=new)]
