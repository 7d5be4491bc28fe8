"""A bounded pool of connections that are kept between batches and back off together when the server is busy.

The wait doubles with every failed attempt up to a limit, and is reset by the first accepted message. After a number of
failed attempts in a row the pool gives up, and the send decides how to continue.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from newsletter.providers.smtp.relay import Relay, UnavailableError
from newsletter.providers.smtp.replies import too_many_connections
from newsletter.providers.smtp.session import Session

FIRST_WAIT = 1.0  # seconds
LONGEST_WAIT = 60.0
TRIES = 4  # failed attempts in a row


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A clock, in seconds, and a way to sleep."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Pool:
    """A pool of connections to one server, each used by one thread at a time.

    Everything below changes only while ``_changed`` is held. ``accepted`` and ``age`` may be read at any time.
    """

    def __init__(self, server: Relay, *, size: int, messages_per_connection: int, timer: Timer) -> None:
        self._server = server
        self._messages_per_connection = messages_per_connection
        self._timer = timer
        self._changed = threading.Condition()
        self._idle: list[Session] = []
        self._open = 0  # idle ones and those in use
        self._limit = size
        self._failures = 0  # in a row
        self._not_before = 0.0
        self._given_up: UnavailableError | None = None
        self.accepted = 0
        """The number of messages that the server has accepted."""
        self.age = 0
        """The number of pauses that the server has asked for. Connections from an earlier age get no more messages."""

    def open_first(self) -> Session:
        """Open a new connection for ``check_sender``, without waiting. Raise ProviderError if that fails.

        At the limit, an idle connection is closed first: servers refuse more than they allow.
        """
        with self._changed:
            idle = self._idle.pop() if self._idle and self._open >= self._limit else None
            self._open += idle is None
        if idle is not None:
            idle.close()
        try:
            return Session.open(self._server, age=self.age)
        except BaseException:
            self._count_closed()
            raise

    def end_wait(self) -> None:
        """End the current wait and forget failed attempts, because the server has answered."""
        with self._changed:
            self._given_up, self._failures, self._not_before = None, 0, 0.0
            self._changed.notify_all()

    def acquire(self) -> Session:
        """Return a kept connection, or open a new one once the pool's wait is over.

        Raise ProviderError if the server refuses it or the pool has given up.
        """
        while True:
            age = self.age
            session, wait = self._kept_or_wait()
            if session is not None:
                return session
            if wait > 0:
                self._timer.sleep(wait)
                continue
            try:
                return Session.open(self._server, age=age)
            except UnavailableError as err:
                self._without_connection(age, err)
            except BaseException:
                self._count_closed()
                raise

    def release(self, session: Session) -> None:
        """Return a connection to the pool, which keeps it if it is still usable."""
        with self._changed:
            spent = self.full(session) or session.age != self.age
            keep = not (session.closed or spent or self._open > self._limit)
            if keep:
                session.kept = True
                self._idle.append(session)
            else:
                self._open -= 1
            self._changed.notify()
        if not keep and not session.closed:
            session.close()

    def full(self, session: Session) -> bool:
        """Return whether a connection has carried as many messages as it may, or is no longer reliable."""
        return session.spent or session.transactions >= self._messages_per_connection

    def count_accepted(self, session: Session) -> None:
        """Count a message that the server accepted, and reset the failed attempts."""
        with self._changed:
            self.accepted += 1
            if session.age == self.age:
                self._failures = 0

    def back_off(self, age: int, why: UnavailableError) -> None:
        """Make all connections wait for a while, unless a wait has already begun since ``age``."""
        with self._changed:
            if age != self.age:
                return  # another connection of that age has already reported this
            if too_many_connections(why.words):
                self._limit = max(1, min(self._limit, self._open) - 1)
            self.age += 1
            self._failures += 1
            if self._failures >= TRIES:
                self._given_up = why
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (self._failures - 1))
            self._not_before = self._timer.clock() + wait
            idle = self._emptied()
            self._changed.notify_all()
        for session in idle:
            session.close()

    def close(self) -> None:
        """Close every connection that is not in use."""
        with self._changed:
            idle = self._emptied()
        for session in idle:
            session.close()

    def _kept_or_wait(self) -> tuple[Session | None, float]:
        """Return a kept connection; or None and the wait before a new one may be opened.

        If the wait is 0, a place is reserved for the new connection. Raise UnavailableError if the pool has given up.
        """
        with self._changed:
            while True:
                wait = self._not_before - self._timer.clock()
                if self._given_up is not None:
                    if wait > 0:
                        # Several threads get here: each needs an exception of its own, as raising one changes it.
                        raise self._given_up.copy()
                    self._given_up, self._failures = None, 0  # the wait is over: start again
                if wait > 0:
                    return None, wait
                if self._idle:
                    return self._idle.pop(), 0
                if self._open < self._limit:
                    self._open += 1
                    return None, 0
                self._changed.wait()

    def _without_connection(self, age: int, why: UnavailableError) -> None:
        """Lower the limit if a new connection failed because the others are too many; otherwise back off."""
        with self._changed:
            others = self._open - 1
            enough = others > 0 and too_many_connections(why.words)
            if enough:
                self._limit = min(self._limit, others)
        if not enough:
            self.back_off(age, why)
        self._count_closed()

    def _count_closed(self) -> None:
        """Give up the place of a connection that could not be opened."""
        with self._changed:
            self._open -= 1
            self._changed.notify()

    def _emptied(self) -> list[Session]:
        idle, self._idle = self._idle, []
        self._open -= len(idle)
        return idle
