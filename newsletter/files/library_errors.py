"""Plain words for the errors of libraries and the operating system."""

import errno
import re
from collections.abc import Mapping, Sequence
from typing import Any


def of_value(error: Mapping[str, Any]) -> str:
    """Return what to write instead of a value, from an error of pydantic: ``write a whole number``."""
    kind, context = str(error["type"]), error.get("ctx") or {}
    known = _KINDS.get(kind) or _KINDS.get(kind.partition("_")[0])
    if known is not None and all(name in context for name in _NAMES.findall(known)):
        return known.format_map({name: _value(value) for name, value in context.items()})
    return str(error["msg"]).removeprefix("Value error, ")  # our own validators' messages need no translation


def of_field(error: Mapping[str, Any]) -> str:
    """Return what to write in a field of a JSON body, from an error of pydantic."""
    kind = str(error["type"])
    return _IN_JSON.get(kind) or of_value(error)


def of_option(message: str) -> str:
    """Return what to write for an option or argument, from a message of Typer or pydantic."""
    for pattern, words in _OPTIONS:
        if match := re.match(pattern, message):
            return str(match.expand(words)).replace("'", "")
    return message.removeprefix("Value error, ")


def of_toml(message: str, setting: str = "") -> str:
    """Return the mistake in a line of TOML, from a message of tomllib; ``setting`` is the name that the line sets."""
    if "Cannot overwrite a value" in message and setting:
        return f'"{setting}" is given twice'
    for sign, words in _TOML:
        if sign in message:
            return words
    return "the syntax of this line is wrong"


def of_jinja(message: str) -> str:
    """Return the mistake in a line of a template, from a message of Jinja, or of Python below it."""
    for name, token in _JINJA_TOKENS.items():
        message = message.replace(f"'{name}'", f"'{token}'")
    return _first_match(_JINJA, message) or "a filter or an operation here doesn't fit its value"


def of_xml(message: str) -> tuple[str, str]:
    """Return the mistake in ill-formed MJML and how to fix it, from a message of libxml2."""
    words = _first_match(_XML, message) or "the tags are not well-formed: close every tag; an empty one is <br/>"
    what, _, hint = words.partition(": ")
    return what, hint


def _first_match(patterns: Sequence[tuple[str, str]], message: str) -> str:
    for pattern, words in patterns:
        if match := re.search(pattern, message):
            return match.expand(words)
    return ""


def of_system(err: OSError) -> str:
    """Return the reason of a system error without its number and the call: ``there is no such host``."""
    if isinstance(err, TimeoutError):
        return "no answer in time"
    if type(err).__name__ == "gaierror":
        return "there is no such host"
    if verdict := getattr(err, "verify_message", ""):
        return f"its certificate can't be trusted: {verdict}"
    words = _SYSTEM.get(err.errno or 0) or err.strerror or str(err) or type(err).__name__
    return re.sub(r"^\[[^]]*\] | \(_ssl\.c:\d+\)$", "", words)


def _value(value: object) -> str:
    """Return a value as text; pydantic's choices (``'hold' or 'resend'``) get double quotes."""
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
    "string_unicode": "write valid Unicode: half a surrogate pair is no character",
    "string_too_short": "it is too short or empty",
    "string_too_long": "write at most {max_length} characters",
    "string_pattern_mismatch": "write it in the form that the documentation shows",
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

