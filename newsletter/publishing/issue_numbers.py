"""An issue's numbers while it is composed: minutes, size, entries by section, and how many readers get how many."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from newsletter import checks
from newsletter.composing import Composed
from newsletter.domain.choice_counts import ChoiceCounts
from newsletter.domain.entry_spread import EntrySpread, entry_spread
from newsletter.domain.issue import Issue
from newsletter.domain.reading_time import issue_minutes
from newsletter.domain.segment import Segment
from newsletter.publishing.audience import segments_of
from newsletter.settings import Settings
from newsletter.store import Store

KEPT_S = 60.0  # seconds for which the readers' choices are kept between two moves of an entry


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueNumbers:
    """The numbers of a full issue; ``spread`` is None without a database.

    ``html_bytes`` and ``encoded_bytes`` are the sizes of the HTML for a typical reader, decoded and as sent.
    ``by_section`` has each section's title and its number of entries.
    """

    minutes: int
    html_bytes: int
    encoded_bytes: int
    by_section: tuple[tuple[str, int], ...]
    spread: EntrySpread | None

    @property
    def entries(self) -> int:
        """The number of entries."""
        return sum(entries for _, entries in self.by_section)


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


def issue_numbers(
    settings: Settings,
    composed: Composed,
    readers: ReaderChoices,
    open_store: Callable[[], Store] | None,
    *,
    now: datetime,
) -> IssueNumbers:
    """Return a composed issue's numbers; without ``open_store`` there are none about readers.

    Raise UnknownSegmentError or DigestsDisabledError, and StoreError.
    """
    html, encoded = checks.html_sizes(composed.email)
    spread = None
    if open_store is not None:
        choices = readers.of(tuple(segments_of(settings, composed.issue)), open_store, now)
        spread = entry_spread(composed.tailor, choices)
    return IssueNumbers(
        minutes=issue_minutes(composed.issue),
        html_bytes=html,
        encoded_bytes=encoded,
        by_section=entries_by_section(composed.issue),
        spread=spread,
    )


def entries_by_section(issue: Issue) -> tuple[tuple[str, int], ...]:
    """Return each section's title, or "", with its number of entries."""
    return tuple((section.title or "", len(section.entries)) for section in issue.sections)
