"""The readers of segments as far as they are counted: a hundred segments among a million readers take a minute."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from newsletter.domain.segment import Segment, SegmentStep

_CHEAP_S = 0.02  # what was counted in less is counted again whenever it is shown
_KEPT = 100  # a number is kept that many times as long as it took to count
_LONGEST_S = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentCount:
    """The number of a segment's readers up to the id ``after``, None if all are counted: a ``share`` of all ids.

    Counting took ``spent`` seconds, and the number is kept ``until`` a time.
    """

    number: int
    after: int | None
    share: float
    spent: float = 0.0
    until: float = 0.0


class SegmentCounts:
    """A cache of segments' numbers by rule. It is thread-safe; ``clock`` returns seconds and never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[Segment, SegmentCount] = {}

    def known(self, segments: Sequence[Segment]) -> Mapping[str, SegmentCount]:
        """Return what is known of segments, by slug."""
        now = self._clock()
        kept = {segment.slug: self._kept.get(_rule(segment)) for segment in segments}
        return {slug: count for slug, count in kept.items() if count is not None and now < count.until}

    def counted(
        self, segments: Sequence[Segment], step: Callable[[Sequence[Segment], int], SegmentStep]
    ) -> Mapping[str, SegmentCount]:
        """Return the numbers after another ``step`` of the segments that are furthest behind, from an id on."""
        new = SegmentCount(number=0, after=0, share=0)
        counts = {**{segment.slug: new for segment in segments}, **self.known(segments)}
        unfinished = [count.after for count in counts.values() if count.after is not None]
        if not unfinished:
            return counts
        after, began = min(unfinished), self._clock()
        due = [segment for segment in segments if counts[segment.slug].after == after]
        part, now = step(due, after), self._clock()
        for segment in due:
            before = counts[segment.slug]
            spent = before.spent + now - began
            kept = _LONGEST_S if part.after else 0 if spent < _CHEAP_S else min(spent * _KEPT, _LONGEST_S)
            number = before.number + part.counts[segment.slug]
            count = SegmentCount(number=number, after=part.after, share=part.share, spent=spent, until=now + kept)
            counts[segment.slug] = self._kept[_rule(segment)] = count
        for rule, count in list(self._kept.items()):
            if now >= count.until:
                self._kept.pop(rule, None)
        return counts


def _rule(segment: Segment) -> Segment:
    """Return what a segment's readers depend on."""
    return replace(segment, slug="", name="")
