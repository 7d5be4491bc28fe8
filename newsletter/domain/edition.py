"""Choose the entries and blocks that a reader gets. Readers who follow the same topics get the same. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from newsletter.domain.issue import Issue, Otherwise
from newsletter.domain.publication import Newsletter
from newsletter.domain.subscriber import Subscriber
from newsletter.domain.topics import Topics

Edition = tuple[int, ...]
"""The positions of what was chosen, from 0, without repeats. Readers with equal positions share an edition.

Entries come first, then the issue's blocks with topics. All other blocks have no position: they aren't chosen.
"""


class EntryReason(StrEnum):
    """A reason why an entry, or a block with topics, is in a reader's edition, or why it is not."""

    # In the edition
    FOLLOWED = "followed"  # the reader follows one of its topics, or a topic above one
    PINNED = "pinned"  # by the editor, which beats an exclusion and the maximum
    FILLED = "filled up to the minimum"  # too few entries matched, so the first of the others were added
    EVERYTHING = "the full issue"  # not tailored, or the reader follows no topic of it
    # Not in the edition
    UNMATCHED = "no topic followed"  # the reader follows none of its topics
    EXCLUDED = "topic excluded"  # the reader excludes one of its topics, which beats following another
    CUT = "over the maximum"  # the entries that come last in the issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Tailoring:
    """A rule for tailoring an issue: at least ``minimum`` and at most ``maximum`` entries; blocks don't count.

    Pinned entries count toward the maximum but are never cut.
    """

    minimum: int = 0
    maximum: int | None = None
    otherwise: Otherwise = Otherwise.FULL


def tailoring_of(issue: Issue, newsletter: Newsletter) -> Tailoring | None:
    """Return how an issue is tailored, or None if it isn't. Each of its own fields overrides newsletter.toml's."""
    own, usual = issue.tailored, newsletter.tailored
    if not (usual.always if own.always is None else own.always):
        return None
    return Tailoring(
        minimum=(own.minimum if own.minimum is not None else usual.minimum) or 0,
        maximum=own.maximum if own.maximum is not None else usual.maximum,
        otherwise=own.otherwise or usual.otherwise or Otherwise.FULL,
    )


OTHER_TOPICS = frozenset({"*"})
"""Stands for the topics of a reader who follows some, but none that the issue is about; no slug is an asterisk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicChoices:
    """A reader's choice of topics, by their slugs."""

    follows: frozenset[str] = frozenset()
    excludes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, subscriber: Subscriber) -> "TopicChoices":
        """Return a subscriber's choice of topics."""
        return cls(follows=frozenset(subscriber.topics), excludes=frozenset(subscriber.excludes))


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionCounts:
    """The number of readers who get each edition, largest first, and the number of readers for whom there is none."""

    readers: Mapping[Edition, int]
    left_out: int


