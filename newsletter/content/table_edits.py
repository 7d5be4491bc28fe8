"""Change a field of a table in a file's text: replace its value, add it at its place, remove it. No I/O.

Texts have ``\\n`` line ends here, and places are positions in them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.content.edit_errors import UneditableError
from newsletter.content.frontmatter import Listing, Scalar, Span, Table, Value
from newsletter.content.scalar_writing import Written
from newsletter.content.source_text import Piece

_BEFORE_COMMENT = re.compile(r"[ \t]*#")


def line_start(text: str, at: int) -> int:
    """Return the beginning of the line of a position."""
    return text.rfind("\n", 0, at) + 1


def line_end(text: str, at: int) -> int:
    """Return the beginning of the next line."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def indentation(line: str) -> int:
    """Return the number of spaces that a line begins with."""
    return len(line) - len(line.lstrip(" "))


def column(text: str, at: int) -> int:
    """Return the column of a position, from 0."""
    return at - line_start(text, at)


def end_of_lines(text: str, start: int, end: int, margin: int, limit: int) -> int:
    """Return the end of a value's lines, with the comments below that are indented more than its ``margin``."""
    at = line_end(text, max(end, start))
    ahead = at
    while ahead < limit:
        line = text[ahead : line_end(text, ahead)]
        if line.strip() and not (_BEFORE_COMMENT.match(line) and indentation(line) > margin):
            break
        ahead += len(line)
        if line.strip():
            at = ahead
    return at


def above(text: str, start: int, limit: int) -> int:
    """Return the beginning of the comments that stand directly above a line."""
    while start > limit:
        before = line_start(text, start - 1)
        if not _BEFORE_COMMENT.match(text, before, start):
            break
        start = before
    return start


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePlace:
    """A table in a text, and where it ends at the latest. ``margin`` is the column of its fields if it has none yet.

    ``order`` is the order of its fields in a new file.
    """

    text: str
    table: Table
    limit: int
    order: Sequence[str] = ()
    margin: int = 0

    @property
    def indent(self) -> int:
        """Return the column of its fields."""
        names = list(self.table.names.values())
        return column(self.text, names[0][0]) if names and not self.table.flow else self.margin

    def field_lines(self, name: str) -> Span:
        """Return the beginning of a field's first line and the end of its last. Raise UneditableError."""
        start = self.table.names[name][0]
        first = line_start(self.text, start)
        if self.text[first:start].strip():
            raise UneditableError(field=name)
        return first, self.field_end(name)

    def field_end(self, name: str) -> int:
        """Return the end of a field's last line."""
        start, value = self.table.names[name][0], self.table.values[name]
        return end_of_lines(self.text, start, value.span[1], column(self.text, start), self.limit)


def value_pieces(text: str, name: Span, value: Value, written: Written, *, flow: bool = False) -> list[Piece]:
    """Return the pieces that give a field or item another value. ``name`` is its name, or the dash of an item."""
    start, end = value.span
    if isinstance(value, Scalar) and value.style[:1] in ("|", ">") and value.style:
        return _block_pieces(text, value, written)
    if isinstance(value, Listing | Table) and not value.flow:  # below its name; a comment behind the name stays
        colon, below = text.index(":", name[1]) + 1, text.index("\n", name[1])
        return [
            Piece(start=colon, end=colon, text=f" {written.head}".rstrip()),
            Piece(start=below, end=end, text="".join(f"\n{line}" for line in written.lines)),
        ]
    is_behind = not text[name[1] : start].strip(" \t:?")  # on the name's line
    if not written.head:
        begins = name[1] + len(text[name[1] : start].rstrip(" \t")) if is_behind and not flow else start
        below = text.find("\n", end)
        lines = "".join(f"\n{line}" for line in written.lines)
        return [Piece(start=begins, end=end, text=""), *([Piece(start=below, end=below, text=lines)] if lines else [])]
    head = written.head
    if start == end:  # an empty value; behind it there may be a comment or a bracket
        head = ("" if text[start - 1 : start].isspace() else " ") + head
    if not written.lines:
        return [Piece(start=start, end=end, text=head)]
    below = text.find("\n", end)
    if not is_behind:  # the value begins on a line of its own, and a block scalar's header can't be followed by text
        raise UneditableError(field=text[slice(*name)])
    return [
        Piece(start=start, end=end, text=head),
        Piece(start=below, end=below, text="".join(f"\n{line}" for line in written.lines)),
    ]


