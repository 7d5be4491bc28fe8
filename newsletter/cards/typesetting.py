"""Break a text into lines. No I/O: the caller measures the text."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable

Measure = Callable[[str], float]

# A line may end at a space, or after a hyphen, a dash or a slash between letters; never at a no-break space.
_BREAK = re.compile(r"(?<=[^\W\d_][-–—/])(?=[^\W\d_])|[ \t\n]+")
_BEFORE_ELLIPSIS = " \u00a0,;:.–—-"
_PRECISION = 4.0  # pixels


def even_lines(text: str, most: int, width: float, measure: Measure) -> list[str] | None:
    """Return the fewest lines of a text, as even as they can be. Return None if it doesn't fit on ``most`` lines."""
    pieces = _pieces(text)
    narrow, wide = max((measure(piece.strip()) for piece in pieces), default=0.0), width
    lines = _filled(pieces, most, width, measure)
    if narrow > width or len(lines) > most:
        return None
    while wide - narrow > _PRECISION:
        middle = (narrow + wide) / 2
        narrower = _filled(pieces, len(lines), middle, measure)
        if len(narrower) > len(lines):
            narrow = middle
        else:
            lines, wide = narrower, middle
    return lines


def first_lines(text: str, most: int, width: float, measure: Measure) -> list[str]:
    """Return the beginning of a text on at most this many full lines, with an ellipsis if anything is left out."""
    pieces = (_cut(piece, width, measure) for piece in _pieces(text))
    lines = _filled(pieces, most, width, measure)
    return lines if len(lines) <= most else [*lines[: most - 1], _with_ellipsis(lines[most - 1], width, measure)]


def _pieces(text: str) -> list[str]:
    """Return the parts of a text between which a line may end, each with the space before it."""
    pieces, start = [], 0
    for match in _BREAK.finditer(text.strip()):
        pieces.append(text.strip()[start : match.start()])
        start = match.start()
    pieces.append(text.strip()[start:])
    return [piece for piece in pieces if piece]


def _filled(pieces: Iterable[str], most: int, width: float, measure: Measure) -> list[str]:
    """Return a text's lines, each as full as it can be. There may be more of it after ``most`` + 1 lines."""
    lines: list[str] = []
    for piece in pieces:
        longer = lines[-1] + piece if lines else ""
        if lines and measure(longer) <= width:
            lines[-1] = longer
        elif len(lines) > most:
            break
        else:
            lines.append(piece.strip())
    return lines


def _cut(piece: str, width: float, measure: Measure) -> str:
    return piece if measure(piece.strip()) <= width else _with_ellipsis(piece, width, measure)


def _with_ellipsis(line: str, width: float, measure: Measure) -> str:
    """Return the longest beginning of a line that fits a width with an ellipsis."""

    def beginning(length: int) -> str:
        return f"{line[: ends[length]].strip().rstrip(_BEFORE_ELLIPSIS)}…"

    ends = [end for end in range(1, len(line) + 1) if not unicodedata.combining(line[end : end + 1] or " ")]
    longest = bisect_right(range(len(ends)), width, key=lambda length: measure(beginning(length)))
    return beginning(longest - 1) if longest else "…"
