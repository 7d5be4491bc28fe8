"""A file's text as it is on disk and as readers see it: with ``\\n`` line ends, no byte order mark. No I/O."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

_MARK = "\ufeff"
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A replacement: ``text`` for what is at ``start`` to ``end``. Both count characters of the readers' text."""

    start: int
    end: int
    text: str


def with_line_feeds(text: str) -> str:
    """Return a text with ``\\n`` line ends; those of a form and of Windows have carriage returns too."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def unix_lines(text: str) -> str:
    """Return a text with ``\\n`` line ends and without a byte order mark."""
    return with_line_feeds(text.removeprefix(_MARK))


class SourceText:
    """A file's text in both forms: ``original``, and ``text`` as readers see it."""

    def __init__(self, original: str) -> None:
        self.original = original
        self.text = unix_lines(original)
        self._offset = len(_MARK) if original.startswith(_MARK) else 0
        ends = list(_LINE_END.finditer(original)) if "\r" in original else []
        self._line_ends = [match[0] for match in ends] if ends else ["\n"]
        # Positions, in the readers' text, behind which one more "\r" is missing.
        pairs = (at for at, match in enumerate(ends) if match[0] == "\r\n")
        self._pairs = [ends[at].start() - self._offset - before for before, at in enumerate(pairs)]
        self._has_returns = bool(ends)

    def replaced(self, pieces: Iterable[Piece]) -> str:
        """Return the original text with the pieces replaced; new lines end like the line that they are in or follow."""
        parts: list[str] = []
        at = 0
        for piece in sorted(pieces, key=lambda piece: (piece.start, piece.end)):
            start, end = self._in_original(piece.start), self._in_original(piece.end)
            parts += self.original[at:start], piece.text.replace("\n", self._line_end(piece.start))
            at = end
        return _joined([*parts, self.original[at:]])

    def _in_original(self, at: int) -> int:
        return at + self._offset + bisect_right(self._pairs, at - 1)

    def _line_end(self, at: int) -> str:
        if not self._has_returns:
            return "\n"
        line = self.text.count("\n", 0, at)
        starts_line = at > 0 and self.text[at - 1] == "\n"
        return self._line_ends[min(line - starts_line, len(self._line_ends) - 1)]


def _joined(parts: Iterable[str]) -> str:
    """Return the parts as one text. Two line breaks stay two: a ``\\r`` that meets a ``\\n`` becomes ``\\n``."""
    text = ""
    for part in parts:
        text = text[:-1] + "\n" + part if text.endswith("\r") and part.startswith("\n") else text + part
    return text
