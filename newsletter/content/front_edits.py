"""Change a field of the front matter, at the top or in an override. No I/O."""

from collections.abc import Callable, Sequence
from datetime import date

from newsletter.content.edit_errors import InvalidValueError, UneditableError, UnreadableFileError
from newsletter.content.field_types import FieldType, FileKind, field_order, field_type, meaning, read_value
from newsletter.content.fields import Fields, one_line
from newsletter.content.frontmatter import Scalar, Table, Value, parse_front_matter
from newsletter.content.scalar_writing import Position, Written, write_scalar
from newsletter.content.source_text import Piece, SourceText
from newsletter.content.table_edits import TablePlace, add_field, remove_field, value_pieces
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
            written = write(path, value, inner, flow=place.table.flow, indent=place.indent + _STEP)
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


def _is_alone(value: Value, path: Sequence[str]) -> bool:
    """Return whether a table has nothing but the field at this path."""
    for name in path:
        if not isinstance(value, Table) or list(value.values) != [name]:
            return False
        value = value.values[name]
    return True


def _new(place: TablePlace, path: Sequence[str], depth: int, value: FieldValue) -> list[Piece]:
    if depth == len(path) - 1:
        written = write(path, value, None, flow=place.table.flow, indent=place.indent + _STEP)
    elif place.table.flow:
        raise UneditableError(field=".".join(path))
    else:
        written = _nested(path, depth + 1, value, place.indent + _STEP)
    return add_field(place, path[depth], written)


def _nested(path: Sequence[str], depth: int, value: FieldValue, indent: int) -> Written:
    """Return a new table with a field, perhaps inside further tables."""
    if depth == len(path) - 1:
        inner = write(path, value, None, flow=False, indent=indent + _STEP)
    else:
        inner = _nested(path, depth + 1, value, indent + _STEP)
    line = f"{' ' * indent}{path[depth]}:" + (f" {inner.head}" if inner.head else "")
    return Written(head="", lines=(line, *inner.lines))


def write(path: Sequence[str], value: FieldValue, old: Value | None, *, flow: bool, indent: int) -> Written:
    """Return a field's value as YAML, in the style of the old value if there is one. Raise InvalidValueError."""
    name = ".".join(path)
    position = Position.FLOW_FIELD if flow else Position.FIELD
    style = old.style if isinstance(old, Scalar) else ""
    if isinstance(value, tuple):
        return Written(head=f"[{', '.join(write_word(name, word) for word in value)}]")
    if isinstance(value, bool):
        return Written(head="true" if value else "false")
    if isinstance(value, int | date):
        sign = style if style in ('"', "'") else ""
        return Written(head=sign + (str(value) if isinstance(value, int) else value.isoformat()) + sign)
    if not value:
        return Written(head=style * 2 if style in ('"', "'") and field_type(name) is FieldType.LINE else "")
    accepts = reads_as_markdown(value) if field_type(name) is FieldType.MARKDOWN else reads_as_line(value)
    written = write_scalar(value or "", accepts, style=style, position=position, indent=indent)
    if written is None:
        hint = "remove control characters and other invisible characters"
        raise InvalidValueError(f"{name} can't be written", field=name, hint=hint)
    return written


def write_word(name: str, word: str, *, style: str = "", position: Position = Position.FLOW_ITEM) -> str:
    """Return a text of a list as YAML on one line. Raise InvalidValueError."""
    written = write_scalar(word, reads_as_line(word), style=style, position=position)
    if written is None or written.lines:
        hint = "remove control characters and other invisible characters"
        raise InvalidValueError(f"one of the {name} can't be written", field=name, hint=hint)
    return written.head


def reads_as_line(text: str) -> Callable[[Scalar], bool]:
    """Return whether a field with a scalar has this one line of text, and nothing to report."""
    return lambda scalar: _has_line(scalar, text)


def reads_as_markdown(text: str) -> Callable[[Scalar], bool]:
    """Return whether a field with a scalar has this text of several lines, and nothing to report."""

    def reads(scalar: Scalar) -> bool:
        return _has_line(scalar, one_line(text)) and scalar.text.strip("\n") == text

    return reads


def _has_line(scalar: Scalar, text: str) -> bool:
    fields = Fields(Table(values={"k": scalar}, lines={"k": 1}, line=1), path="", findings=[])
    return fields.text("k") == text and not fields.findings
