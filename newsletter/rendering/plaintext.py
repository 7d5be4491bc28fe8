"""Wrap the text part at 72 characters as format=flowed (RFC 3676), so that a phone can rewrap it."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

WIDTH = 72
_QUOTED = re.compile(r"((?:>\s?)+)(.*)")
_LINK = re.compile(r"<\S+>")
_WORD_BREAK = re.compile(r"(?<!\.) | (?!\.)")  # never within ". . ."


def flowed(text: str, value: re.Pattern[str], width: Callable[[str], int]) -> str:
    """Return text whose paragraphs are single lines as format=flowed.

    A line that continues ends with a space. A line that is just a ``<link>``, or begins with a space, isn't wrapped.
    Several empty lines become one. ``value`` matches a placeholder for a reader's value, ``width`` measures a word.
    """
    lines = [line.rstrip() for line in text.strip("\n").split("\n")]
    flowing = [line for index, line in enumerate(lines) if line or lines[index - 1]]
    return "".join(_paragraph(line, width) if value.search(line) else _constant(line) for line in flowing)


@lru_cache(maxsize=8192)
def _constant(line: str) -> str:
    return _paragraph(line, len)


def _paragraph(line: str, width: Callable[[str], int]) -> str:
    return "".join(f"{wrapped}\n" for wrapped in _flow(line, width))


def _flow(line: str, width: Callable[[str], int]) -> Iterator[str]:
    quoted = _QUOTED.fullmatch(line)
    depth, words = (quoted[1].count(">"), quoted[2]) if quoted else (0, line)
    prefix = f"{'>' * depth} " if depth else ""
    if not words:
        yield prefix.rstrip()
    elif words.startswith(" ") or _LINK.fullmatch(words):
        yield prefix + (words if depth else _stuffed(words))
    else:
        wrapped = _wrapped(words, WIDTH - len(prefix), width)
        yield from (prefix + (piece if depth else _stuffed(piece)) for piece in wrapped)


def _stuffed(line: str) -> str:
    """Return a line with a space before a start that means a quotation or a mailbox entry (RFC 3676 §4.4)."""
    return f" {line}" if line.startswith((" ", ">", "From ")) else line


def _wrapped(text: str, longest: int, width: Callable[[str], int]) -> Iterator[str]:
    line, used = "", 0
    for word in _WORD_BREAK.split(text):
        wide = width(word)
        if line and used + 1 + wide > longest - 1:  # a space ends every line but the last
            yield line + " "
            line, used = word, wide
        else:
            line, used = (f"{line} {word}", used + 1 + wide) if line else (word, wide)
    yield line
