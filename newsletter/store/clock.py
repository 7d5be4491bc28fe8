"""The time that all hosts of one database share: its server's, and this machine's where there is no server."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

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


def database_time(connection: sa.Connection) -> sa.ColumnElement[float]:
    """The database's own clock, in seconds of Unix time."""
    if connection.dialect.name == "sqlite":
        return (sa.func.julianday("now", type_=sa.Double) - 2440587.5) * 86400.0  # Unix time began on that Julian day
    return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double)


def shared_now(connection: sa.Connection) -> datetime:
    """Return what ``Database.now`` does, to somebody who is in a transaction."""
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    return datetime.fromtimestamp(connection.scalars(sa.select(database_time(connection))).one(), UTC)


class SharedSeconds(FunctionElement[int]):
    """The time of a statement by the database's clock, in whole seconds of Unix time."""

    type = sa.BigInteger()
    inherit_cache = True


@compiles(SharedSeconds, "sqlite")
def _of_sqlite(*_: object, **__: object) -> str:
    return "CAST(strftime('%s', 'now') AS INTEGER)"


@compiles(SharedSeconds, "postgresql")
def _of_postgresql(*_: object, **__: object) -> str:
    return "CAST(floor(extract(epoch FROM statement_timestamp())) AS BIGINT)"
