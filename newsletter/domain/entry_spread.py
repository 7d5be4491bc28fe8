"""How many readers get how many entries of an issue, from the readers of each choice of topics. No I/O."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

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


def entry_spread(tailor: Tailor, choices: Mapping[TopicChoices, int]) -> EntrySpread:
    """Return the spread of an issue over readers, given the number of readers of each choice of topics.

    Choices that differ only in topics that none of the issue's parts has are decided once, so the time depends on the
    different choices and not on the readers.
    """
    by_size: Counter[int] = Counter()
    by_position = [0] * len(tailor.full)
    for choice, readers in _relevant(tailor, choices).items():
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


def _relevant(tailor: Tailor, choices: Mapping[TopicChoices, int]) -> Counter[TopicChoices]:
    """Return the number of readers of each choice among the topics that make a difference."""
    if tailor.tailoring is None:
        return Counter({TopicChoices(): sum(choices.values())})
    relevant: Counter[TopicChoices] = Counter()
    for choice, readers in choices.items():
        relevant[choice.among(tailor.topics)] += readers
    return relevant
