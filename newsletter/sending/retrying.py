"""Retry calls to the store while another process holds it, its server is unavailable, or the disk is full."""

import time
from collections.abc import Callable
from typing import TypeVar

from newsletter.errors import BusyError, StoreError, UnreachableError
from newsletter.sending.event_log import LogEvent
from newsletter.sending.observer import Observer
from newsletter.sending.stop_signals import StopRequests

Result = TypeVar("Result")
PAUSE = 0.5  # seconds between two tries
FOR_THE_DISK = 60.0  # seconds to wait for a full or failing disk
LOCKED, DOUBLINGS = 0.1, 6  # seconds until the second try to claim locked deliveries, and how often that doubles
FOR_THE_LAST_ANSWERS = 10.0  # seconds to wait for a silent server once somebody has asked to stop


def lock_backoff(failures: int) -> float:
    """Return the seconds until the next try to claim locked deliveries, after a number of ``failures``."""
    return LOCKED * 2.0 ** min(failures - 1, DOUBLINGS) if failures else 0.0


class StoreRetries:
    """A retry policy for one run's calls to the store. It reports the start and the end of a wait once each."""

    def __init__(self, stop: StopRequests, observer: Observer) -> None:
        self._stop = stop
        self._observer = observer
        self._waiting = False

    def until_available(self, call: Callable[[], Result]) -> Result:
        """Retry a call until no other process holds the database and its server answers, and return the result.

        Raise BusyError or UnreachableError if somebody asks to stop.
        """
        while True:
            try:
                return self._end_wait(call())
            except (BusyError, UnreachableError) as err:
                if self._stop:
                    raise
                self._wait(err)

    def until_recorded(self, call: Callable[[], Result]) -> Result:
        """Retry a call that records what has happened, and return its result.

        Wait for a lock and for the server, and for a limited time for a disk that is full or fails. Raise StoreError
        after that time, or if somebody asks to stop while the server doesn't answer.
        """
        waited = 0.0
        last = None
        while True:
            try:
                return self._end_wait(call())
            except BusyError as err:
                self._wait(err)
            except UnreachableError as err:
                if self._stop:
                    last = last or time.monotonic() + FOR_THE_LAST_ANSWERS
                    if time.monotonic() > last:
                        raise
                self._wait(err)
            except StoreError as err:
                if waited >= FOR_THE_DISK:
                    raise
                waited += PAUSE
                self._wait(err)

    def _wait(self, err: StoreError) -> None:
        if not self._waiting:
            self._observer.notice(f"{err.what}: waiting")
            self._observer.log.write(LogEvent.DATABASE_BUSY, reason=err.what)
        self._waiting = True
        self._stop.pause(PAUSE)

    def _end_wait(self, result: Result) -> Result:
        if self._waiting:
            self._observer.notice("continuing")
        self._waiting = False
        return result
