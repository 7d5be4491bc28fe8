"""Write a field's value as YAML, so that it reads as the same value. No I/O."""

from collections.abc import Callable, Sequence
from datetime import date

from newsletter.content.edit_errors import InvalidValueError
from newsletter.content.field_types import FieldType, field_type
from newsletter.content.fields import Fields, one_line
from newsletter.content.frontmatter import Scalar, Table, Value
from newsletter.content.scalar_writing import Position, Written, write_scalar
from newsletter.domain.changes import FieldValue


def write_value(path: Sequence[str], value: FieldValue, old: Value | None, *, flow: bool, indent: int) -> Written:
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
