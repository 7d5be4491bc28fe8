"""Detection of copied, moved and restored databases, which must not send.

A copy doesn't know what was sent since it was made, and would send it again. An SQLite database has a marker file
beside it that counts the sends too. A PostgreSQL database stores where it is: restoring a dump always creates new
tables, and several machines may use the same database.
"""

import hashlib
import secrets
from pathlib import Path

import sqlalchemy as sa

from newsletter.errors import SendError
from newsletter.store.copy_guard import Marker, Origin, marker_path, read_marker
from newsletter.store.database import Database
from newsletter.store.errors import database_name
from newsletter.store.row_writes import insert_new
from newsletter.store.tables import installation


class CopiedDatabaseError(SendError):
    """A database that is a copy, an earlier state, or was moved; it may not know what was sent."""

    code = "database-copied"

    def __init__(self, what: str) -> None:
        super().__init__(
            what, hint="restore the latest state; or adopt this database, if only it should send from now on"
        )


class Installation:
    """The installation that a database belongs to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def verify(self) -> None:
        """Raise SendError if the database is a copy, an earlier state, or was moved.

        Call it before a send begins or resumes, and again after one was frozen.
        """
        with self._database.writing() as connection:  # under the write lock, so that no older marker replaces a newer
            _verify(connection)

    def find_problem(self) -> str:
        """Return why ``verify`` would raise; an empty string if it wouldn't."""
        with self._database.reading() as connection:
            return _trouble(connection)

    def adopt(self) -> None:
        """Let this database send from now on, even if it is a copy."""
        with self._database.writing() as connection:
            sends = connection.scalar(sa.select(installation.c.sends)) or 0
            connection.execute(sa.delete(installation))
            _bind(connection, sends)


def count_freeze(connection: sa.Connection) -> None:
    """Count another send, in the transaction that freezes it; the next ``verify`` updates the marker.

    Raises SendError in the same cases as ``verify``.
    """
    _verify(connection)
    connection.execute(sa.update(installation).values(sends=installation.c.sends + 1))


def _verify(connection: sa.Connection) -> None:
    trouble = _trouble(connection)
    if trouble:
        raise CopiedDatabaseError(trouble)
    row = connection.execute(sa.select(installation)).one_or_none()
    if row is None:
        _bind(connection, 0)
    elif path := _file(connection):
        # If the marker is behind the database, the program crashed just after a freeze.
        marker = Marker(key=row.key, sends=row.sends, origin=Origin.of(path))
        if read_marker(path) != marker:
            marker.write(path)


def _bind(connection: sa.Connection, sends: int) -> None:
    """Bind the database to its present place. The marker is written first: a database that counts sends has one."""
    if connection.dialect.name == "postgresql":
        key = _location(connection)
        insert_new(connection, installation, {"id": 1, "key": key, "sends": sends})  # another process may be first
        return
    key = secrets.token_hex(16)
    if path := _file(connection):
        Marker(key=key, sends=sends, origin=Origin.of(path)).write(path)
    connection.execute(sa.insert(installation).values(id=1, key=key, sends=sends))


def _trouble(connection: sa.Connection) -> str:
    name = database_name(connection.engine.url)
    row = connection.execute(sa.select(installation)).one_or_none()
    if connection.dialect.name == "postgresql":
        if row is not None and row.key != _location(connection):
            return f"the database {name} was restored or copied, and may not know the last sends of this installation"
        return ""
    path = _file(connection)
    if path is None:
        return ""
    marker = read_marker(path)
    if row is None:
        forgotten = marker.sends if marker else 0
        return f"the database {name} knows none of this installation's {_sends(forgotten)}" if forgotten else ""
    if marker is None:
        return f"the database {name} was moved or copied: {marker_path(path).name} is not beside it"
    if marker.key != row.key:
        return f"the database {name} is not the one that {marker_path(path).name} belongs to"
    if marker.sends > row.sends:
        forgotten = marker.sends - row.sends
        return (
            f"the database {name} is an older copy: it does not know the last {_sends(forgotten)} of this installation"
        )
    if not marker.origin.same(Origin.of(path)):
        return f"the database {name} is a copy: {marker_path(path).name} was made for another file or another machine"
    return ""


def _sends(number: int) -> str:
    return "send" if number == 1 else f"{number} sends"


def _file(connection: sa.Connection) -> Path | None:
    """Return the file of an SQLite database; None for one in memory, and for PostgreSQL."""
    if connection.dialect.name == "postgresql":
        return None
    (path,) = connection.exec_driver_sql("SELECT file FROM pragma_database_list WHERE name = 'main'").one()
    return Path(path) if path else None


def _location(connection: sa.Connection) -> str:
    """Return a hash, in 32 hexadecimal digits, of a PostgreSQL server, the database and its ``installation`` table.

    A table restored from a dump has an OID that the server never gave out before, even in the same database.
    """
    number, table, may_ask = connection.exec_driver_sql(
        "SELECT oid, 'installation'::regclass::oid, has_function_privilege('pg_control_system()', 'EXECUTE')"
        " FROM pg_database WHERE datname = current_database()"
    ).one()
    server = connection.exec_driver_sql("SELECT system_identifier FROM pg_control_system()").scalar() if may_ask else ""
    return hashlib.sha256(f"{server}/{number}/{table}".encode()).hexdigest()[:32]
