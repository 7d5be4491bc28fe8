"""Commands that run once at a time for a database. The lock ends with its process, however that ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa

from newsletter.errors import BusyError, StoreError
from newsletter.store.database import Database, private_file
from newsletter.store.errors import translated

_NUMBERS = {"bounces": 0x62_6F_75_6E}  # of PostgreSQL's advisory locks


@contextmanager
def running_alone(database: Database, command: str) -> Iterator[None]:
    """Hold the lock of a command. Raises BusyError if another process runs the command with this database."""
    with _locked_file(database, command) if database.is_sqlite else _locked_session(database, command) as locked:
        if not locked:
            raise BusyError(
                f"`newsletter {command}` is already running with this database", hint="wait until it has ended"
            )
        yield


@contextmanager
def _locked_file(database: Database, command: str) -> Iterator[bool]:
    """Lock a file beside the database, which stays there: if it were deleted, two processes could lock one each.

    The database itself can't be it: when any handle of it is closed, SQLite loses its own locks.
    """
    file = Path(database.engine.url.database or "").resolve()
    path = file.with_name(f"{file.name}.{command}.lock")
    private_file(path)
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError as err:
        hint = "see that you may write it and its folder"
        raise StoreError(f"{path} cannot be opened: {err.strerror}", hint=hint) from err
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


@contextmanager
def _locked_session(database: Database, command: str) -> Iterator[bool]:
    """Lock by a session of its own, outside any transaction: PostgreSQL frees the lock when the session ends.

    That is some time after its client closed it, so the lock is given back before.
    """
    number = _NUMBERS[command]
    with translated(database.engine.url), database.engine.connect() as pooled:
        connection = pooled.execution_options(isolation_level="AUTOCOMMIT")
        locked = connection.scalars(sa.select(sa.func.pg_try_advisory_lock(number))).one()
        try:
            yield locked
        finally:
            with suppress(sa.exc.SQLAlchemyError):
                if locked:
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(number)))
                connection.invalidate()  # if that failed, a session in the pool would keep the lock
