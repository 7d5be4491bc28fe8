"""Change a field of the front matter, at the top or in an override. No I/O."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from newsletter.content.edit_errors import UneditableError, UnreadableFileError
from newsletter.content.field_types import field_order, meaning, read_value
from newsletter.content.field_writing import write_value, write_word
from newsletter.content.fields import is_empty, one_line
from newsletter.content.file_kinds import FileKind
from newsletter.content.frontmatter import Listing, Scalar, Table, Value, parse_front_matter
from newsletter.content.list_edits import ListPlace, insert_items, remove_item
from newsletter.content.scalar_writing import Position, Written
from newsletter.content.source_text import Piece, SourceText
from newsletter.content.table_edits import TablePlace, add_field, indentation, remove_field, value_pieces
from newsletter.domain.changes import FieldValue

_STEP = 2  # columns by which new lines are indented


class Manuscript:
    """A file that is being changed: its text in both forms, and its front matter."""

    def __init__(self, original: str, *, path: str) -> None:
        self.source = SourceText(original)
        self.path = path
        self.file = parse_front_matter(self.source.text, path=path)
        if self.file.fields is None:
            raise UnreadableFileError(self.file.findings)
        self.table: Table = self.file.fields

    @property
    def text(self) -> str:
        """Return the text with ``\\n`` line ends."""
        return self.source.text

    def top(self, kind: FileKind) -> TablePlace:
        """Return the table of all fields."""
        order = field_order(kind, ("",))
        return TablePlace(text=self.text, table=self.table, limit=self.file.span[1], order=order)

    def changed(self, pieces: Sequence[Piece]) -> "Manuscript":
        """Return the file with pieces replaced. Raise UneditableError if it can't be read any more."""
        try:
            return Manuscript(self.source.replaced(pieces), path=self.path)
        except UnreadableFileError as err:
            raise UneditableError(field="this") from err


def set_field(manuscript: Manuscript, path: Sequence[str], value: FieldValue, kind: FileKind) -> Manuscript:
    """Return the file with another value in a field; None removes it, and empty tables around it.

    ``path`` has the names of the tables around the field and its own. Raise InvalidValueError if the value can't be
    written, UneditableError if the field can't be changed by itself.
    """
    name = ".".join(path)
    table = table_at(manuscript.table, path[:-1])
    listing = table.values.get(path[-1]) if table else None
    if isinstance(value, tuple) and isinstance(listing, Listing) and listing.items and _has_words(listing):
        changed = _with_words(manuscript, path, value, kind)
    else:
        changed = manuscript.changed(_pieces(manuscript, path, value, kind))
    before, after = manuscript.file, changed.file
    same = _without(meaning(manuscript.table), path) == _without(meaning(changed.table), path)
    if not same or before.body != after.body or len(after.findings) != len(before.findings):
        raise UneditableError(field=name)
    table = table_at(changed.table, path[:-1])
    if (None if table is None else read_value(name, table)) != value:
        raise UneditableError(field=name)
    return changed


def table_at(table: Table, path: Sequence[str]) -> Table | None:
    """Return a table inside a table, or None."""
    for name in path:
        inner = table.values.get(name)
        if not isinstance(inner, Table):
            return None
        table = inner
    return table


def _without(fields: object, path: Sequence[str]) -> object:
    """Return what tables say without one field, and without tables that are empty then."""
    if not isinstance(fields, dict):
        return fields
    rest = {name: value for name, value in fields.items() if name != path[0]}
    if len(path) > 1 and isinstance(inner := fields.get(path[0]), dict) and (left := _without(inner, path[1:])):
        rest[path[0]] = left
    return rest


def _has_words(listing: Listing) -> bool:
    return all(isinstance(item, Scalar) and one_line(item.text) and not is_empty(item) for item in listing.items)


