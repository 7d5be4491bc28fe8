"""The slots for values of a reader's edition: its titles, their count, an entry's number, its length. No I/O."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from newsletter.domain.edition import Edition
from newsletter.domain.reading_time import minutes_of
from newsletter.message.counted_words import CountedWords

EDITION_SLOT = "edition."  # the prefix of all their names
COUNT_SLOT = "edition.count"
PICKS_SLOT = "edition.picks"
MINUTES_SLOT = "edition.minutes"  # the theme prints it; editors can't
_TITLE = re.compile(r"edition\.titles\[([0-9]{1,2})\]")


def title_slot(position: int) -> str:
    """Return the name of the slot for the title at a position in the edition, from 0."""
    return f"edition.titles[{position}]"


def number_slot(position: int) -> str:
    """Return the name of the slot for the number, from 1, that the entry at a position in the issue has in the edition.

    The theme prints it; editors can't.
    """
    return f"edition.numbers[{position}]"


def title_position(name: str) -> int | None:
    """Return the position in a title's slot, or None if the slot is another or its position has over two digits."""
    match = _TITLE.fullmatch(name)
    return int(match[1]) if match else None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionLength:
    """Word counts and phrases for an edition's length.

    ``words`` has the number of words of the note and of each item, and ``lists`` the number of links in each list. They
    count in the editions that have one of their positions, and without any in all.
    """

    words: tuple[tuple[Edition, int], ...]
    picks: CountedWords
    minutes: CountedWords
    lists: tuple[tuple[Edition, int], ...] = ()  # empty in sends frozen by earlier versions, which count entries only


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionValues:
    """The values of an edition of an issue whose entries have these ``titles``."""

    edition: Edition
    titles: Sequence[str]
    length: EditionLength | None = None

    def entries(self) -> Edition:
        """Return the positions of its entries, without those of blocks."""
        return tuple(at for at in self.edition if at < len(self.titles))

    def value(self, name: str) -> str | None:
        """Return a slot's value, or None if the edition has no such entry."""
        kind, position = _kind_and_position(name)
        entries = self.entries()
        if kind == "count":
            return str(len(entries))
        if kind == "titles":
            return self.titles[entries[position]] if position < len(entries) else None
        if kind == "numbers":
            return str(entries.index(position) + 1) if position in entries else None
        return self._length(kind, len(entries)) if self.length else None

    def _length(self, kind: str, entries: int) -> str | None:
        length = self.length
        if length is None:
            return None
        if kind == "picks":
            return length.picks.words(entries + self._sum(length.lists))
        return length.minutes.words(minutes_of(self._sum(length.words))) if kind == "minutes" else None

    def _sum(self, numbers: Iterable[tuple[Edition, int]]) -> int:
        """Return the sum of the numbers whose positions the edition has."""
        chosen = frozenset(self.edition)
        return sum(number for positions, number in numbers if not positions or not chosen.isdisjoint(positions))


@cache
def _kind_and_position(name: str) -> tuple[str, int]:
    kind, _, position = name.removeprefix(EDITION_SLOT).rstrip("]").partition("[")
    return kind, int(position or 0)
