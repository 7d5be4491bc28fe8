"""An observer of a send's progress, and its clock."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from newsletter.sending.event_log import EventLog


def _ignore_progress(_done: int, _whole: int) -> None:
    """Ignore progress."""


def _ignore_notice(_notice: str) -> None:
    """Ignore a notice."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """An observer of a send.

    ``progress`` is called with the number of settled deliveries and the size of the audience, ``notice`` with a
    sentence for the operator when something takes too long. ``clock`` decides when deliveries are due. If the send is
    ``attended``, Ctrl-C came from a person and pauses it.
    """

    progress: Callable[[int, int], None] = _ignore_progress
    notice: Callable[[str], None] = _ignore_notice
    clock: Callable[[], datetime] = _utc_now
    log: EventLog = field(default_factory=EventLog)
    attended: bool = True


def with_shared_clock(observer: Observer | None, now: Callable[[], datetime]) -> Observer:
    """Return the observer with the clock that all hosts share, so that they agree on which deliveries are due.

    An observer that was created with a clock of its own keeps it. Without an observer, return one that ignores
    everything.
    """
    observer = observer or Observer()
    return replace(observer, clock=now) if observer.clock is _utc_now else observer
