"""How many readers get how many entries of an issue, from the readers of each choice of topics. No I/O."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.domain.choice_counts import ChoiceCounts
from newsletter.domain.edition import Tailor, TopicChoices


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrySpread:
    """The numbers of readers by the entries they get: none, one, two or three, or more.

    ``by_position`` has the number of readers of each entry, then of each block with topics. Readers who get nothing,
    because no entry matches, are among those with none.
    """

    none: int = 0
    one: int = 0
    two_or_three: int = 0
    more: int = 0
    by_position: tuple[int, ...] = ()

    @property
    def readers(self) -> int:
        """The number of readers in the issue's segments."""
        return self.none + self.one + self.two_or_three + self.more


def entry_spread(tailor: Tailor, choices: ChoiceCounts) -> EntrySpread:
    """Return the spread of an issue over readers, given the number of readers of each choice of topics.

    Choices that select and exclude the same parts of the issue are decided once, so the time depends on the different
    choices and not on the readers.
    """
    by_size: Counter[int] = Counter()
    by_position = [0] * len(tailor.full)
    for choice, readers in _different(tailor, choices):
        edition = tailor.edition(choice) or ()
        by_size[tailor.entries_in(edition)] += readers
        for at in edition:
            by_position[at] += readers
    return EntrySpread(
        none=by_size[0],
        one=by_size[1],
        two_or_three=by_size[2] + by_size[3],
        more=sum(readers for size, readers in by_size.items() if size > 3),
        by_position=tuple(by_position),
    )


def _different(tailor: Tailor, choices: ChoiceCounts) -> Iterable[tuple[TopicChoices, int]]:
    """Return choices that make a difference, each with the number of readers who get the same."""
    if tailor.tailoring is None:
        return [(TopicChoices(), choices.readers)]
    return choices.merged(tailor.effects)
