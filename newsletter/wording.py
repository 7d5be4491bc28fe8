"""What pydantic and tomllib find wrong, in words that an editor would use."""

import re
from collections.abc import Mapping
from typing import Any


def of_value(error: Mapping[str, Any]) -> str:
    """Return what a value should be, from one error of pydantic: ``write a whole number``."""
    kind, context = str(error["type"]), error.get("ctx") or {}
    known = _KINDS.get(kind) or _KINDS.get(kind.partition("_")[0])
    if known is not None and all(name in context for name in _NAMES.findall(known)):
        return known.format_map({name: _value(value) for name, value in context.items()})
    return str(error["msg"]).removeprefix("Value error, ")  # our own validators speak for themselves


def of_field(error: Mapping[str, Any]) -> str:
    """Return what a field of a JSON body should be, from one error of pydantic."""
    kind = str(error["type"])
    return _IN_JSON.get(kind) or of_value(error)


def of_option(message: str) -> str:
    """Return what an option or argument should be, from what Typer and pydantic say of it."""
    for pattern, words in _OPTIONS:
        if match := re.match(pattern, message):
            return str(match.expand(words)).replace("'", "")
    return message.removeprefix("Value error, ")


def of_toml(message: str) -> str:
    """Return what is wrong with a line of TOML, from a message of tomllib."""
    for sign, words in _TOML:
        if sign in message:
            return words
    return "the syntax of this line is wrong"


def _value(value: object) -> str:
    """Pydantic writes choices as ``'hold' or 'resend'``."""
    return str(value).replace("'", '"') if isinstance(value, str) else f"{value:g}" if _number(value) else str(value)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_OPTIONS = (
    (r"Input should be a valid (?:integer|number).*", "write a number"),
    (r"Input should be greater than or equal to (\S+)", r"write a number of at least \1"),
    (r"Input should be less than or equal to (\S+)", r"write a number of at most \1"),
    (r"(?:Value error, )?(.*) is not one of (.*?)\.?$", r'there is no "\1"; write one of \2'),
)
_NAMES = re.compile(r"{(\w+)}")
_TEXT = 'write text in quotes: "…"'
_WHOLE = "write a whole number, without quotes"
_KINDS: Mapping[str, str] = {
    "string_type": _TEXT,
    "string_too_short": "it is too short or empty",
    "string_too_long": "write at most {max_length} characters",
    "string_pattern_mismatch": "it has characters or a form that it can't have; docs/settings.md shows an example",
    "int": _WHOLE,
    "float": "write a number, without quotes",
    "finite_number": "write a number",
    "bool": "write true or false, without quotes",
    "list_type": 'write a list: ["…", "…"]',
    "tuple_type": 'write a list: ["…", "…"]',
    "dict_type": "write a table of its own: [name] on a line, and its settings below it",
    "model_type": "write a table of its own: [name] on a line, and its settings below it",
    "model_attributes_type": "write a table of its own: [name] on a line, and its settings below it",
    "enum": "write {expected}",
    "literal_error": "write {expected}",
    "greater_than": "write a number greater than {gt}",
    "greater_than_equal": "write a number of at least {ge}",
    "less_than": "write a number less than {lt}",
    "less_than_equal": "write a number of at most {le}",
    "too_short": "write at least {min_length} of them",
    "too_long": "write at most {max_length} of them",
}

_IN_JSON: Mapping[str, str] = {
    "missing": "it is missing",
    "extra_forbidden": "there is no such field",
    "json_invalid": "it is not JSON",
    "dict_type": "write an object",
    "model_type": "write an object",
    "model_attributes_type": "write an object",
}

_TOML = (
    ("Expected '=' after a key", "there is no = after the name of a setting"),
    ("Unclosed array", "a list is not closed: ] is missing"),
    ("Unclosed inline table", "a table is not closed: } is missing"),
    ("Expected ']", "] is missing after the name of a table"),
    ("Invalid value", 'the value can\'t be read: put text in quotes ("…"), write numbers, true and false without them'),
    ("Unterminated string", "a quotation mark is missing at the end of a text"),
    ("Illegal character '\\n'", "a quotation mark is missing at the end of a text"),
    ("Illegal character", "there is a control character: delete it"),
    ("Cannot overwrite a value", "a setting is given twice"),
    ("Duplicate inline table key", "a setting is given twice"),
    ("Cannot declare", "a table is given twice"),
    ("Cannot mutate", "a table is given twice"),
    (
        "Expected newline or end of document",
        "there is something after the value: put text in quotes, or a # before notes",
    ),
    ("Invalid statement", "this is neither a setting (name = value) nor a table ([name])"),
    ("Invalid initial character for a key part", "this is neither a setting (name = value) nor a table ([name])"),
    ("Unescaped '\\'", "a backslash in a text must be written twice"),
    ("Invalid hex value", "a backslash in a text must be written twice"),
    ("Invalid date or datetime", "the date is not in the calendar"),
)
