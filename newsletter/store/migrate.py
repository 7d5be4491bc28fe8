"""Which revision of the tables a database has, and bringing it up to date.

A new database gets its tables by itself, and an older SQLite file too, after a copy of it was put beside it. PostgreSQL
has its own ways of making copies and several programs at work, so there an operator says when: `newsletter db upgrade`.
"""

from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from newsletter.errors import StoreError
from newsletter.store.database import Database, connect, private_file
from newsletter.store.errors import place_name, translated
from newsletter.store.sqlite import sqlite_library
from newsletter.store.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
REVISION_TABLE = "newsletter_revision"  # not Alembic's own name: a PostgreSQL database may be shared with others


def open_database(url: str) -> Database:
    """A database with this program's tables. Raises StoreError where they cannot be, or an operator must ask."""
    database = connect(url)
    try:
        found = _revision(database)
        if found != _revisions()[-1]:
            if found is not None and not database.is_sqlite:
                raise StoreError(
                    f"the tables of {place_name(database.engine.url)} are of an earlier version of this program",
                    hint="make a copy (pg_dump), stop what uses it, and run `newsletter db upgrade`",
                )
            _upgrade(database)
    except BaseException:
        database.close()
        raise
    return database


def exists(url: str) -> bool:
    """Whether there is something to open: SQLite would make a file of any name. What is no URL, opening refuses."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        return True
    return parsed.get_backend_name() != "sqlite" or Path(parsed.database or "").is_file()


def upgrade(url: str) -> list[str]:
    """Bring the tables up to date; the revisions that this took, none where they were already."""
    with closing(connect(url)) as database:
        return _upgrade(database) if _revision(database) != _revisions()[-1] else []


def _upgrade(database: Database) -> list[str]:
    with database.alone() as connection:
        # Looked at again: somebody else may have done it while this one waited for the lock.
        found = _known_revision(connection)
        if found is not None and database.is_sqlite and found != _revisions()[-1]:
            _copy_beside(database, found)
        _migrate(connection)
    return _revisions()[_revisions().index(found) + 1 :] if found else _revisions()


def _migrate(connection: sa.Connection) -> None:
    # Imported here: it takes as long as all the rest of opening a database, and is hardly ever needed.
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection, "version_table": REVISION_TABLE})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")


def _revisions() -> list[str]:
    """All that this program knows, oldest first; their files begin with ``v`` and four digits."""
    return sorted(path.name[1:5] for path in (MIGRATIONS / "versions").glob("v[0-9]*.py"))


def _revision(database: Database) -> str | None:
    with database.reading() as connection:
        return _known_revision(connection)


def _known_revision(connection: sa.Connection) -> str | None:
    """The revision, None for a database without tables. Raises StoreError where it is not one of this program's."""
    name = place_name(connection.engine.url)
    present = set(sa.inspect(connection).get_table_names())
    if REVISION_TABLE in present:
        found = connection.scalar(sa.text(f"SELECT version_num FROM {REVISION_TABLE}"))  # noqa: S608  a constant
        if found is not None and found not in _revisions():
            raise StoreError(
                f"the database {name} was made by a newer version of this program (revision {found})",
                hint="install that version, or put back the copy that was made when it was upgraded",
            )
        return None if found is None else str(found)
    foreign = present if connection.dialect.name == "sqlite" else present & set(metadata.tables)
    if foreign:
        raise StoreError(
            f"{name} is not a database of this program: it has a table {min(foreign)!r} that is not ours",
            hint="name another database in newsletter.toml",
        )
    return None


def _copy_beside(database: Database, revision: str) -> None:
    """A copy as the file was at this revision, whole or not there at all; an earlier copy is never written over."""
    path = Path(database.engine.url.database or "")
    names = (f"{path.name}.{revision}" + (f"-{number}" if number else "") for number in count())
    target = next(path.with_name(name) for name in names if not path.with_name(name).exists())
    unfinished = target.with_name(f"{target.name}.part")
    unfinished.unlink(missing_ok=True)
    with translated(database.engine.url), database.reading() as connection:
        source: Any = connection.connection.driver_connection
        private_file(unfinished)
        with closing(sqlite_library().module.connect(unfinished)) as copy:
            source.backup(copy)
    unfinished.rename(target)