def _with_words(manuscript: Manuscript, path: Sequence[str], words: tuple[str, ...], kind: FileKind) -> Manuscript:
    """Return the file with other words in a list. Words that stay keep their bytes and comments."""
    old = [one_line(item.text) for item in _words_place(manuscript, path, kind).items if isinstance(item, Scalar)]
    steps = SequenceMatcher(None, old, words, autojunk=False).get_opcodes()
    for _, start, end, new_start, new_end in reversed([step for step in steps if step[0] != "equal"]):
        new = [f"- {write_word('.'.join(path), word, position=Position.ITEM)}" for word in words[new_start:new_end]]
        if new:
            place = _words_place(manuscript, path, kind)
            manuscript = manuscript.changed(insert_items(place, end, new))
        for at in reversed(range(start, end)):
            manuscript = manuscript.changed(remove_item(_words_place(manuscript, path, kind), at))
    return manuscript


def _words_place(manuscript: Manuscript, path: Sequence[str], kind: FileKind) -> ListPlace:
    place = manuscript.top(kind)
    for depth, name in enumerate(path[:-1]):
        inner = place.table.values[name]
        assert isinstance(inner, Table)  # noqa: S101 - `table_at` has been there
        limit = inner.span[1] if place.table.flow else place.field_end(name)
        order = field_order(kind, path[: depth + 2])
        place = TablePlace(text=place.text, table=inner, limit=limit, order=order)
    value = place.table.values[path[-1]]
    limit = value.span[1] if place.table.flow else place.field_end(path[-1])
    span = place.table.names[path[-1]]
    return ListPlace(text=place.text, field=path[-1], name=span, value=value, limit=limit, within_flow=place.table.flow)


def _pieces(manuscript: Manuscript, path: Sequence[str], value: FieldValue, kind: FileKind) -> list[Piece]:
    """Return the pieces that set a field, with the tables around it as far as they are missing."""
    place = manuscript.top(kind)
    for depth, name in enumerate(path):
        is_last = depth == len(path) - 1
        inner = place.table.values.get(name)
        if inner is None:
            return [] if value is None else _new(place, path, depth, value)
        if value is None and (is_last or _is_alone(inner, path[depth + 1 :])):
            return remove_field(place, name)
        if is_last:
            indent = _content_indent(place, inner) or place.indent + _STEP
            written = write_value(path, value, inner, flow=place.table.flow, indent=indent)
            return value_pieces(place.text, place.table.names[name], inner, written, flow=place.table.flow)
        if not isinstance(inner, Table):
            if isinstance(inner, Scalar) and not inner.text:
                nested = _nested(path, depth + 1, value, place.indent + _STEP)
                return value_pieces(place.text, place.table.names[name], inner, nested)
            raise UneditableError(field=".".join(path))
        limit = inner.span[1] if place.table.flow else place.field_lines(name)[1]
        order = field_order(kind, path[: depth + 2])
        place = TablePlace(text=place.text, table=inner, limit=limit, order=order, margin=place.indent + _STEP)
    return []


def _content_indent(place: TablePlace, value: Value) -> int:
    """Return the column of a block scalar's lines, or 0 if it isn't one or says itself where its lines begin."""
    if not isinstance(value, Scalar) or value.style not in ("|", "|-", "|+", ">", ">-", ">+"):
        return 0
    start = value.span[0]
    lines = place.text[start : value.span[1]].split("\n")[1:]
    return next((indentation(line) for line in lines if line.strip()), 0)


def _is_alone(value: Value, path: Sequence[str]) -> bool:
    """Return whether a table has nothing but the field at this path."""
    for name in path:
        if not isinstance(value, Table) or list(value.values) != [name]:
            return False
        value = value.values[name]
    return True


def _new(place: TablePlace, path: Sequence[str], depth: int, value: FieldValue) -> list[Piece]:
    if depth == len(path) - 1:
        written = write_value(path, value, None, flow=place.table.flow, indent=place.indent + _STEP)
    elif place.table.flow:
        raise UneditableError(field=".".join(path))
    else:
        written = _nested(path, depth + 1, value, place.indent + _STEP)
    return add_field(place, path[depth], written)


def _nested(path: Sequence[str], depth: int, value: FieldValue, indent: int) -> Written:
    """Return a new table with a field, perhaps inside further tables."""
    if depth == len(path) - 1:
        inner = write_value(path, value, None, flow=False, indent=indent + _STEP)
    else:
        inner = _nested(path, depth + 1, value, indent + _STEP)
    line = f"{' ' * indent}{path[depth]}:" + (f" {inner.head}" if inner.head else "")
    return Written(head="", lines=(line, *inner.lines))
