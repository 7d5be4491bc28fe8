"""Counts of sends under way for pages: counting a million deliveries takes most of the time that a page has."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.domain.delivery import DeliveryStatus
from newsletter.errors import StoreError
from newsletter.store.database import Database
from newsletter.store.delivery_counts import count_deliveries
from newsletter.store.tables import edition

_LARGE = 20_000  # deliveries; fewer are counted at once
_PATIENCE = 0.05  # seconds that a caller waits for a count in the background
_FRESH, _SHARE = 1.0, 10  # seconds that a count is kept at least, and how many times the time that it took
_OLD = 5.0  # seconds after which a count that nobody has asked for meanwhile is no longer recent
_MOST = 16  # sends whose counts are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class _Count:
    """The deliveries of a send by status, when they had been counted, and until when they are kept."""

    deliveries: Mapping[str, int]
    at: float
    until: float


class LiveCounts:
    """Counts of deliveries by status, for all callers in this process. They are exact unless a send is large.

    Those of a large send are some seconds old at most if they are asked for often; the first answer may still say that
    everything is queued. The counts of a database are shared by all who open it.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float] = time.monotonic,
        *,
        large: int = _LARGE,
        patience: float = _PATIENCE,
    ) -> None:
        self._database, self._clock, self._large, self._patience = database, clock, large, patience
        self._url = str(database.engine.url)

    def recent(self, connection: sa.Connection, send: int) -> Mapping[str, int]:
        """Return the deliveries of a send by status. If no count of the last seconds is known, count them now."""
        known = _KEPT.get((self._url, send))
        if known is None or self._clock() >= known.at + _OLD:
            return self._count(connection, send)
        return self.of(connection, send)

    def of(self, connection: sa.Connection, send: int) -> Mapping[str, int]:
        """Return the deliveries of a send by status."""
        recipients = connection.scalar(_RECIPIENTS, {"which": send}) or 0
        if recipients < self._large:
            return count_deliveries(connection, send)
        key = (self._url, send)
        known = _KEPT.get(key)
        if known is None or self._clock() >= known.until:
            self._renew(key)
        known = _KEPT.get(key)
        return known.deliveries if known else {DeliveryStatus.QUEUED.value: recipients}

    def _renew(self, key: tuple[str, int]) -> None:
        """Count in a thread, one for each send at a time, and wait a moment for it."""
        with _LOCK:
            running = _RUNNING.get(key)
            if running is None or not running.is_alive():
                running = threading.Thread(target=self._run, args=(key,), name="counting a send", daemon=True)
                _RUNNING[key] = running
                running.start()
        running.join(self._patience)

    def _run(self, key: tuple[str, int]) -> None:
        # The page meets the same error, and shows it.
        with suppress(StoreError), self._database.reading() as connection:
            self._count(connection, key[1])
        with _LOCK:
            _RUNNING.pop(key, None)

    def _count(self, connection: sa.Connection, send: int) -> Mapping[str, int]:
        """Count the deliveries, and keep the count."""
        key, began = (self._url, send), self._clock()
        deliveries = count_deliveries(connection, send)
        ended = self._clock()
        with _LOCK:
            while len(_KEPT) >= _MOST and key not in _KEPT:
                del _KEPT[next(iter(_KEPT))]
            until = ended + max(_FRESH, _SHARE * (ended - began))
            _KEPT[key] = _Count(deliveries=deliveries, at=ended, until=until)
        return deliveries


_RECIPIENTS = sa.select(sa.func.sum(edition.c.readers)).where(edition.c.send == sa.bindparam("which"))
_KEPT: dict[tuple[str, int], _Count] = {}  # a page opens the database anew, so that a store can't keep them
_RUNNING: dict[tuple[str, int], threading.Thread] = {}
_LOCK = threading.Lock()
