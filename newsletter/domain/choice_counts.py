"""The number of readers of each choice of topics, in a small part of the memory that the choices themselves take."""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from newsletter.domain.edition import OTHER_TOPICS, TopicChoices


class ChoiceCounts:
    """The number of readers of each different choice of topics. Each topic has two bits: followed, and excluded.

    Give it pairs of a choice and its number of readers; the same choice may come several times. It is immutable.
    """

    def __init__(self, counted: Iterable[tuple[TopicChoices, int]] = ()) -> None:
        numbers: dict[str, int] = {}

        def bits(topics: Iterable[str]) -> int:
            return sum(1 << 2 * numbers.setdefault(topic, len(numbers)) for topic in topics)

        counts: Counter[int] = Counter()
        for choice, readers in counted:
            counts[bits(choice.follows) | bits(choice.excludes) << 1] += readers
        self._topics = tuple(numbers)
        self._choices, self._counts = tuple(counts), array("Q", counts.values())

    @property
    def readers(self) -> int:
        """Return the number of all readers."""
        return sum(self._counts)

    def items(self) -> Iterator[tuple[TopicChoices, int]]:
        """Yield each choice with its number of readers."""
        for bits, readers in zip(self._choices, self._counts, strict=True):
            yield self._choice(bits), readers

    def merged(self, effects: Mapping[str, int]) -> Iterator[tuple[TopicChoices, int]]:
        """Yield one of all choices that have the same effect, with the number of readers of all of them.

        ``effects`` has what each topic has an effect on, a bit for each thing. The topics without any make a difference
        only in whether a reader follows some topic.
        """
        relevant = sum(3 << 2 * number for number, topic in enumerate(self._topics) if topic in effects)
        every_follow = sum(1 << 2 * number for number in range(len(self._topics)))
        other = 1 << 2 * len(self._topics)  # follows some topics, but none of these
        counts: Counter[int] = Counter()
        for bits, readers in zip(self._choices, self._counts, strict=True):
            kept = bits & relevant
            if bits & every_follow and not kept & every_follow:
                kept |= other
            counts[kept] += readers
        width = max((effect.bit_length() for effect in effects.values()), default=0)
        by_bit = {1 << 2 * number: effects.get(topic, 0) for number, topic in enumerate(self._topics)}
        by_bit |= {bit << 1: effect << width for bit, effect in by_bit.items()} | {other: 0}
        examples: dict[tuple[int, bool], int] = {}
        merged: Counter[tuple[int, bool]] = Counter()
        for bits, readers in counts.items():
            effect, left = 0, bits
            while left:
                lowest = left & -left
                effect |= by_bit[lowest]
                left ^= lowest
            key = effect, bool(bits & (every_follow | other))
            examples.setdefault(key, bits)
            merged[key] += readers
        for key, readers in merged.items():
            yield self._choice(examples[key]), readers

    def _choice(self, bits: int) -> TopicChoices:
        follows: set[str] = set()
        excludes: set[str] = set()
        left = bits
        while left:
            at = (left & -left).bit_length() - 1
            left &= left - 1
            if at >= 2 * len(self._topics):
                follows.update(OTHER_TOPICS)
            else:
                (excludes if at % 2 else follows).add(self._topics[at // 2])
        return TopicChoices(follows=frozenset(follows), excludes=frozenset(excludes))
