"""Connections to a database, and its transactions."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from operator import methodcaller
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.errors import StoreError
from newsletter.files.private_files import create_private_file
from newsletter.store.clock import SharedClock, database_time
from newsletter.store.errors import place_name, translated
from newsletter.store.sqlite import FIX, sqlite_library
from newsletter.store.watchdog import AT_THE_SERVER, TCP, Watchdog

WAIT = 10  # seconds to wait for a lock; `?timeout=` in an SQLite URL or `?options=` in a PostgreSQL one overrides it
_LOCK = 0x6E_65_77_73  # PostgreSQL's advisory lock for migrations and imports


class Database:
    """A database engine. It raises StoreErrors only; a transaction that ends with an error has changed nothing."""

    def __init__(self, engine: sa.Engine, watchdog: Watchdog | None = None) -> None:
        self.engine = engine
        self._watchdog = watchdog
        self._clock = SharedClock(self._time)
        self.unscrubbed = False  # whether SQLite's log may still have erased rows

    @property
    def is_sqlite(self) -> bool:
        """Return whether this is SQLite rather than PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a read-only transaction that sees a single snapshot of the database."""
        with translated(self.engine.url), self.engine.connect() as connection:
            if self.is_sqlite:
                connection = connection.execution_options(begin="BEGIN")
            else:
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Open a transaction that commits at its end. On SQLite it takes the write lock when it begins."""
        with translated(self.engine.url), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def alone(self) -> Iterator[sa.Connection]:
        """Open a ``writing`` transaction under an exclusive lock, for migrations and imports."""
        with self.writing() as connection:
            if not self.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            yield connection

    @contextmanager
    def looking_up(self) -> Iterator[sa.Connection]:
        """Open a ``writing`` transaction in which PostgreSQL finds rows by an index, whatever its statistics say.

        With statistics from before a send was frozen it would assume that the send has no rows, and then scan all of
        them for each batch.
        """
        with self.writing() as connection:
            if not self.is_sqlite:
                connection.execute(_PLAN_BY_INDEX)
            yield connection

    def analyze(self, table: sa.Table) -> None:
        """Have PostgreSQL renew a table's statistics, unless another session is analyzing or vacuuming it."""
        if not self.is_sqlite:
            with self.writing() as connection:
                name = connection.dialect.identifier_preparer.format_table(table)
                connection.exec_driver_sql(f"ANALYZE (SKIP_LOCKED) {name}")

    def now(self) -> datetime:
        """Return the time by the clock that all hosts of this database share; with SQLite that is this machine's."""
        return datetime.now(UTC) if self.is_sqlite else self._clock.now()

    def now_at_once(self) -> datetime:
        """Return the same time without waiting for the server; other callers must use ``now`` to keep it accurate."""
        return datetime.now(UTC) if self.is_sqlite else self._clock.now_at_once()

    def _time(self) -> float:
        with self.reading() as connection:
            return connection.scalars(sa.select(database_time(connection))).one()

    def scrub(self, seconds: float = WAIT) -> bool:
        """Empty SQLite's log, which still has deleted rows; return False if others kept it busy for that long.

        In the file itself, deleted rows are overwritten (``secure_delete``).
        """
        pending, self.unscrubbed = self.unscrubbed, False  # another thread's erasure sets it again meanwhile
        if not self.is_sqlite:
            return True
        busy = True
        try:
            busy = self._checkpoint(seconds)
        finally:
            self.unscrubbed |= pending and busy
        return not busy

    def _checkpoint(self, seconds: float) -> bool:
        with translated(self.engine.url):
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


