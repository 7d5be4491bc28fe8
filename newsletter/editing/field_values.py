"""Compare values of fields as an editor sees them: as text. No I/O."""

import re

from newsletter.content.fields import one_line
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


def with_line_feeds(text: str) -> str:
    """Return a text whose lines end with a line feed only; those of a form have carriage returns too."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def same_value(name: str, value: FieldValue, other: FieldValue) -> bool:
    """Return whether two values of a field are the same to an editor. One that isn't there is the same as an empty one.

    Either may be the text of a form, where lines end with carriage returns too.
    """
    plain = _paragraphs if is_markdown(name) else one_line
    return plain(text_of_field(value)) == plain(text_of_field(other))


def _paragraphs(text: str) -> str:
    return text.strip("\n")
