"""Rate-limited logging of events that any client can cause: at most one line a minute."""

import asyncio
from collections.abc import Callable

A_MINUTE = 60.0  # seconds


class Tally:
    """A counter that logs the first event at once and later ones once a minute. Belongs to one event loop."""

    def __init__(self, log: Callable[[str], object], what: str) -> None:
        self._log, self._what = log, what
        self._number = 0
        self._quiet: asyncio.TimerHandle | None = None

    def count(self) -> None:
        """Count one event."""
        self._number += 1
        if self._quiet is None:
            self._report()

    def _report(self) -> None:
        self._quiet = None
        if self._number:
            self._log(f"{self._what}: {self._number}")
            self._number = 0
            self._quiet = asyncio.get_running_loop().call_later(A_MINUTE, self._report)
