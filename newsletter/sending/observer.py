"""Observer of a send's progress, and its clock."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from newsletter.sending.event_log import Journal


def _ignore_progress(_done: int, _whole: int) -> None:
    """Ignore progress."""


def _ignore_notice(_notice: str) -> None:
    """Ignore a notice."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


def by_the_shared_clock(watch: "Watch", now: Callable[[], datetime]) -> "Watch":
    """Return the watch with the clock that all hosts share, so that they agree on which deliveries are due.

    A watch that was created with a clock of its own keeps it.
    """
    return replace(watch, clock=now) if watch.clock is _utc_now else watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """An observer of a send.

    ``progress`` is called with the number of settled deliveries and the size of the audience, ``notice`` with a
    sentence for the operator when something takes too long. ``clock`` decides when deliveries are due. If the send is
    ``attended``, Ctrl-C came from a person and pauses it.
    """

    progress: Callable[[int, int], None] = _ignore_progress
    notice: Callable[[str], None] = _ignore_notice
    clock: Callable[[], datetime] = _utc_now
    journal: Journal = field(default_factory=Journal)
    attended: bool = True