def _block_pieces(text: str, value: Scalar, written: Written) -> list[Piece]:
    """Return the pieces for one block scalar in place of another; a comment behind its header stays."""
    start, end = value.span
    header_end = start + len(value.style)
    first_line = min(text.find("\n", start) if "\n" in text[start:end] else end, end)
    below = "".join(f"\n{line}" for line in written.lines)
    return [
        Piece(start=start, end=header_end, text=written.head),
        Piece(start=first_line, end=end, text=below),
    ]


def add_field(place: TablePlace, name: str, written: Written) -> list[Piece]:
    """Return the pieces that add a field at its place in the table's order. Other fields stay where they are."""
    table, text = place.table, place.text
    line = f"{name}: {written.head}" if written.head else f"{name}:"
    if table.flow:
        return _add_to_flow(place, name, line)
    lines = "".join(" " * place.indent * (not at) + part + "\n" for at, part in enumerate((line, *written.lines)))
    before, after = _neighbours(list(table.names), name, place.order)
    if after is not None:
        at = place.field_end(after)
    elif before is not None and text[line_start(text, start := table.names[before][0]) : start].strip():
        own = "".join(f"{part}\n{' ' * place.indent}" for part in (line, *written.lines))
        return [Piece(start=start, end=start, text=own)]  # the table begins behind a dash
    elif before is not None:
        first = place.field_lines(before)[0]
        at = above(text, first, line_start(text, table.span[0]))
    else:
        at = place.limit
    if at and text[at - 1 : at] != "\n":  # the file ends within the field's line
        return [Piece(start=at, end=at, text="\n" + lines.removesuffix("\n"))]
    return [Piece(start=at, end=at, text=lines)]


def _neighbours(names: Sequence[str], name: str, order: Sequence[str]) -> tuple[str | None, str | None]:
    """Return the field before which a new one is to stand, or the one after which."""
    at = order.index(name) if name in order else len(order)
    earlier = [known for known in order[:at] if known in names]
    if earlier or (name not in order and names):
        return None, earlier[-1] if name in order else names[-1]
    later = [known for known in order[at + 1 :] if known in names]
    return (later[0], None) if later else (None, names[-1] if names else None)


def _add_to_flow(place: TablePlace, name: str, line: str) -> list[Piece]:
    table = place.table
    if not table.names:
        at = table.span[0] + 1
        return [Piece(start=at, end=at, text=line)]
    before, after = _neighbours(list(table.names), name, place.order)
    if after is not None:
        at = max(table.values[after].span[1], table.names[after][1])
        return [Piece(start=at, end=at, text=f", {line}")]
    at = table.names[before or next(iter(table.names))][0]
    return [Piece(start=at, end=at, text=f"{line}, ")]


def remove_field(place: TablePlace, name: str) -> list[Piece]:
    """Return the pieces that remove a field with its lines; comments above it stay."""
    if place.table.flow:
        return _remove_from_flow(place, name)
    text, first = place.text, place.table.names[name][0]
    if text[line_start(text, first) : first].strip():
        return _remove_behind_dash(place, name)
    start, end = place.field_lines(name)
    return [Piece(start=start, end=end, text="")]


def _remove_behind_dash(place: TablePlace, name: str) -> list[Piece]:
    """Return the pieces that remove a table's first field, if the table is an item of a list and has another field."""
    names = list(place.table.names)
    start, end = place.table.names[name][0], place.field_end(name)
    after = place.table.names[names[1]][0] if names[0] == name and len(names) > 1 else start
    if place.text[end:after].strip(" ") or after <= start:
        raise UneditableError(field=name)
    return [Piece(start=start, end=after, text="")]


def _remove_from_flow(place: TablePlace, name: str) -> list[Piece]:
    table, text = place.table, place.text
    names = list(table.names)
    at = names.index(name)
    if len(names) == 1:
        return [Piece(start=table.span[0] + 1, end=table.span[1] - 1, text="")]
    if at + 1 < len(names):
        return [Piece(start=table.names[name][0], end=table.names[names[at + 1]][0], text="")]
    end = max(table.values[name].span[1], table.names[name][1])
    before = names[at - 1]
    start = max(table.values[before].span[1], table.names[before][1])
    if "#" in text[start : table.names[name][0]]:
        raise UneditableError(field=name)
    return [Piece(start=start, end=end, text="")]
