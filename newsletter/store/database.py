"""Connections to a database, and its transactions."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from newsletter.store.clock import SharedClock, database_time
from newsletter.store.errors import translated_errors
from newsletter.store.watchdog import Watchdog

_LOCK = 0x6E_65_77_73  # PostgreSQL's advisory lock for migrations and imports


class Database:
    """A database engine. It raises StoreErrors only; a transaction that ends with an error has changed nothing."""

    def __init__(self, engine: sa.Engine, watchdog: Watchdog | None = None) -> None:
        self.engine = engine
        self._watchdog = watchdog
        self._clock = SharedClock(self._time)
        # SQLite's log still has the rows of removals that were committed after the last time it was emptied.
        self._removals = self._removals_scrubbed = 0
        self._counting = threading.Lock()  # guards both: readers remove themselves while another thread scrubs

    @property
    def is_sqlite(self) -> bool:
        """Return whether this is SQLite rather than PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a read-only transaction that sees a single snapshot of the database."""
        with translated_errors(self.engine.url), self.engine.connect() as connection:
            if self.is_sqlite:
                connection = connection.execution_options(begin="BEGIN")
            else:
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Open a transaction that commits at its end. On SQLite it takes the write lock when it begins."""
        with translated_errors(self.engine.url), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def exclusive(self) -> Iterator[sa.Connection]:
        """Open a ``writing`` transaction under an exclusive lock, for migrations and imports."""
        with self.writing() as connection:
            if not self.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            yield connection

    @contextmanager
    def writing_by_index(self) -> Iterator[sa.Connection]:
        """Open a ``writing`` transaction in which PostgreSQL finds rows by an index, whatever its statistics say.

        With statistics from before a send was frozen it would assume that the send has no rows, and then scan all of
        them for each batch.
        """
        with self.writing() as connection:
            if not self.is_sqlite:
                connection.execute(_PLAN_BY_INDEX)
            yield connection

    def analyze(self, table: sa.Table) -> None:
        """Have PostgreSQL update a table's statistics, unless another session is analyzing or vacuuming it."""
        if not self.is_sqlite:
            with self.writing() as connection:
                name = connection.dialect.identifier_preparer.format_table(table)
                connection.exec_driver_sql(f"ANALYZE (SKIP_LOCKED) {name}")

    def now(self) -> datetime:
        """Return the time by the clock that all hosts of this database share; with SQLite that is this machine's."""
        return datetime.now(UTC) if self.is_sqlite else self._clock.now()

    def cached_now(self) -> datetime:
        """Return the same time without waiting for the server; other callers must use ``now`` to keep it accurate."""
        return datetime.now(UTC) if self.is_sqlite else self._clock.cached_now()

    def _time(self) -> float:
        with self.reading() as connection:
            return connection.scalars(sa.select(database_time(connection))).one()

    def removed(self) -> None:
        """Note that a transaction which removed a reader was committed."""
        with self._counting:
            self._removals += 1

    @property
    def unscrubbed(self) -> bool:
        """Return whether SQLite's log may still have removed rows."""
        with self._counting:
            return self._removals > self._removals_scrubbed

    def scrub(self, seconds: float) -> bool:
        """Empty SQLite's log, which still has deleted rows; return False if others kept it busy for that long.

        In the file itself, deleted rows are overwritten (``secure_delete``).
        """
        with self._counting:
            removals = self._removals
        if self.is_sqlite and self._checkpoint(seconds):
            return False
        with self._counting:
            self._removals_scrubbed = max(self._removals_scrubbed, removals)
        return True

    def _checkpoint(self, seconds: float) -> bool:
        with translated_errors(self.engine.url):
            connection = self.engine.raw_connection()
            try:
                driver: Any = connection.driver_connection
                (wait,) = driver.execute("PRAGMA busy_timeout").fetchone()
                driver.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")
                try:
                    (busy, _, _) = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                finally:
                    driver.execute(f"PRAGMA busy_timeout = {wait}")
            finally:
                connection.close()
        return bool(busy)

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()
        if self._watchdog is not None:
            self._watchdog.close()


# Until the transaction ends, this leaves only one plan: a nested loop over an ordered index, without a sort. JIT is
# chosen by estimates too, and costs more than a batch: https://www.postgresql.org/docs/current/runtime-config-query.html
_PLAN_BY_INDEX = sa.select(
    *(
        sa.func.set_config(setting, "off", sa.true())
        for setting in (
            "enable_seqscan",
            "enable_bitmapscan",
            "enable_sort",
            "enable_incremental_sort",
            "enable_hashjoin",
            "enable_mergejoin",
            "jit",
        )
    )
)
