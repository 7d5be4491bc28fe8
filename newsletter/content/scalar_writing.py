"""Write a value as YAML, in the style that it had if that style can hold it. No I/O."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from newsletter.content.frontmatter import Listing, Scalar, Table, Value, parse_front_matter

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}
_LITERAL_HEADER = re.compile(r"[|>][0-9]?([-+]?)[0-9]?")


class Position(Enum):
    """A position in which a value stands: it decides which characters need quotes."""

    FIELD = auto()  # name: value
    ITEM = auto()  # - value
    FLOW_FIELD = auto()  # {name: value}
    FLOW_ITEM = auto()  # [value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A value as YAML: ``head`` stands behind the colon or dash, and ``lines`` below it."""

    head: str
    lines: tuple[str, ...] = ()


_TRIALS = {
    Position.FIELD: "k: {}\n",
    Position.ITEM: "k:\n- {}\n",
    Position.FLOW_FIELD: "k: {{k: {}}}\n",
    Position.FLOW_ITEM: "k: [{}]\n",
}


def write_scalar(
    text: str,
    accepts: Callable[[Scalar], bool],
    *,
    style: str = "",
    position: Position = Position.FIELD,
    indent: int = 2,
) -> Written | None:
    """Return a value that is read as a scalar that ``accepts`` is true of, or None if there is no way to write it.

    ``style`` is that of the value so far: a quotation mark, the header of a block scalar such as ``>-``, or nothing.
    ``indent`` is the number of spaces before the lines of a block scalar.
    """
    for written in _candidates(text, style, position, indent):
        read = _read(written, position)
        if read is not None and accepts(read):
            return written
    return None


def _candidates(text: str, style: str, position: Position, indent: int) -> Iterator[Written]:
    is_block = position in (Position.FIELD, Position.ITEM)
    if style[:1] in ("|", ">") and style and is_block and text:
        yield _literal(text, style, indent)
    if style == '"':
        yield _double(text)
    elif style == "'":
        yield _single(text)
    if "\n" in text and is_block:
        yield _literal(text, "|-", indent)
    if text and "\n" not in text:
        yield Written(head=text)
    if '"' in text or "\\" in text:
        yield _single(text)
    yield _double(text)
    yield _double(text, ascii_only=True)


def _literal(text: str, style: str, indent: int) -> Written:
    header = _LITERAL_HEADER.match(style)
    chomping = header[1] if header else "-"
    lines = text.split("\n")
    if style[0] == ">":  # a single line break folds into a space
        lines = re.sub(r"(?<=\S)\n(?=\S)|(?<=\S)\n(?=\n*\S)", "\n\n", text).split("\n")
    spaces = " " * indent
    return Written(head=style[0] + chomping, lines=tuple(spaces + line if line else "" for line in lines))


def _single(text: str) -> Written:
    return Written(head="'" + text.replace("'", "''") + "'")


def _double(text: str, *, ascii_only: bool = False) -> Written:
    return Written(head='"' + "".join(_escaped(sign, ascii_only) for sign in text) + '"')


def _escaped(sign: str, ascii_only: bool) -> str:
    if sign in _ESCAPES:
        return _ESCAPES[sign]
    if sign.isascii() and sign.isprintable():
        return sign
    if not ascii_only and sign != "\ufeff" and unicodedata.category(sign) not in ("Cc", "Zl", "Zp", "Cs", "Cn"):
        return sign
    number = ord(sign)
    return f"\\x{number:02X}" if number < 0x100 else f"\\u{number:04X}" if number < 0x10000 else f"\\U{number:08X}"


def _read(written: Written, position: Position) -> Scalar | None:
    """Return what is read if this is written at such a position, or None if that isn't one value."""
    yaml = _TRIALS[position].format(written.head + "".join(f"\n  {line}" for line in written.lines))
    file = parse_front_matter(f"---\n{yaml}---\n", path="")
    if file.fields is None or list(file.fields.values) != ["k"]:
        return None
    value: Value = file.fields.values["k"]
    if position is Position.FLOW_FIELD:
        value = value.values["k"] if isinstance(value, Table) and list(value.values) == ["k"] else value
    elif position is not Position.FIELD:
        value = value.items[0] if isinstance(value, Listing) and len(value.items) == 1 else value
    return value if isinstance(value, Scalar) else None
