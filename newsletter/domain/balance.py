"""How often an issue's sources and authors have appeared in the last 30 days. No I/O."""

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.domain.issue import Entry, Issue

PERIOD = datetime.timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearances:
    """A source or an author of an issue: how many of its entries are theirs, and how many were in earlier issues."""

    name: str
    here: int
    earlier: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The sources and authors of an issue, those with most appearances first.

    ``entries`` is the number of entries in the issues of the 30 days before it.
    """

    sources: tuple[Appearances, ...]
    authors: tuple[Appearances, ...]
    entries: int


def balance_of(issue: Issue, issues: Iterable[Issue]) -> Balance:
    """Return the balance of an issue against the others in the 30 days before its date.

    Digests don't count: they repeat entries. Names are compared without regard to case.
    """
    before = [
        entry
        for other in issues
        if other.slug != issue.slug and not other.digest and issue.date - PERIOD <= other.date <= issue.date
        for entry in other.entries
    ]
    return Balance(
        sources=_appearances([entry.source for entry in issue.entries], [entry.source for entry in before]),
        authors=_appearances(_authors(issue.entries), _authors(before)),
        entries=len(before),
    )


def _authors(entries: Iterable[Entry]) -> list[str]:
    return [entry.author or "" for entry in entries]


def _appearances(here: list[str], before: list[str]) -> tuple[Appearances, ...]:
    names = {name.casefold(): name for name in reversed(here) if name}
    counts, earlier = Counter(map(str.casefold, here)), Counter(map(str.casefold, before))
    appearances = (Appearances(name=name, here=counts[key], earlier=earlier[key]) for key, name in names.items())
    return tuple(sorted(appearances, key=_most_first))


def _most_first(appearances: Appearances) -> tuple[int, str]:
    return -appearances.here - appearances.earlier, appearances.name.casefold()
