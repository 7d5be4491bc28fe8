"""Calls of the store that wait for another process, for the server, or for room on the disk, instead of giving up."""

import time
from collections.abc import Callable
from typing import TypeVar

from newsletter.errors import BusyError, StoreError, UnreachableError
from newsletter.sending.event_log import LogEvent
from newsletter.sending.observer import Watch
from newsletter.sending.stop_signals import Requests

Result = TypeVar("Result")
PAUSE = 0.5  # seconds between two tries
FOR_THE_DISK = 60.0  # seconds
LOCKED, DOUBLINGS = 0.1, 6  # seconds until a second look at deliveries that another session has locked
FOR_THE_LAST_ANSWERS = 10.0  # seconds: how long a server that does not answer is waited for once somebody asks to stop


def beside_locks(looks: int) -> float:
    """Return the seconds until the next look at locked deliveries, after so many looks in vain."""
    return LOCKED * 2.0 ** min(looks - 1, DOUBLINGS) if looks else 0.0


class Patience:
    """How the calls of one run wait. It says once why, and once that it is over."""

    def __init__(self, requests: Requests, watch: Watch) -> None:
        self._requests = requests
        self._watch = watch
        self._waiting = False

    def while_busy(self, call: Callable[[], Result]) -> Result:
        """Return the call's result once no other process holds the database and its server answers.

        Raises BusyError or UnreachableError if somebody asks to stop.
        """
        while True:
            try:
                return self._over(call())
            except (BusyError, UnreachableError) as err:
                if self._requests:
                    raise
                self._wait(err)

    def whatever_it_takes(self, call: Callable[[], Result]) -> Result:
        """Return the result of a call that records what has happened. It waits for the lock and for the server, and a
        while for a disk that is full or fails.

        Raises StoreError if the disk does so for too long, or the server doesn't answer and somebody asks to stop.
        """
        waited = 0.0
        last = None
        while True:
            try:
                return self._over(call())
            except BusyError as err:
                self._wait(err)
            except UnreachableError as err:
                if self._requests:
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
            self._watch.notice(f"{err.what}: waiting")
            self._watch.journal.say(LogEvent.DATABASE_BUSY, reason=err.what)
        self._waiting = True
        self._requests.pause(PAUSE)

    def _over(self, result: Result) -> Result:
        if self._waiting:
            self._watch.notice("going on")
        self._waiting = False
        return result