class Tailor:
    """A chooser of one issue's items for each reader; without a ``tailoring`` everybody gets the full issue.

    Following or excluding a topic covers the topics below it.
    """

    def __init__(self, issue: Issue, topics: Topics, tailoring: Tailoring | None) -> None:
        self.issue = issue
        self.tailoring = tailoring
        self.full: Edition = tuple(range(len(issue.by_position)))
        self.pinned = frozenset(at for at, entry in enumerate(issue.entries) if entry.slug in issue.pinned)
        self._entries = len(issue.entries)
        # Following any of these selects the item: its own topics and all topics above them.
        self._reached = tuple(
            topics.with_former(
                slug
                for name in item.topics
                for own in [topics.resolve(name).slug]
                for slug in (own, *topics.ancestors(own))
            )
            for item in issue.by_position
        )

    @cached_property
    def topics(self) -> frozenset[str]:
        """Return the slugs that affect the choice: two readers who agree on these get the same edition."""
        return frozenset().union(*self._reached)

    @cached_property
    def effects(self) -> Mapping[str, int]:
        """Return the positions of the items that each topic selects or excludes, a bit for each.

        Readers whose topics select and exclude the same get the same edition, except those who follow no topic.
        """
        positions: dict[str, int] = {}
        for at, reached in enumerate(self._reached):
            for topic in reached:
                positions[topic] = positions.get(topic, 0) | 1 << at
        return positions

    @property
    def rule(self) -> tuple[object, ...]:
        """Return all that decides what a reader gets: of two issues with equal rules, each reader gets the same."""
        return self.tailoring, self.pinned, self._entries, self._reached, len(self.issue.blocks)

    def entries_in(self, edition: Edition) -> int:
        """Return the number of entries in an edition."""
        return sum(at < self._entries for at in edition)

    def edition(self, reader: TopicChoices) -> Edition | None:
        """Return the reader's edition, or None if it would be empty.

        Blocks without topics are for everyone, but in an issue with entries an edition needs an entry.
        """
        reasons = self.reasons(reader)
        chosen = tuple(at for at, reason in enumerate(reasons) if reason in _CHOSEN)
        if self._entries:
            return chosen if self.entries_in(chosen) else None
        rest = len(self.issue.blocks) > len(self.full) and EntryReason.UNMATCHED not in reasons
        return chosen if chosen or rest else None

    def reasons(self, reader: TopicChoices) -> tuple[EntryReason, ...]:
        """Return for each entry, then for each block with topics, why the reader gets it or doesn't.

        An exclusion beats a match, but never a pin. Readers who follow no topics, or match none and fall back to the
        full issue, get everything they haven't excluded, regardless of minimum and maximum. Blocks match only beside
        an entry that does, unless the issue has no entries.
        """
        if self.tailoring is None:
            return (EntryReason.EVERYTHING,) * len(self.full)
        because = [self._because(at, reader) for at in self.full]
        matching = because[: self._entries] or because
        if not reader.follows or not (EntryReason.FOLLOWED in matching or self._follows_a_pin(reader)):
            if reader.follows and self.tailoring.otherwise is Otherwise.SKIP:
                return tuple(reason if reason is EntryReason.EXCLUDED else EntryReason.UNMATCHED for reason in because)
            return tuple(EntryReason.EVERYTHING if reason is EntryReason.UNMATCHED else reason for reason in because)
        entries, blocks = because[: self._entries], because[self._entries :]
        self._fill(entries, self.tailoring.minimum)
        if self.tailoring.maximum is not None:
            self._cut(entries, self.tailoring.maximum)
        return (*entries, *blocks)

    def _because(self, at: int, reader: TopicChoices) -> EntryReason:
        if at in self.pinned:
            return EntryReason.PINNED
        if self._reached[at] & reader.excludes:
            return EntryReason.EXCLUDED
        return EntryReason.FOLLOWED if self._reached[at] & reader.follows else EntryReason.UNMATCHED

    def _follows_a_pin(self, reader: TopicChoices) -> bool:
        pinned = (self._reached[at] for at in self.pinned)
        return any(reached & reader.follows and not reached & reader.excludes for reached in pinned)

    def _fill(self, because: list[EntryReason], minimum: int) -> None:
        missing = minimum - sum(reason in _CHOSEN for reason in because)
        leading = [at for at, reason in enumerate(because) if reason is EntryReason.UNMATCHED]
        for at in leading[: max(missing, 0)]:
            because[at] = EntryReason.FILLED

    def _cut(self, because: list[EntryReason], maximum: int) -> None:
        room = maximum - because.count(EntryReason.PINNED)
        free = [at for at, reason in enumerate(because) if reason in _CHOSEN and reason is not EntryReason.PINNED]
        for at in free[max(room, 0) :]:
            because[at] = EntryReason.CUT


_CHOSEN = frozenset({EntryReason.FOLLOWED, EntryReason.PINNED, EntryReason.FILLED, EntryReason.EVERYTHING})
