"""Leases: a send is run by one process at a time, which holds a lease in the send's row.

A lease expires by the database's clock, but no clock is trusted alone. A process that finds an expired lease watches
for heartbeats before taking it over, and the holder stops by its own monotonic clock. The row rejects late writes of a
former holder, so a wrong clock can cost time but never a message.
"""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from newsletter.domain.send_errors import LeaseExpiredError
from newsletter.errors import HeldError, StoreError, TakenOverError
from newsletter.store.clock import database_time
from newsletter.store.database import Database
from newsletter.store.sends.process_identity import describe, is_gone, mark_ended, this_process
from newsletter.store.tables import send

CHECK_EVERY = 1.0  # seconds between two checks, while waiting for a lease, whether the process should stop
LEASE = 30.0  # seconds; three heartbeats
_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # keeps counting while the machine sleeps


def _now() -> float:
    return time.clock_gettime(_BOOT)


class Leases:
    """A registry of the leases of all sends. A lease lasts for ``seconds``, the same in all processes."""

    def __init__(self, database: Database, seconds: float = LEASE, sleep: Callable[[float], None] = time.sleep) -> None:
        self._database = database
        self._seconds = seconds
        self._sleep = sleep

    def acquire(self, send_id: int) -> "Lease":
        """Acquire the lease of a send. Raises HeldError, naming the process that runs it."""
        mine = this_process()
        started = _now()
        row = self._read(send_id)
        if row.holder and not is_gone(row.holder):
            left = row.held_until - row.now
            # Up to the lease's length, it is valid. If more is left, the clock was set back; if none, it expired.
            if 0 < left <= self._seconds or self._sends_a_heartbeat(send_id, row):
                raise HeldError(issue=row.issue, holder=describe(row.holder), seconds=self._seconds)
            started = _now()
        try:
            written = self._write(send_id, mine, row.holder, row.beats)
        except StoreError:  # the connection may have been lost after the commit
            mark_ended(mine)
            raise
        if not written:
            return self.acquire(send_id)  # another process was faster: it runs the send now, or has finished it
        return Lease(self, send_id, row.issue, mine, started + self._seconds)

    def holder(self, send_id: int) -> str:
        """Return the process that runs a send, in words; an empty string if none does."""
        row = self._read(send_id)
        alive = row.holder and not is_gone(row.holder) and row.held_until > row.now
        return describe(row.holder) if alive else ""

    def renew(self, lease: "Lease") -> None:
        """Extend a lease, or end it if another process has taken over."""
        started = _now()
        with self._database.writing() as connection:
            renewed = connection.execute(_held(lease).values(**self._extension(connection))).rowcount
        lease.renewed(started + self._seconds if renewed else None)

    def release(self, lease: "Lease") -> None:
        """Free a lease for the next process at once."""
        with self._database.writing() as connection:
            connection.execute(_held(lease).values(holder="", held_until=0))

    @property
    def interval(self) -> float:
        """Return the seconds between two heartbeats."""
        return self._seconds / 3

    def _read(self, send_id: int) -> sa.Row[tuple[str, str, float, int, float]]:
        with self._database.reading() as connection:
            now = database_time(connection).label("now")
            query = sa.select(send.c.issue, send.c.holder, send.c.held_until, send.c.beats, now)
            return connection.execute(query.where(send.c.id == send_id)).one()

    def _sends_a_heartbeat(self, send_id: int, before: sa.Row[tuple[str, str, float, int, float]]) -> bool:
        """Wait for a heartbeat of the holder and return whether one came."""
        self._sleep(1.5 * self.interval)
        after = self._read(send_id)
        return (after.holder, after.beats) != (before.holder, before.beats)

    def _write(self, send_id: int, holder: str, before: str, beats: int) -> bool:
        with self._database.writing() as connection:
            change = sa.update(send).where(send.c.id == send_id, send.c.holder == before, send.c.beats == beats)
            return connection.execute(change.values(holder=holder, **self._extension(connection))).rowcount > 0

    def _extension(self, connection: sa.Connection) -> dict[str, sa.ColumnElement[float] | sa.ColumnElement[int]]:
        return {"held_until": database_time(connection) + self._seconds, "beats": send.c.beats + 1}


class Lease:
    """A lease that a process holds while it runs a send. Inside ``with``, a thread renews it."""

    def __init__(self, leases: Leases, send_id: int, issue: str, holder: str, until: float) -> None:
        self.send_id = send_id
        self.issue = issue
        self.holder = holder
        self._leases = leases
        self._until: float | None = until  # None once another process has taken over
        self._changed = threading.Condition()
        self._stopping: Callable[[], bool] = lambda: False
        self._ended = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name=f"lease of send {send_id}", daemon=True)

    def ensure_held(self) -> None:
        """Return as soon as it is certain that no other process has taken over. Call it before each message.

        Raises StoppedError if one has, because this one was stopped or couldn't reach the database for too long.
        Raises UnreachableError if that isn't known and the process should stop.
        """
        if self._until is not None and _now() < self._until:
            return
        with self._changed:
            while not self._changed.wait_for(lambda: self._until is None or _now() < self._until, CHECK_EVERY):
                if self._stopping():
                    break
            if self._until is not None and _now() >= self._until:
                raise LeaseExpiredError(issue=self.issue)
        if self._until is None:
            raise TakenOverError(issue=self.issue, why="this one didn't respond for too long")

    def stop_waiting_if(self, stopping: Callable[[], bool]) -> None:
        """Have ``ensure_held`` stop waiting for the database as soon as ``stopping`` returns true."""
        self._stopping = stopping

    def renewed(self, until: float | None) -> None:
        """Set when the lease expires, or None if it was lost."""
        with self._changed:
            self._until = until
            self._changed.notify_all()

    def __enter__(self) -> Self:
        self._keeper.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._keeper.join()
        if self._until is not None:
            try:
                self._leases.release(self)
            except StoreError:  # the database is locked or full, which the next call that matters reports
                mark_ended(self.holder)

    def _keep(self) -> None:
        while self._until is not None and not self._ended.wait(self._leases.interval):
            try:
                self._leases.renew(self)
            except StoreError:
                continue  # locked or full: retry, while ``ensure_held`` waits


def _held(lease: Lease) -> sa.Update:
    return sa.update(send).where(send.c.id == lease.send_id, send.c.holder == lease.holder)
