"""The connections of a send: a bounded number, kept between batches; all of them wait when the server has too much.

A server that is busy is left alone for a time that doubles with every fruitless try, has an end, and is over with the
first message that it takes. After some tries in vain the provider gives up, and the send decides how to go on.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from newsletter.errors import ProviderError
from newsletter.providers.smtp.replies import too_many_connections
from newsletter.providers.smtp.session import Server, Session, UnavailableError

FIRST_WAIT = 1.0  # seconds
LONGEST_WAIT = 60.0
TRIES = 4  # in vain, one after another


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """What time it is, in seconds, and how to let some pass."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Pool:
    """Connections to one server, each used by one thread at a time. ``accepted`` messages went over them so far."""

    def __init__(self, server: Server, *, size: int, messages_per_connection: int, timer: Timer) -> None:
        self._server = server
        self._messages_per_connection = messages_per_connection
        self._timer = timer
        self._changed = threading.Condition()
        self._idle: list[Session] = []
        self._open = 0  # idle ones and those in use
        self._limit = size
        self._fruitless = 0
        self._not_before = 0.0
        self._given_up: ProviderError | None = None
        self.accepted = 0
        self.age = 0
        """How often the server asked for a pause; a connection that is from an earlier age takes nothing new."""

    def open_first(self) -> Session:
        """A connection for ``check``, at once or never. Raises ProviderError."""
        session = Session.open(self._server, age=self.age)
        with self._changed:
            self._open += 1
        return session

    def forgive(self) -> None:
        """Forget tries in vain: the server is there."""
        with self._changed:
            self._given_up, self._fruitless, self._not_before = None, 0, 0.0
            self._changed.notify_all()

    def take(self) -> Session:
        """Return a kept connection, or a new one as soon as the server may be asked for it.

        Raise ProviderError if the server refuses it, or was asked in vain too often.
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
                with self._changed:
                    self._open -= 1
                    self._changed.notify()
                raise

    def give(self, session: Session) -> None:
        """Take a connection back, and keep it if it is fit for more."""
        spent = self.full(session) or session.age != self.age
        with self._changed:
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
        """Whether a connection has carried as much as it may, or cannot be believed."""
        return session.spent or session.transactions >= self._messages_per_connection

    def took_one(self, session: Session) -> None:
        """The server accepted a message: it is not in vain."""
        self.accepted += 1
        if self._fruitless and session.age == self.age:
            self._fruitless = 0

    def back_off(self, age: int, why: UnavailableError) -> None:
        """Leave the server alone for a while, with all connections, unless that began after ``age``."""
        with self._changed:
            if age != self.age:
                return  # others of that age were told the same
            if too_many_connections(why.said):
                self._limit = max(1, min(self._limit, self._open) - 1)
            self.age += 1
            self._fruitless += 1
            if self._fruitless >= TRIES:
                self._given_up = why
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (self._fruitless - 1))
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
        """A kept connection; or nothing and how long to wait before a new one, whose place is taken if that is 0."""
        with self._changed:
            while True:
                wait = self._not_before - self._timer.clock()
                if self._given_up is not None:
                    if wait > 0:
                        raise self._given_up
                    self._given_up, self._fruitless = None, 0  # whoever asks this late has waited
                if wait > 0:
                    return None, wait
                if self._idle:
                    return self._idle.pop(), 0
                if self._open < self._limit:
                    self._open += 1
                    return None, 0
                self._changed.wait()

    def _without_connection(self, age: int, why: UnavailableError) -> None:
        """A new connection failed: make do with the others if they are too many, or wait."""
        with self._changed:
            others = self._open - 1
            enough = others > 0 and too_many_connections(why.said)
            if enough:
                self._limit = min(self._limit, others)
        if not enough:
            self.back_off(age, why)
        with self._changed:
            self._open -= 1
            self._changed.notify()

    def _emptied(self) -> list[Session]:
        idle, self._idle = self._idle, []
        self._open -= len(idle)
        return idle
