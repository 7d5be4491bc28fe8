"""The slots for values of a reader's edition: the titles in it, their count, and an entry's number. No I/O."""

import re
from collections.abc import Sequence
from functools import cache

from newsletter.domain.edition import Edition

EDITION_SLOT = "edition."  # the prefix of all their names
COUNT_SLOT = "edition.count"
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


def edition_value(name: str, edition: Edition, titles: Sequence[str]) -> str | None:
    """Return a slot's value for an edition's entries, given all titles, or None if the edition has no such entry."""
    kind, position = _kind_and_position(name)
    if kind == "count":
        return str(len(edition))
    if kind == "titles":
        return titles[edition[position]] if position < len(edition) else None
    return str(edition.index(position) + 1) if kind == "numbers" and position in edition else None


@cache
def _kind_and_position(name: str) -> tuple[str, int]:
    kind, _, position = name.removeprefix(EDITION_SLOT).rstrip("]").partition("[")
    return kind, int(position or 0)
