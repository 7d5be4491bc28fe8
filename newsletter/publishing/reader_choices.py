"""How many readers get how many of an issue's entries, counted again and again while it is composed."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from newsletter.composing import Composed
from newsletter.domain.choice_counts import ChoiceCounts
from newsletter.domain.edition import Tailor
from newsletter.domain.entry_spread import EntrySpread, entry_spread
from newsletter.domain.people import Act, Person, may
from newsletter.domain.plurals import counted, share
from newsletter.domain.segment import Segment
from newsletter.errors import NewsletterError
from newsletter.publishing.audience import segments_of
from newsletter.settings import Settings
from newsletter.store import Store

FRESH_S = 60.0  # seconds for which the readers' choices are taken as they are
USABLE_S = 600.0  # seconds for which they are still shown while they are read again


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadInWords:
    """A spread of readers by the number of entries that they get, in numbers or in percent.

    ``by_entries`` has a label and a number for each group of readers, and is empty without readers. ``reach`` says of
    each entry, then of each block with topics, how many get it.
    """

    by_entries: tuple[tuple[str, str], ...]
    reach: tuple[str, ...]


class ReaderChoices:
    """The readers' choices of topics by segments: moving an entry doesn't change them, so they are read once a minute.

    An editor who goes on moving entries doesn't wait for that. It is thread-safe. ``clock`` returns seconds and never
    goes back; ``beside`` runs a function beside the request that needs it.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        beside: Callable[[Callable[[], object]], object] = lambda read: threading.Thread(target=read).start(),
    ) -> None:
        self._clock, self._beside = clock, beside
        self._kept: dict[tuple[Segment, ...], tuple[float, ChoiceCounts]] = {}
        self._reading: set[tuple[Segment, ...]] = set()
        self._last: tuple[ChoiceCounts, tuple[object, ...], EntrySpread] | None = None
        self._guard = threading.Lock()  # of what is above
        self._first = threading.Lock()  # only one thread reads what others wait for

    def of(self, segments: tuple[Segment, ...], open_store: Callable[[], Store], now: datetime) -> ChoiceCounts:
        """Return the number of readers of each choice of topics in the segments, at most ten minutes old.

        Choices of more than a minute are returned, and read again beside.
        """
        with self._first:
            choices, age = self._known(segments)
            if choices is None or age > USABLE_S:
                return self._read(segments, open_store, now)
        with self._guard:
            is_due = age > FRESH_S and segments not in self._reading
            if is_due:
                self._reading.add(segments)
        if is_due:
            self._beside(lambda: self._read_again(segments, open_store, now))
        return choices

    def spread(self, tailor: Tailor, choices: ChoiceCounts) -> EntrySpread:
        """Return the spread of an issue over readers, the last one again if only the issue's words have changed."""
        with self._guard:
            last = self._last
        if last is not None and last[0] is choices and tailor.rule == last[1]:
            return last[2]
        spread = entry_spread(tailor, choices)
        with self._guard:
            self._last = choices, tailor.rule, spread
        return spread

    def _known(self, segments: tuple[Segment, ...]) -> tuple[ChoiceCounts | None, float]:
        with self._guard:
            at, choices = self._kept.get(segments, (0.0, None))
        return choices, self._clock() - at

    def _read_again(self, segments: tuple[Segment, ...], open_store: Callable[[], Store], now: datetime) -> None:
        try:
            with suppress(NewsletterError):  # the next request tries again, and fails once the choices are too old
                self._read(segments, open_store, now)
        finally:
            with self._guard:
                self._reading.discard(segments)

    def _read(self, segments: tuple[Segment, ...], open_store: Callable[[], Store], now: datetime) -> ChoiceCounts:
        with open_store() as store:
            choices = store.subscribers.count_choices(segments, now)
        with self._guard:
            usable = {other: kept for other, kept in self._kept.items() if self._clock() - kept[0] <= USABLE_S}
            self._kept = usable | {segments: (self._clock(), choices)}
        return choices


def spread_over_readers(
    settings: Settings,
    composed: Composed,
    readers: ReaderChoices,
    open_store: Callable[[], Store],
    *,
    now: datetime,
) -> EntrySpread:
    """Return how many readers of a composed issue's segments get how many of its entries.

    Raise UnknownSegmentError or DigestsDisabledError, and StoreError.
    """
    choices = readers.of(tuple(segments_of(settings, composed.issue)), open_store, now)
    return readers.spread(composed.tailor, choices)


def spread_in_words(person: Person, spread: EntrySpread) -> SpreadInWords:
    """Return a spread for a person: in percent if they may not see numbers of readers."""
    totals = may(person, Act.SEE_REPORTS)

    def number(readers: int) -> str:
        return f"{readers:,}" if totals else share(readers, spread.readers)

    by_entries = (spread.none, spread.one, spread.two_or_three, spread.more)
    labels = ("get none", "get 1", "get 2–3", "get 4 or more")
    return SpreadInWords(
        by_entries=tuple(zip(labels, map(number, by_entries), strict=True)) if spread.readers else (),
        reach=tuple(
            counted(readers, "reader") if totals else f"{number(readers)} of the readers"
            for readers in spread.by_position
        ),
    )
