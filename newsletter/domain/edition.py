"""Which entries a reader gets: pure, and the same for all readers who follow the same topics. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from newsletter.domain.issue import Issue, Newsletter, Otherwise, Topics
from newsletter.domain.subscriber import Subscriber

Edition = tuple[int, ...]
"""The positions of the chosen entries in the editor's order, from 0; never one twice. Equal choices are one edition."""


class Because(StrEnum):
    """Why an entry is in a reader's edition, or why it is not."""

    FOLLOWED = "followed"
    PINNED = "pinned"
    FILLED = "filled up to the minimum"
    EVERYTHING = "the full issue"
    UNMATCHED = "no topic followed"
    EXCLUDED = "topic excluded"
    CUT = "over the maximum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tailoring:
    """How an issue is tailored: at least ``minimum`` entries, at most ``maximum`` (the pinned ones count, and stay)."""

    minimum: int = 0
    maximum: int | None = None
    otherwise: Otherwise = Otherwise.FULL


def tailoring_of(issue: Issue, newsletter: Newsletter) -> Tailoring | None:
    """How an issue is tailored, None where it is not; field by field its own word counts before newsletter.toml's."""
    own, usual = issue.tailored, newsletter.tailored
    if not (usual.always if own.always is None else own.always):
        return None
    return Tailoring(
        minimum=(own.minimum if own.minimum is not None else usual.minimum) or 0,
        maximum=own.maximum if own.maximum is not None else usual.maximum,
        otherwise=own.otherwise or usual.otherwise or Otherwise.FULL,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What counts of a reader here: the slugs of the topics they follow, and of those they exclude."""

    follows: frozenset[str] = frozenset()
    excludes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, subscriber: Subscriber) -> "Reader":
        """What counts of a subscriber."""
        return cls(follows=frozenset(subscriber.topics), excludes=frozenset(subscriber.excludes))


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionCounts:
    """How many readers of an audience get each edition, most first, and for how many nothing is there."""

    readers: Mapping[Edition, int]
    left_out: int


class Tailor:
    """Chooses the entries of one issue; ``None`` for the tailoring gives everybody the full issue.

    What a reader follows or excludes covers the topics below it.
    """

    def __init__(self, issue: Issue, topics: Topics, tailoring: Tailoring | None) -> None:
        self.issue = issue
        self.tailoring = tailoring
        self.full: Edition = tuple(range(len(issue.entries)))
        self.pinned = frozenset(at for at, entry in enumerate(issue.entries) if entry.slug in issue.pinned)
        # Whoever follows one of these gets the entry: its own topics and all above them.
        self._reached = tuple(
            topics.with_former(
                slug
                for name in entry.topics
                for own in [topics.find(name).slug]
                for slug in (own, *topics.ancestors(own))
            )
            for entry in issue.entries
        )

    @cached_property
    def topics(self) -> frozenset[str]:
        """The slugs that make a difference: two readers who agree on these get the same edition."""
        return frozenset().union(*self._reached)

    def edition(self, reader: Reader) -> Edition | None:
        """The reader's edition; None where nothing of the issue is for them."""
        chosen = tuple(at for at, reason in enumerate(self.reasons(reader)) if reason in _CHOSEN)
        return chosen or None

    def reasons(self, reader: Reader) -> tuple[Because, ...]:
        """For each entry of the issue why the reader gets it, or does not.

        An exclusion beats a match and never a pin. Who follows nothing, or matches nothing and gets the full issue
        nevertheless, gets all that they do not exclude, however many that is.
        """
        if self.tailoring is None:
            return (Because.EVERYTHING,) * len(self.full)
        because = [self._because(at, reader) for at in self.full]
        if not reader.follows or not (Because.FOLLOWED in because or self._follows_a_pin(reader)):
            if reader.follows and self.tailoring.otherwise is Otherwise.SKIP:
                return tuple(reason if reason is Because.EXCLUDED else Because.UNMATCHED for reason in because)
            return tuple(Because.EVERYTHING if reason is Because.UNMATCHED else reason for reason in because)
        self._fill(because, self.tailoring.minimum)
        if self.tailoring.maximum is not None:
            self._cut(because, self.tailoring.maximum)
        return tuple(because)

    def _because(self, at: int, reader: Reader) -> Because:
        if at in self.pinned:
            return Because.PINNED
        if self._reached[at] & reader.excludes:
            return Because.EXCLUDED
        return Because.FOLLOWED if self._reached[at] & reader.follows else Because.UNMATCHED

    def _follows_a_pin(self, reader: Reader) -> bool:
        pinned = (self._reached[at] for at in self.pinned)
        return any(reached & reader.follows and not reached & reader.excludes for reached in pinned)

    def _fill(self, because: list[Because], minimum: int) -> None:
        missing = minimum - sum(reason in _CHOSEN for reason in because)
        leading = [at for at, reason in enumerate(because) if reason is Because.UNMATCHED]
        for at in leading[: max(missing, 0)]:
            because[at] = Because.FILLED

    def _cut(self, because: list[Because], maximum: int) -> None:
        room = maximum - because.count(Because.PINNED)
        free = [at for at, reason in enumerate(because) if reason in _CHOSEN and reason is not Because.PINNED]
        for at in free[max(room, 0) :]:
            because[at] = Because.CUT


_CHOSEN = frozenset({Because.FOLLOWED, Because.PINNED, Because.FILLED, Because.EVERYTHING})