def insert_new(connection: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless it conflicts with an existing one, and return whether it was inserted."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    insert = dialect.insert(table).values(values).on_conflict_do_nothing().returning(*table.primary_key)
    return connection.execute(insert).first() is not None


def insert_rows(
    connection: sa.Connection, table: sa.Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert many rows into these columns, without SQLAlchemy's work per row, which would slow an import down."""
    dialect = connection.dialect
    quote = dialect.identifier_preparer
    into = f"{quote.format_table(table)} ({', '.join(quote.quote(name) for name in names)})"
    binds = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    bound = [(position, bind) for position, bind in enumerate(binds) if bind is not None]
    if bound:
        rows = [_bound(row, bound) for row in rows]
    if dialect.name == "sqlite":
        connection.exec_driver_sql(f"INSERT INTO {into} VALUES ({', '.join('?' * len(names))})", list(rows))  # noqa: S608
        return
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    except driver.Error as err:  # https://peps.python.org/pep-0249/#optional-db-api-extensions
        raise sa.exc.DBAPIError(None, None, err) from err


def update_rows(
    connection: sa.Connection,
    table: sa.Table,
    change: Sequence[str],
    where: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    *,
    alike: Mapping[str, Any],
    condition: str = "",
) -> None:
    """Update many rows. Each of ``rows`` has the new values of the columns ``change``, then the key columns ``where``.

    Columns that are ``alike`` for all rows are left out of them. The columns are integers and texts; ``condition`` is
    SQL without parameters. This avoids SQLAlchemy's work per row and takes one step of the database for many rows, and
    each step lets other threads run: both show in the speed of a send.

    PostgreSQL gets the rows as a MATERIALIZED CTE, which its planner can't look into. Otherwise it would see that all
    rows share a value of ``where`` (a send's id, say), and if it expects few rows with it, would read them all first.
    """
    dialect = connection.dialect
    quote = dialect.identifier_preparer
    name = quote.format_table(table)
    mark = "?" if dialect.paramstyle == "qmark" else "%s"
    # Both databases name the columns of VALUES column1, column2 and so on.
    numbers = {column: at for at, column in enumerate((name for name in (*change, *where) if name not in alike), 1)}
    same = [column for column in where if column in alike]
    sources = {column: f"given.column{number}" for column, number in numbers.items()}
    sources |= {column: f"given.{column}" for column in same}
    equals = {column: f"{quote.quote(column)} = {sources.get(column, mark)}" for column in (*change, *where)}
    matches = " AND ".join([*(f"{name}.{equals[column]}" for column in where), *filter(None, (condition,))])
    before = [alike[column] for column in same]
    after = [alike[column] for column in change if column in alike]
    row = f"({', '.join([mark] * len(numbers))})"
    fenced = "" if dialect.name == "sqlite" else "MATERIALIZED"
    columns = ", ".join(
        ["listed.*", *(f"CAST({mark} AS {table.c[column].type.compile(dialect)}) AS {column}" for column in same)]
    )
    for begin in range(0, len(rows), _TOGETHER):
        some = rows[begin : begin + _TOGETHER]
        connection.exec_driver_sql(
            f"WITH given AS {fenced} (SELECT {columns} FROM (VALUES {', '.join([row] * len(some))}) AS listed)"  # noqa: S608
            f" UPDATE {name} SET {', '.join(equals[column] for column in change)} FROM given WHERE {matches}",
            (*before, *chain.from_iterable(some), *after),
        )


_TOGETHER = 500  # rows in a statement: SQLite allows 32,766 values, PostgreSQL 65,535


def _bound(row: Sequence[Any], bound: Sequence[tuple[int, Callable[[Any], Any]]]) -> tuple[Any, ...]:
    values = list(row)
    for position, bind in bound:
        values[position] = bind(values[position])
    return tuple(values)


def connect(url: str) -> Database:
    """Return the database at an SQLAlchemy URL without connecting to it. Raises StoreError if the URL isn't usable."""
    try:
        parsed = sa.make_url(url)
        backend = parsed.get_backend_name()
    except (sa.exc.ArgumentError, ValueError) as err:  # ValueError if the port isn't a number
        raise StoreError("the setting for the database is not a URL", hint=_URL_HINT) from err
    if backend in ("postgresql", "postgres"):
        return _postgresql(parsed.set(drivername="postgresql+psycopg"))
    if backend == "sqlite":
        if parsed.host:
            raise StoreError("the path of the database has too few slashes before it", hint=_URL_HINT)
        return _sqlite(parsed)
    raise StoreError(f"databases of the kind {backend!r} are not supported", hint=_URL_HINT)


# Deterministic: the same value always gives the same characters.
_json = partial(json.dumps, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_URL_HINT = 'write it as "sqlite:///newsletter.db" or "postgresql://user:password@host/name"'


def _sqlite(url: sa.URL) -> Database:
    seconds = float(str(url.query.get("timeout", WAIT)))
    waiting = {} if "timeout" in url.query else {"timeout": WAIT}
    chosen = sqlite_library()
    journal = "DELETE" if chosen.has_bug else "WAL"
    engine = sa.create_engine(
        url, module=chosen.module, connect_args=waiting, pool_use_lifo=True, json_serializer=_json
    )

    @sa.event.listens_for(engine, "do_connect")
    def make_private(_dialect: object, _record: object, arguments: list[Any], _options: object) -> None:
        # SQLite gives its log the same permissions.
        if arguments and arguments[0] and not str(arguments[0]).startswith((":", "file:")):
            create_private_file(Path(str(arguments[0])))

    @sa.event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        # The driver would begin transactions late and commit before some statements; SQLAlchemy sends BEGIN instead.
        connection.isolation_level = None
        # Another program may have left bytes that aren't UTF-8. They must cost one reader a message, not all of them.
        connection.text_factory = methodcaller("decode", "utf-8", "surrogateescape")
        with closing(connection.cursor()) as cursor:
            # While other processes open the same new file, this fails at once whatever SQLite's busy timeout is.
            if not _run_when_unlocked(connection, f"PRAGMA journal_mode={journal}", seconds):
                cursor.execute(f"PRAGMA journal_mode={journal}")
            for pragma in ("synchronous=FULL", "foreign_keys=ON", "cache_size=-4096", "secure_delete=ON"):
                cursor.execute(f"PRAGMA {pragma}")
            # An import of a million readers makes the log as large; afterwards it is truncated to this.
            cursor.execute("PRAGMA journal_size_limit=67108864")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # A deferred transaction that writes later can fail at once with SQLITE_BUSY, whatever the busy timeout is.
        how = connection.get_execution_options().get("begin", "BEGIN IMMEDIATE")
        if how != "BEGIN IMMEDIATE" or not _run_when_unlocked(connection.connection.driver_connection, how, seconds):
            connection.exec_driver_sql(how)
        if chosen.has_bug:
            _refuse_wal(connection)

    return Database(engine)


def _refuse_wal(connection: sa.Connection) -> None:
    """Raise StoreError if another process, whose SQLite doesn't have the WAL-reset bug, just switched to WAL mode."""
    connection.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1").all()  # reads the file's header
    if connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal":
        connection.invalidate()  # a new connection switches the file back from WAL mode if it can
        raise StoreError(
            f"{sqlite_library()} could lose what it writes to {place_name(connection.engine.url)}: "
            "another process has put that database into WAL mode",
            hint=f"stop that process and run this command again, or {FIX}",
        )


def _run_when_unlocked(driver: Any, statement: str, seconds: float) -> bool:
    """Run a statement as soon as the lock is free, and return whether it succeeded.

    Raises OperationalError if the database is still locked after these seconds. SQLite's own wait polls ever less
    often, down to every tenth of a second: beside a send, which writes most of the time, a reader who unsubscribes
    would never get a turn.
    """
    until = time.monotonic() + seconds
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                driver.execute(statement)
            except sqlite_library().module.OperationalError as err:
                if err.sqlite_errorcode & 0xFF != _BUSY:
                    return False
                if time.monotonic() >= until:
                    raise
            else:
                return True
            time.sleep(_LOOK_AGAIN)
    finally:
        driver.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")


_LOOK_AGAIN = 0.0002  # seconds
_BUSY = 5  # SQLITE_BUSY: https://www.sqlite.org/rescode.html


def _postgresql(url: sa.URL) -> Database:
    defaults = {**TCP, "options": f"-c lock_timeout={WAIT}s {AT_THE_SERVER}"}
    options = {name: value for name, value in defaults.items() if name not in url.query}
    watchdog = Watchdog()
    try:
        engine = sa.create_engine(url, pool_pre_ping=True, json_serializer=_json, connect_args=options)
        watchdog.listen(engine)
    except ModuleNotFoundError as err:
        raise StoreError(
            f"the database {place_name(url)} needs the driver psycopg, which is not installed",
            hint="install this program with its extra `postgresql`: pip install 'newsletter[postgresql]'",
        ) from err
    return Database(engine, watchdog)
