"""Lay out a table as plain text: in columns if it fits, otherwise row by row."""

import unicodedata
from collections.abc import Sequence
from itertools import zip_longest

WIDEST = 64  # columns; leaves room for the marks of a quotation or a list
_GAP = "  "

Row = Sequence[str]


def table_text(head: Row, rows: Sequence[Row], alignments: Sequence[str]) -> str:
    """Return a table as text; ``head`` may be empty. ``alignments`` of columns are ``right``, ``center`` or others."""
    widths = [max(3, *map(text_width, column)) for column in zip_longest(head, *rows, fillvalue="")]
    if sum(widths) + len(_GAP) * (len(widths) - 1) > WIDEST:
        return "\n\n".join(_record(head, row) for row in rows)
    lines = [head, ["-" * width for width in widths], *rows] if any(head) else rows
    return "\n".join(
        _GAP.join(map(_aligned, line, widths, alignments)).rstrip()
        for line in lines  # a row may be short of cells
    )


def _record(head: Row, row: Row) -> str:
    pairs = zip_longest(head, row, fillvalue="")
    return "\n".join(f"{name}: {cell}" if name else cell for name, cell in pairs if cell)


def _aligned(cell: str, width: int, alignment: str) -> str:
    room = width - text_width(cell)
    before = {"right": room, "center": room // 2}.get(alignment, 0)
    return " " * before + cell + " " * (room - before)


def text_width(text: str) -> int:
    """Return the number of columns that a text takes in a monospaced font (UAX #11)."""
    if text.isascii():
        return len(text)
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
