"""The clock that all hosts using one database share: the server's, or this machine's if there is no server.

An entry point reads it once (``Store.now``) and passes the time on as an argument. Leases read the database's own clock
in their statements, because a lease ends while its holder may be asleep.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import sqlalchemy as sa

from newsletter.errors import StoreError

ASKED_EVERY = 60.0  # seconds
_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # keeps counting while the machine sleeps


class SharedClock:
    """The server's time, queried once a minute and advanced by a monotonic clock in between."""

    def __init__(self, ask: Callable[[], float]) -> None:
        """Take ``ask``, which returns the server's time in seconds of Unix time."""
        self._ask = ask
        self._known: tuple[float, float] | None = None  # the server's time and this machine's at the same moment
        self._asked = 0.0

    def now(self) -> datetime:
        """Return the time. Raises StoreError if the server doesn't answer and never has."""
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

    def cached_now(self) -> datetime:
        """Return the time without querying the server, unless it was never queried."""
        return self.now() if self._known is None else _now(*self._known)


def _now(there: float, then: float) -> datetime:
    return datetime.fromtimestamp(there + time.clock_gettime(_BOOT) - then, UTC)


def database_time(connection: sa.Connection) -> sa.ColumnElement[float]:
    """Return an expression for the database's own clock, in seconds of Unix time."""
    if connection.dialect.name == "sqlite":
        return (sa.func.julianday("now", type_=sa.Double) - 2440587.5) * 86400.0  # Unix time began on that Julian day
    return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double)
