"""Compare values of fields as an editor sees them: as text. No I/O."""

import re

from newsletter.content.field_types import FieldType, field_type, typed
from newsletter.content.fields import one_line
from newsletter.content.source_text import with_line_feeds
from newsletter.domain.changes import FieldValue

_MARKDOWN = re.compile(r"note|text|(?:framing|quotation)(?:-[0-9]+)?")


def is_markdown(name: str) -> bool:
    """Return whether a field is a text of paragraphs: a note, a block's text, framing or a quotation."""
    return _MARKDOWN.fullmatch(name.rpartition(".")[2]) is not None


def text_of_field(value: FieldValue) -> str:
    """Return a field's value as a form shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(value)
    return with_line_feeds(value) if isinstance(value, str) else str(value)


def same_value(name: str, value: FieldValue, other: FieldValue) -> bool:
    """Return whether two values of a field are the same to an editor. One that isn't there is the same as an empty one.

    Either may be the text of a form: lines end with carriage returns too, and lists have commas.
    """
    return _seen(name, value) == _seen(name, other)


def _seen(name: str, value: FieldValue) -> FieldValue:
    kind = field_type(name)
    if is_markdown(name):
        return text_of_field(value).strip("\n")
    if kind is FieldType.WORDS and isinstance(value, str | None):
        return typed(name, value or "")
    if kind is FieldType.SWITCH and not name.endswith("tailored") and text_of_field(value) == "false":
        return ""  # an open switch; newsletter.toml decides about an issue's tailoring
    return one_line(text_of_field(value)) if not isinstance(value, tuple) else value