_JINJA_TOKENS = {
    "end of print statement": "}}",
    "end of statement block": "%}",
    "begin of statement block": "{%",
    "begin of print statement": "{{",
    "end of template": "the end of the file",
}
_JINJA = (
    (r"^unexpected char (?P<quote>['\"])(.*)(?P=quote) at", r"\2 can't be used between {{ and }} or {% and %}"),
    (r"^Expected an expression, got '(.*)'", r"a value is missing before \1"),
    (r"^Encountered unknown tag 'end(\w+)'", r"{% end\1 %} has no {% \1 %} before it"),
    (r"^Encountered unknown tag '(\w+)'\..* needs to be closed is '(\w+)'", r"{% \1 %} can't be used in {% \2 %}"),
    (r"^Encountered unknown tag '(\w+)'", r"there is no tag {% \1 %}"),
    (r"^Unexpected end of template\..*needs to be closed is '(\w+)'", r"{% \1 %} has no {% end\1 %}"),
    (r"^Unexpected end of template", "the file ends within a tag"),
    (r"^Missing end of raw", "{% raw %} has no {% endraw %}"),
    (r"^Missing end of comment", "a comment has no #}"),
    (r"^[Ee]xpected token '(.*)', got '(.*)'", r'there is "\2" where \1 should be'),
    (r"^unexpected '(.*)'", r'"\1" is not expected here'),
    (r"^No (filter|test) named '(.*)'", r'there is no \1 "\2"'),
    (r"^block '(.*)' defined twice", r'there are two blocks "\1"'),
    (r"^(?:cannot assign|Can't assign)", "{% set %} can't change this value"),
    (r"^(?:division|integer division|float) .*zero", "a division by zero"),
    (r"object is not callable$", "this value is not a function: leave the brackets out"),
    (r"object is not iterable$|has no len\(\)$", "this value is not a list"),
    (
        r"^(?:can only concatenate|unsupported operand|.* not supported between)",
        "text and numbers can't be combined",
    ),
    (r"^macro '(\w+)' ", r'the macro "\1" is called with wrong arguments'),
    (r"^Range too big", "the range is too large"),
    (r"^access to attribute '(\w+)'", r'a theme may not use "\1"'),
    (r"^(a theme has no \".*\")$", r"\1"),  # our own message
)

# libxml2's parser.c.
_XML = (
    (r"^Opening and ending tag mismatch: ([\w-]+) .*and ([\w-]+)", r"<\1> is not closed before </\2>: write </\1>"),
    (r"^Premature end of data in tag ([\w-]+)", r"<\1> is not closed: write </\1>"),
    (r"^Couldn't find end of Start Tag ([\w-]+)|^expected '>'", "a tag has no end: write >"),
    (r"^Start tag expected|^Document is empty", "there is text before the first tag: begin with <mjml>"),
    (r"^Extra content at the end", "there is something after </mjml>: remove it"),
    (r"^xmlParseEntityRef: no name|^EntityRef: expecting", "an & is not escaped: write &amp;"),
    (r"^Entity '(\w+)' not defined", r"there is no character &\1;: write the character itself"),
    (r"^Attribute ([\w-]+) redefined", r'a tag has "\1" twice: remove one'),
    (r"^StartTag: invalid element name", "a < does not begin a tag: write &lt;"),
    (r"^Unescaped '<' not allowed", "a < is in an attribute: write &lt;"),
    (r"[Cc]omment", "a comment has no end, or -- in it: end it with -->"),
    (r"^AttValue|[Aa]ttribute|^attributes construct", 'an attribute is malformed: write name="value"'),
    (r"Char", "there is a control character: remove it"),
)

# Replaces messages that only programmers would understand.
_SYSTEM = {
    errno.ENOENT: "there is no such file or folder",
    errno.EISDIR: "it is a folder",
    errno.ENOTDIR: "a part of the path is a file",
    errno.EACCES: "permission denied",
    errno.EFBIG: "the file is too large",
    errno.ECONNREFUSED: "nothing is listening there",
    errno.ECONNRESET: "the connection was cut",
    errno.ENETUNREACH: "this machine has no route to it",
    errno.EHOSTUNREACH: "this machine has no route to it",
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
    ("Unterminated string", "a quotation mark is missing at the end of text"),
    ("Illegal character '\\n'", "a quotation mark is missing at the end of text"),
    ("Illegal character", "there is a control character: delete it"),
    ("Cannot overwrite a value", "a setting is given twice"),
    ("Nested too deeply", "lists or tables are nested too deeply"),
    ("Key with too many parts", "a name has too many parts with dots between them"),
    ("Number too long", "a number has too many digits"),
    ("Duplicate inline table key", "a setting is given twice"),
    ("Cannot declare", "a table is given twice"),
    ("Cannot mutate", "a table is given twice"),
    (
        "Expected newline or end of document",
        "there is something after the value: put text in quotes, or a # before comments",
    ),
    ("Invalid statement", "this is neither a setting (name = value) nor a table ([name])"),
    ("Invalid initial character for a key part", "this is neither a setting (name = value) nor a table ([name])"),
    ("Unescaped '\\'", "a backslash in text must be written twice"),
    ("Invalid hex value", "a backslash in text must be written twice"),
    ("Invalid date or datetime", "there is no such date"),
)
