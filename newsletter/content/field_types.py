"""Names and types of the fields that can be changed, and their values in a file. No I/O."""

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto

from newsletter.content import blocks, entries, issues
from newsletter.content.edit_errors import InvalidValueError
from newsletter.content.fields import Fields, is_empty, one_line
from newsletter.content.file_kinds import FileKind
from newsletter.content.frontmatter import Listing, Scalar, Table, Value
from newsletter.content.source_text import with_line_feeds
from newsletter.domain.changes import FieldValue


class FieldType(Enum):
    """A type of field: it decides how a value is written and read."""

    LINE = auto()  # one line of text
    MARKDOWN = auto()  # several lines
    DATE = auto()  # 2026-11-23
    TIME = auto()  # a date, or a date and time: 2026-11-23 06:30
    COUNT = auto()  # a whole number from 1
    SWITCH = auto()  # true or false
    WORDS = auto()  # a list of texts
    STRUCTURE = auto()  # changed item by item, or as text


_TYPES: Mapping[str, FieldType] = {
    "date": FieldType.DATE,
    "not_before": FieldType.TIME,
    "best_before": FieldType.DATE,
    "number": FieldType.COUNT,
    "minutes": FieldType.COUNT,
    "digest": FieldType.SWITCH,
    "feeds": FieldType.SWITCH,
    "paywall": FieldType.SWITCH,
    "reserve": FieldType.SWITCH,
    "tailored": FieldType.SWITCH,
    "pinned": FieldType.WORDS,
    "segments": FieldType.WORDS,
    "topics": FieldType.WORDS,
    "framing": FieldType.MARKDOWN,
    "corrections": FieldType.STRUCTURE,
    "entries": FieldType.STRUCTURE,
    "overrides": FieldType.STRUCTURE,
    "sections": FieldType.STRUCTURE,
}
_ORDERS: Mapping[FileKind, tuple[str, ...]] = {
    FileKind.ENTRY: entries.FIELDS,
    FileKind.ISSUE: issues.FIELDS,
    FileKind.BLOCK: tuple(dict.fromkeys(("block", *(name for names in blocks.FIELDS.values() for name in names)))),
}
BODY_NAMES: Mapping[FileKind, str] = {FileKind.ISSUE: "note", FileKind.BLOCK: "text"}
"""The name of a whole body. An entry's has passages instead."""


def field_type(name: str) -> FieldType:
    """Return the type of a field by the last part of its name."""
    return _TYPES.get(name.rpartition(".")[2], FieldType.LINE)


def field_order(kind: FileKind, path: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the fields beside one, in the order of a new file; an override's are those of overrides."""
    return entries.OVERRIDES if len(path) == 3 else () if len(path) == 2 else _ORDERS[kind]


def typed(name: str, value: FieldValue) -> FieldValue:
    """Return a value in the type of its field; text becomes a date, number, switch or list.

    Raise InvalidValueError if the field can't have it.
    """
    kind = field_type(name)
    if value is None or (value == "" and kind is not FieldType.WORDS):
        return value
    if kind is FieldType.STRUCTURE:
        what = f"{name} is not a single value"
        raise InvalidValueError(what, field=name, hint="change its items one by one, or edit the file as text")
    if kind is FieldType.LINE and isinstance(value, str):
        return one_line(_unicode(name, with_line_feeds(value)))
    if kind is FieldType.MARKDOWN and isinstance(value, str):
        return _unicode(name, with_line_feeds(value)).strip("\n")
    if kind is FieldType.WORDS and isinstance(value, str | tuple):
        words = re.split(r"[,\r\n]", value) if isinstance(value, str) else value
        lines = (one_line(_unicode(name, word)) for word in words)
        return tuple(line for line in lines if line)
    if kind is FieldType.DATE and (date := _date(value)):
        return date
    if kind is FieldType.TIME and (time := _local_time(value)):
        return time
    if kind is FieldType.COUNT and (count := _count(value)):
        return count
    if kind is FieldType.SWITCH and str(value).strip().lower() in ("true", "false"):
        return str(value).strip().lower() == "true"
    raise InvalidValueError(f"{name} must be {_NOUNS[kind]}", field=name, hint=_HINTS[kind])


_NOUNS = {
    FieldType.LINE: "text",
    FieldType.MARKDOWN: "text",
    FieldType.WORDS: "a list",
    FieldType.DATE: "a date",
    FieldType.TIME: "a date, or a date and time",
    FieldType.COUNT: "a whole number from 1",
    FieldType.SWITCH: "true or false",
}
_HINTS = {
    FieldType.LINE: "write text",
    FieldType.MARKDOWN: "write text",
    FieldType.WORDS: "separate its parts with commas",
    FieldType.DATE: "write it as 2026-11-23",
    FieldType.TIME: "write it as 2026-11-23 or 2026-11-23 06:30",
    FieldType.COUNT: "write 7, for instance",
    FieldType.SWITCH: "write true or false",
}


def read_value(name: str, table: Table) -> FieldValue:
    """Return a field's value, or None if the table hasn't got it. Text that isn't of the field's type stays text."""
    last = name.rpartition(".")[2]
    if last not in table.values:
        return None
    value = table.values[last]
    fields = Fields(table, path="", findings=[])
    kind = field_type(name)
    if kind is FieldType.WORDS:
        return tuple(word.text for word in fields.words(last))
    if kind is FieldType.SWITCH and isinstance(value, Table):
        return True
    if is_empty(value) or not isinstance(value, Scalar):
        return ""
    if kind is FieldType.MARKDOWN:
        return fields.lines(last).strip("\n")
    readers: Mapping[FieldType, Callable[[str], FieldValue]] = {
        FieldType.DATE: fields.date,
        FieldType.COUNT: fields.count,
        FieldType.SWITCH: fields.boolean,
    }
    value_in_type = readers[kind](last) if kind in readers else None
    return fields.text(last) if value_in_type is None else value_in_type


def meaning(value: Value) -> object:
    """Return what a value says, without its place and style, to compare it with another."""
    if isinstance(value, Table):
        return {name: meaning(inner) for name, inner in value.values.items()}
    if isinstance(value, Listing):
        return [meaning(item) for item in value.items]
    return (value.text, value.plain)


def _date(value: FieldValue) -> datetime.date | None:
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        is_date = isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value.strip())
        return datetime.date.fromisoformat(str(value).strip()) if is_date else None
    except ValueError:
        return None


def _local_time(value: FieldValue) -> str | None:
    """Return a date, or a date and time, as text, if readers of the field can read it."""
    text = value.isoformat(" ", "minutes") if isinstance(value, datetime.datetime) else str(value).strip()
    written = Scalar(text=text, plain=True, line=1)
    fields = Fields(Table(values={"k": written}, lines={"k": 1}, line=1), path="", findings=[])
    return text if fields.local_time("k") else None


def _count(value: FieldValue) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"[1-9][0-9]{0,8}", value.strip()):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**9 else None


def _unicode(name: str, text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as err:
        what = f"{name} has half a character (a lone surrogate)"
        raise InvalidValueError(what, field=name, hint="write the character again") from err
    return text
