"""SQLAlchemy engines for SQLite and PostgreSQL, set up for readers and sends beside each other."""

import json
import time
from contextlib import closing
from functools import partial
from operator import methodcaller
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from newsletter.errors import StoreError
from newsletter.files.private_files import create_private_file
from newsletter.store.database import Database
from newsletter.store.errors import database_name
from newsletter.store.sqlite import FIX, sqlite_library
from newsletter.store.watchdog import AT_THE_SERVER, TCP, Watchdog

WAIT = 10  # seconds to wait for a lock; `?timeout=` in an SQLite URL or `?options=` in a PostgreSQL one overrides it


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
            f"{sqlite_library()} could lose what it writes to {database_name(connection.engine.url)}: "
            "another process has put that database into WAL mode",
            hint=f"stop that process and try again, or {FIX}",
        )


def _run_when_unlocked(driver: Any, statement: str, seconds: float) -> bool:
    """Run a statement as soon as the lock is free, and return whether it succeeded.

    Raises OperationalError if the database is still locked after these seconds. SQLite's own wait polls ever less
    often, down to every tenth of a second: beside a send, which writes most of the time, a reader who unsubscribes
    would never get a turn.
    """
    until = time.monotonic() + seconds  # a wait, which setting the clock must neither end nor prolong
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
            f"the database {database_name(url)} needs the driver psycopg, which is not installed",
            hint="install this program with its extra `postgresql`: pip install 'newsletter[postgresql]'",
        ) from err
    return Database(engine, watchdog)
