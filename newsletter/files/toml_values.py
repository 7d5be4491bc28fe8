"""Write values and keys as TOML, in the style of the value that they replace where that is possible. No I/O."""

import datetime
import json
import re
from collections.abc import Mapping, Sequence

TomlData = str | bool | int | float | datetime.date | datetime.time | Sequence["TomlData"] | Mapping[str, "TomlData"]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # allowed in no literal string
_ESCAPED = re.compile(r"[\x00-\x1f\x7f]")
_QUOTES_AT_END = re.compile(r'"+$')


def written_key(name: str) -> str:
    """Return a key as TOML."""
    return name if _BARE.fullmatch(name) else written_text(name)


def written_value(value: TomlData, *, before: str = "", line_break: str = "\n") -> str:
    """Return a value as TOML. ``before`` is the TOML of the value that it replaces, whose quotation marks it keeps.

    Raise ValueError for half a character (a lone surrogate), and for infinity.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _text(value, before, line_break)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, int | float):
        if value in (float("inf"), float("-inf")) or value != value:
            raise ValueError("infinity is no setting")
        return repr(value)
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{written_key(key)} = {written_value(inner)}" for key, inner in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    return f"[{', '.join(written_value(item) for item in value)}]"


def written_text(text: str) -> str:
    """Return a text as a basic string in one line."""
    text.encode()  # raises for half a character
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _text(text: str, before: str, line_break: str) -> str:
    text.encode()  # raises for half a character
    plain = not _CONTROL.search(text)  # a carriage return would be read as a line break
    if "\n" in text and plain:
        return _lines(text, before, line_break)
    literal = before.startswith("'") or (not before and '"' in text)
    if literal and plain and "'" not in text and "\n" not in text:
        return f"'{text}'"
    return written_text(text)


def _lines(text: str, before: str, line_break: str) -> str:
    """Return a text of several lines as a string of several lines."""
    lines = text.replace("\n", line_break)
    if "'''" not in text and not text.endswith("'") and not before.startswith('"""'):
        return f"'''{line_break}{lines}'''"
    escaped = lines.replace("\\", "\\\\").replace('"""', '""\\"')
    escaped = _QUOTES_AT_END.sub(lambda match: '\\"' * len(match[0]), escaped)
    return f'"""{line_break}{escaped}"""'
