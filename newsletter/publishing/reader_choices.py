"""How many readers get how many of an issue's entries, counted again and again while it is composed."""

import threading
import time
from collections.abc import Callable
from datetime import datetime

from newsletter.composing import Composed
from newsletter.domain.choice_counts import ChoiceCounts
from newsletter.domain.entry_spread import EntrySpread, entry_spread
from newsletter.domain.segment import Segment
from newsletter.publishing.audience import segments_of
from newsletter.settings import Settings
from newsletter.store import Store

KEPT_S = 60.0  # seconds for which the readers' choices are kept between two moves of an entry


class ReaderChoices:
    """The readers' choices of topics by segments, read once a minute: moving an entry doesn't change them.

    It is thread-safe. ``clock`` returns seconds and never goes back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[tuple[Segment, ...], tuple[float, ChoiceCounts]] = {}
        self._lock = threading.Lock()  # only one thread reads them; the others wait for its result

    def of(self, segments: tuple[Segment, ...], open_store: Callable[[], Store], now: datetime) -> ChoiceCounts:
        """Return the number of readers of each choice of topics in the segments, at most a minute old."""
        with self._lock:
            at, choices = self._kept.get(segments, (0.0, None))
            if choices is None or self._clock() - at > KEPT_S:
                with open_store() as store:
                    choices = store.subscribers.count_choices(segments, now)
                self._kept = {
                    other: kept for other, kept in self._kept.items() if self._clock() - kept[0] <= KEPT_S
                } | {segments: (self._clock(), choices)}
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
    return entry_spread(composed.tailor, choices)
