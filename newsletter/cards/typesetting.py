"""Break a text into lines. No I/O: the caller measures the text."""

import re
from collections.abc import Callable, Sequence

Measure = Callable[[str], float]

# A line may end at a space, or after a hyphen, a dash or a slash between letters; never at a no-break space.
_BREAK = re.compile(r"(?<=[^\W\d_][-–—/])(?=[^\W\d_])|[ \t\n]+")
_BEFORE_ELLIPSIS = " \u00a0,;:.–—-"
_PRECISION = 4.0  # pixels


def even_lines(text: str, width: float, measure: Measure) -> list[str]:
    """Return the fewest lines of a text that fit a width, as even as they can be. A longer word is cut."""
    pieces = [_cut(piece, width, measure) for piece in _pieces(text)]
    lines = _filled(pieces, width, measure)
    narrow, wide = max((measure(piece.strip()) for piece in pieces), default=0.0), width
    while wide - narrow > _PRECISION:
        middle = (narrow + wide) / 2
        narrower = _filled(pieces, middle, measure)
        if len(narrower) > len(lines):
            narrow = middle
        else:
            lines, wide = narrower, middle
    return lines


def first_lines(text: str, most: int, width: float, measure: Measure) -> list[str]:
    """Return the beginning of a text on at most this many full lines, with an ellipsis if anything is left out."""
    lines = _filled([_cut(piece, width, measure) for piece in _pieces(text)], width, measure)
    return lines if len(lines) <= most else [*lines[: most - 1], _with_ellipsis(lines[most - 1], width, measure)]


def _pieces(text: str) -> list[str]:
    """Return the parts of a text between which a line may end, each with the space before it."""
    pieces, start = [], 0
    for match in _BREAK.finditer(text.strip()):
        pieces.append(text.strip()[start : match.start()])
        start = match.start()
    pieces.append(text.strip()[start:])
    return [piece for piece in pieces if piece]


def _filled(pieces: Sequence[str], width: float, measure: Measure) -> list[str]:
    lines: list[str] = []
    for piece in pieces:
        longer = lines[-1] + piece if lines else ""
        if lines and measure(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(piece.strip())
    return lines


def _cut(piece: str, width: float, measure: Measure) -> str:
    return piece if measure(piece.strip()) <= width else _with_ellipsis(piece, width, measure)


def _with_ellipsis(line: str, width: float, measure: Measure) -> str:
    """Return the longest beginning of a line that fits a width with an ellipsis."""
    beginnings = (f"{line[:length].strip().rstrip(_BEFORE_ELLIPSIS)}…" for length in range(len(line), 0, -1))
    return next((beginning for beginning in beginnings if measure(beginning) <= width), "…")
