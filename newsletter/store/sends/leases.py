"""Which process runs a send: one at a time, by a lease in the send's row.

Its end is by the database's clock, and no clock is trusted alone: whoever finds a lease at its end watches for
heartbeats before taking it over, and the holder stops by a clock of its own that nobody sets. What a former holder
still writes is refused by the row, so a wrong clock can cost time and never a message.
"""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from newsletter.errors import HeldError, StoppedError, StoreError, UnreachableError
from newsletter.store.clock import database_time
from newsletter.store.database import Database
from newsletter.store.sends.process_identity import give_up, in_words, is_gone, this_process
from newsletter.store.tables import send

A_LOOK = 1.0  # seconds until a process that waits for its lease looks whether somebody wants it to end
LEASE = 30.0  # seconds; three heartbeats
_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # goes on while the machine, or the process, is stopped


def _now() -> float:
    return time.clock_gettime(_BOOT)


class Leases:
    """The leases of all sends. ``seconds`` is the same for all processes."""

    def __init__(self, database: Database, seconds: float = LEASE, sleep: Callable[[float], None] = time.sleep) -> None:
        self._database = database
        self._seconds = seconds
        self._sleep = sleep

    def take(self, send_id: int) -> "Lease":
        """The lease of a send, kept from now on. Raises HeldError, naming the process that runs it."""
        mine = this_process()
        asked = _now()
        found = self._look(send_id)
        if found.holder and not is_gone(found.holder):
            left = found.held_until - found.now
            # Up to the lease's length it stands. Longer, and the clock was set back; less than nothing, and it ended.
            if 0 < left <= self._seconds or self._beats(send_id, found):
                raise HeldError(
                    f"the send of issue {found.issue} is run by {in_words(found.holder)}",
                    hint="wait for it, or end that process; a send has one at a time. If it died with its machine, try"
                    f" again in {self._seconds:.0f} seconds",
                )
            asked = _now()
        try:
            written = self._write(send_id, mine, found.holder, found.beats)
        except StoreError:  # the connection may have been lost after the commit
            give_up(mine)
            raise
        if not written:
            return self.take(send_id)  # another process was quicker: it runs the send now, or has ended it since
        return Lease(self, send_id, mine, asked + self._seconds)

    def holder(self, send_id: int) -> str:
        """The process that runs a send, in words; empty where none does."""
        found = self._look(send_id)
        alive = found.holder and not is_gone(found.holder) and found.held_until > found.now
        return in_words(found.holder) if alive else ""

    def renew(self, lease: "Lease") -> None:
        """Another while for the holder, or the end of it, where another process has taken over."""
        asked = _now()
        with self._database.writing() as connection:
            renewed = connection.execute(_held(lease).values(**self._another_while(connection))).rowcount
        lease.renewed(asked + self._seconds if renewed else None)

    def release(self, lease: "Lease") -> None:
        """Free for the next process, at once."""
        with self._database.writing() as connection:
            connection.execute(_held(lease).values(holder="", held_until=0))

    @property
    def interval(self) -> float:
        """Seconds between two heartbeats."""
        return self._seconds / 3

    def _look(self, send_id: int) -> sa.Row[tuple[str, str, float, int, float]]:
        with self._database.reading() as connection:
            now = database_time(connection).label("now")
            query = sa.select(send.c.issue, send.c.holder, send.c.held_until, send.c.beats, now)
            return connection.execute(query.where(send.c.id == send_id)).one()

    def _beats(self, send_id: int, before: sa.Row[tuple[str, str, float, int, float]]) -> bool:
        """Whether the holder gives a sign of life while one would be due."""
        self._sleep(1.5 * self.interval)
        after = self._look(send_id)
        return (after.holder, after.beats) != (before.holder, before.beats)

    def _write(self, send_id: int, holder: str, before: str, beats: int) -> bool:
        with self._database.writing() as connection:
            change = sa.update(send).where(send.c.id == send_id, send.c.holder == before, send.c.beats == beats)
            return connection.execute(change.values(holder=holder, **self._another_while(connection))).rowcount > 0

    def _another_while(self, connection: sa.Connection) -> dict[str, sa.ColumnElement[float] | sa.ColumnElement[int]]:
        return {"held_until": database_time(connection) + self._seconds, "beats": send.c.beats + 1}


class Lease:
    """What a process holds while it runs a send; a thread of its own keeps it inside ``with``."""

    def __init__(self, leases: Leases, send_id: int, holder: str, until: float) -> None:
        self.send_id = send_id
        self.holder = holder
        self._leases = leases
        self._until: float | None = until  # None once another process has taken over
        self._changed = threading.Condition()
        self._hurried: Callable[[], bool] = lambda: False
        self._ended = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name=f"lease of send {send_id}", daemon=True)

    def ask(self) -> None:
        """Return as soon as it is certain that no other process has taken over; before each message.

        Raises StoppedError where one has: this one was stopped, or could not reach the database, for too long; and
        UnreachableError if that isn't known and nobody waits for it any more.
        """
        if self._until is not None and _now() < self._until:
            return
        with self._changed:
            while not self._changed.wait_for(lambda: self._until is None or _now() < self._until, A_LOOK):
                if self._hurried():
                    break
            if self._until is not None and _now() >= self._until:
                raise UnreachableError(
                    "the lease of this send has run out, and the database doesn't answer",
                    hint="nothing more was handed over here; see `newsletter sends`",
                )
        if self._until is None:
            raise StoppedError(
                "another process has taken over this send, since this one did not answer for too long",
                hint="nothing more was handed over here; see `newsletter sends`",
            )

    def hurry(self, wanted: Callable[[], bool]) -> None:
        """Have ``ask`` wait no longer than until somebody wants the process to end."""
        self._hurried = wanted

    def renewed(self, until: float | None) -> None:
        """Another while, or none where it was lost."""
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
            except StoreError:  # the database is locked or full, and says so at the next call that matters
                give_up(self.holder)

    def _keep(self) -> None:
        while self._until is not None and not self._ended.wait(self._leases.interval):
            try:
                self._leases.renew(self)
            except StoreError:
                continue  # locked or full: it is tried again, and meanwhile `ask` waits


def _held(lease: Lease) -> sa.Update:
    return sa.update(send).where(send.c.id == lease.send_id, send.c.holder == lease.holder)
