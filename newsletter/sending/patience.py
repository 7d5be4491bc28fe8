"""Calls of the store that wait for another process, or for room on the disk, instead of giving up."""

from collections.abc import Callable
from typing import TypeVar

from newsletter.errors import BusyError, StoreError
from newsletter.sending.interrupts import Requests
from newsletter.sending.journal import Event
from newsletter.sending.watch import Watch

Result = TypeVar("Result")
PAUSE = 0.5  # seconds between two tries
FOR_THE_DISK = 60.0  # seconds


class Patience:
    """How the calls of one run wait. It says once why, and once that it is over."""

    def __init__(self, requests: Requests, watch: Watch) -> None:
        self._requests = requests
        self._watch = watch
        self._waiting = False

    def while_busy(self, call: Callable[[], Result]) -> Result:
        """The call's result, once no other process holds the database. Raises BusyError where somebody asks to stop."""
        while True:
            try:
                return self._over(call())
            except BusyError as err:
                if self._requests:
                    raise
                self._wait(err)

    def whatever_it_takes(self, call: Callable[[], Result]) -> Result:
        """The result of a call that writes down what has happened: it waits for the lock, and a while for a disk that
        is full or fails.

        Raises StoreError where it does so for too long.
        """
        waited = 0.0
        while True:
            try:
                return self._over(call())
            except BusyError as err:
                self._wait(err)
            except StoreError as err:
                if waited >= FOR_THE_DISK:
                    raise
                waited += PAUSE
                self._wait(err)

    def _wait(self, err: StoreError) -> None:
        if not self._waiting:
            self._watch.notice(f"{err.what}: waiting")
            self._watch.journal.say(Event.DATABASE_BUSY, reason=err.what)
        self._waiting = True
        self._requests.pause(PAUSE)

    def _over(self, result: Result) -> Result:
        if self._waiting:
            self._watch.notice("going on")
        self._waiting = False
        return result
