"""Segments: saved rules that select readers, and the number of readers they reach. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass

from newsletter.domain.reader_rules import AllOf, Follows, HasFrequency, Not, ReaderFacts, ReaderRule, ReadsLanguage
from newsletter.domain.subscriber import Subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A publisher's saved rule, evaluated again for each send.

    Each group of ``any``, ``all`` and ``none`` stands for one topic: the slugs whose followers count as following it
    (``Topics.related``). A reader is in the segment if they follow one of ``any`` (if there are any), each of ``all``
    and none of ``none``, and the rule ``where`` holds. A send to the segment reaches only readers for whom its
    ``frequency`` and ``language`` hold too, if it has them.
    """

    slug: str
    name: str
    frequency: HasFrequency | None = None
    language: ReadsLanguage | None = None
    any: tuple[frozenset[str], ...] = ()
    all: tuple[frozenset[str], ...] = ()
    none: tuple[frozenset[str], ...] = ()
    where: ReaderRule | None = None

    @property
    def rule(self) -> ReaderRule:
        """Return the rule that selects the readers of the segment."""
        rules: list[ReaderRule] = [Follows(topics=group) for group in self.all]
        if self.any:
            rules.append(Follows(topics=frozenset().union(*self.any)))
        if self.none:
            rules.append(Not(rule=Follows(topics=frozenset().union(*self.none))))
        if self.where is not None:
            rules.append(self.where)
        return AllOf(rules=tuple(rules))

    def admits(self, facts: ReaderFacts) -> bool:
        """Return whether a reader is in the segment."""
        return self.rule.holds(facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentStep:
    """A part of the readers of segments, counted at once.

    ``counts`` has the readers of each segment by its slug, and ``readers`` all who would be mailed. The next part
    begins after the id ``after``, None if this was the last; this one ends at a ``share`` of all ids. ``inside`` has
    some of the readers in the first segment, ``outside`` some who aren't.
    """

    counts: Mapping[str, int]
    readers: int
    after: int | None
    share: float
    inside: tuple[Subscriber, ...] = ()
    outside: tuple[Subscriber, ...] = ()


EVERYONE = Segment(slug="everyone", name="Everyone")


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceCounts:
    """The number of readers that a send to some segments would reach now.

    ``by_segment`` counts each segment on its own; ``recipients`` counts a reader of several segments once. Neither
    includes readers whose address is ``suppressed``, who have ``paused``, who read ``another_language``, or who have
    ``chosen_otherwise`` between issues and the weekly digest.
    """

    by_segment: Mapping[str, int]
    recipients: int
    suppressed: int
    paused: int
    chosen_otherwise: int
    another_language: int = 0
