"""Creation and upgrade of the tables.

A new database gets its tables automatically. An older SQLite file is copied and then upgraded automatically too. A
PostgreSQL database has its own backup tools and perhaps several programs using it, so an operator upgrades it.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from newsletter.errors import StoreError
from newsletter.files import library_errors
from newsletter.files.atomic_write import UnfinishedFile
from newsletter.files.temporary_files import PART
from newsletter.store.database import Database
from newsletter.store.engines import connect
from newsletter.store.errors import database_name, translated_errors
from newsletter.store.sqlite import sqlite_library
from newsletter.store.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
REVISION_TABLE = "newsletter_revision"  # not Alembic's own name: a PostgreSQL database may be shared with others


class OutdatedTablesError(StoreError):
    """A PostgreSQL database from an earlier version of this program, which an operator upgrades."""

    code = "database-outdated"

    def __init__(self, *, database: str) -> None:
        self.database = database
        super().__init__(
            f"the tables of {database} are from an earlier version of this program",
            hint="back it up, stop all programs that use it, and upgrade it",
        )


def open_database(url: str) -> Database:
    """Open a database and bring its tables up to date. Raises StoreError if that fails or an operator has to do it."""
    database = connect(url)
    try:
        revision = _revision(database)
        if revision != _revisions()[-1]:
            if revision is not None and not database.is_sqlite:
                raise OutdatedTablesError(database=database_name(database.engine.url))
            _upgrade(database)
    except BaseException:
        database.close()
        raise
    return database


def exists(url: str) -> bool:
    """Return False for an SQLite file that doesn't exist: opening it would create it. Invalid URLs fail on opening."""
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):  # ValueError if the port isn't a number
        return True
    return parsed.get_backend_name() != "sqlite" or Path(parsed.database or "").is_file()


def upgrade(url: str) -> list[str]:
    """Bring the tables up to date and return the revisions that were applied."""
    with closing(connect(url)) as database:
        return _upgrade(database) if _revision(database) != _revisions()[-1] else []


def _upgrade(database: Database) -> list[str]:
    with _needless_copies_removed(database) as copies, database.exclusive() as connection:
        # Read it again: another process may have upgraded while this one waited for the lock.
        revision = _known_revision(connection)
        if revision is not None and database.is_sqlite and revision != _revisions()[-1]:
            copies.append(_copy_beside(database, revision))
        _migrate(connection)
    return _revisions()[_revisions().index(revision) + 1 :] if revision else _revisions()


@contextmanager
def _needless_copies_removed(database: Database) -> Iterator[list[Path]]:
    """Yield a list for copies. If the upgrade fails and nothing was committed, delete them: each try makes another."""
    copies: list[Path] = []
    if not database.is_sqlite:
        yield copies
        return
    with translated_errors(database.engine.url):
        observer = database.engine.raw_connection()
    try:
        before = _data_version(database, observer)
        try:
            yield copies
        except BaseException:
            with suppress(StoreError, OSError):
                if _data_version(database, observer) == before:
                    for copy in copies:
                        copy.unlink(missing_ok=True)
            raise
    finally:
        observer.close()


def _data_version(database: Database, observer: sa.PoolProxiedConnection) -> int:
    """Return a number that differs between two calls if another connection has committed changes in between."""
    driver: Any = observer.driver_connection
    with translated_errors(database.engine.url):
        return int(driver.execute("PRAGMA data_version").fetchone()[0])


def _migrate(connection: sa.Connection) -> None:
    # Imported here because it takes as long as all the rest of opening a database and is hardly ever needed.
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection, "version_table": REVISION_TABLE})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")


def _revisions() -> list[str]:
    """Return this program's revisions, oldest first."""
    return list(_revisions_in(MIGRATIONS))


@cache
def _revisions_in(migrations: Path) -> tuple[str, ...]:
    """Return the revisions in a folder. Their files begin with ``v`` and four digits."""
    return tuple(sorted(path.name[1:5] for path in (migrations / "versions").glob("v[0-9]*.py")))


def _revision(database: Database) -> str | None:
    with database.reading() as connection:
        return _known_revision(connection)


def _known_revision(connection: sa.Connection) -> str | None:
    """Return the revision, or None if there are no tables. Raises StoreError if the database isn't this program's."""
    name = database_name(connection.engine.url)
    inspector = sa.inspect(connection)
    if inspector.has_table(REVISION_TABLE):
        revision = connection.scalar(sa.text(f"SELECT version_num FROM {REVISION_TABLE}"))  # noqa: S608  a constant
        if revision is not None and revision not in _revisions():
            raise StoreError(
                f"the database {name} was made by a newer version of this program (revision {revision})",
                hint="install that version, or restore the copy that was made before the upgrade",
            )
        return None if revision is None else str(revision)
    present = set(inspector.get_table_names())
    foreign = present if connection.dialect.name == "sqlite" else present & set(metadata.tables)
    if foreign:
        raise StoreError(
            f"{name} is not a database of this program: it has another program's table {min(foreign)!r}",
            hint="set another database in newsletter.toml",
        )
    return None


def _copy_beside(database: Database, revision: str) -> Path:
    """Copy the file as it is at this revision, atomically, and return the copy. Raises StoreError.

    An earlier copy is never overwritten.
    """
    path = Path(database.engine.url.database or "")
    names = (f"{path.name}.{revision}" + (f"-{number}" if number else "") for number in count())
    target = next(path.with_name(name) for name in names if not path.with_name(name).exists())
    part = target.with_name(f"{target.name}{PART}")  # the lock on the tables lets no other process write it
    try:
        with (
            UnfinishedFile(target, private=True, part=part) as unfinished,
            translated_errors(database.engine.url),
            database.reading() as connection,
        ):
            source: Any = connection.connection.driver_connection
            with closing(sqlite_library().module.connect(part)) as copy:
                source.backup(copy)
            unfinished.replace()
            return target
    except OSError as err:
        raise StoreError(
            f"{target} cannot be written: {library_errors.of_system(err)}",
            hint="make sure the disk has space and you may write there; the database is copied before it is upgraded",
        ) from err
