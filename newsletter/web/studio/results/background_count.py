"""Counting in the background, so that pages of reports show what was counted last, at once."""

import threading
from collections.abc import Callable
from contextlib import suppress

from newsletter.errors import NewsletterError

PATIENCE = 0.05  # seconds for which a page waits: a small newsletter is counted by then

FIRST_PATIENCE = 10.0  # if nothing has been counted yet: the first count of a million readers takes minutes


class BackgroundCount:
    """A count of everything that may have changed, in one thread at a time."""

    def __init__(self, count: Callable[[], None]) -> None:
        self._count = count
        self._lock = threading.Lock()
        self._running: threading.Thread | None = None

    def ask(self, seconds: float | None = PATIENCE) -> bool:
        """Begin to count unless that is under way, wait (with None: to the end), and return whether it is done."""
        with self._lock:
            if self._running is None or not self._running.is_alive():
                self._running = threading.Thread(target=self._run, name="counting", daemon=True)
                self._running.start()
            running = self._running
        running.join(seconds)
        return not running.is_alive()

    def _run(self) -> None:
        with suppress(NewsletterError):  # the page meets the same error, and shows it
            self._count()
