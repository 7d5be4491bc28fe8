"""The time that all hosts of one database share: its server's, and this machine's where there is no server."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from newsletter.errors import StoreError

ASKED_EVERY = 60.0  # seconds
_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # goes on while the machine, or the process, is stopped


class SharedClock:
    """The server's time, asked for now and then; in between it goes by a clock that nobody sets."""

    def __init__(self, ask: Callable[[], float]) -> None:
        """``ask`` returns the server's time, in seconds of Unix time."""
        self._ask = ask
        self._known: tuple[float, float] | None = None  # the server's time, and this machine's at that moment
        self._asked = 0.0

    def now(self) -> datetime:
        """Return the time. Raises StoreError if the server has never told it and doesn't answer."""
        here = time.clock_gettime(_BOOT)
        if self._known is None or here - self._asked >= ASKED_EVERY:
            self._asked = here
            try:
                there = self._ask()
            except StoreError:
                if self._known is None:
                    raise
            else:
                self._known = (there, time.clock_gettime(_BOOT))
        return _now(*self._known)

    def now_at_once(self) -> datetime:
        """Return the time without asking the server, unless it has never told it."""
        return self.now() if self._known is None else _now(*self._known)


def _now(there: float, then: float) -> datetime:
    return datetime.fromtimestamp(there + time.clock_gettime(_BOOT) - then, UTC)
