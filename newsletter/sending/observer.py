"""Whom a send tells how it goes, and what time it is."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from newsletter.sending.event_log import Journal


def _nowhere(_done: int, _whole: int) -> None:
    """Nobody looks at a bar."""


def _nobody(_notice: str) -> None:
    """Nobody reads along."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


def by_the_shared_clock(watch: "Watch", now: Callable[[], datetime]) -> "Watch":
    """Return the watch with the clock that all hosts share, since they read when deliveries are due.

    A watch that was given a clock keeps it.
    """
    return replace(watch, clock=now) if watch.clock is _utc_now else watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """``progress`` is called with the deliveries settled so far and the size of the audience, ``notice`` with a
    sentence for the operator when something takes longer than it should; ``clock`` says when deliveries are due.
    Where it is ``attended``, Ctrl-C was a person, and pauses the send."""

    progress: Callable[[int, int], None] = _nowhere
    notice: Callable[[str], None] = _nobody
    clock: Callable[[], datetime] = _utc_now
    journal: Journal = field(default_factory=Journal)
    attended: bool = True
