"""Locks for work that must not be done twice at the same time. A lock ends with its process, even if that crashes."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from newsletter.errors import BusyError, StoreError
from newsletter.files import library_errors
from newsletter.files.private_files import create_private_file
from newsletter.store.database import Database
from newsletter.store.errors import translated_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class _LockNames:
    """A lock's name in the file beside an SQLite database, and the number of PostgreSQL's advisory lock."""

    file: str
    number: int


_NAMES = {"bounce collection": _LockNames(file="bounces", number=0x62_6F_75_6E)}


class AlreadyRunningError(BusyError):
    """A kind of work that another process is doing with the same database; only one can at a time."""

    code = "already-running"

    def __init__(self, *, work: str) -> None:
        self.work = work
        super().__init__(f"{work} is already running with this database", hint="wait until it has finished")


@contextmanager
def work_lock(database: Database, work: str) -> Iterator[None]:
    """Hold the lock of some work, such as ``bounce collection``.

    Raises AlreadyRunningError if another process does that work with this database.
    """
    names = _NAMES[work]
    held = _locked_file(database, names.file) if database.is_sqlite else _locked_session(database, names.number)
    with held as locked:
        if not locked:
            raise AlreadyRunningError(work=work)
        yield


@contextmanager
def _locked_file(database: Database, name: str) -> Iterator[bool]:
    """Lock a file beside the database. It is never deleted: two processes could then each lock a file of that name.

    The database file itself can't be used: closing any handle to it would drop SQLite's own locks.
    """
    file = Path(database.engine.url.database or "").resolve()
    path = file.with_name(f"{file.name}.{name}.lock")
    create_private_file(path)
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError as err:
        hint = "make sure you may write to it and its folder"
        raise StoreError(f"{path} cannot be opened: {library_errors.of_system(err)}", hint=hint) from err
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
def _locked_session(database: Database, number: int) -> Iterator[bool]:
    """Take an advisory lock in a separate session, outside any transaction.

    PostgreSQL frees the lock when the session ends, but that is some time after the client closes it, so the lock is
    released explicitly.
    """
    with translated_errors(database.engine.url), database.engine.connect() as pooled:
        connection = pooled.execution_options(isolation_level="AUTOCOMMIT")
        locked = connection.scalars(sa.select(sa.func.pg_try_advisory_lock(number))).one()
        try:
            yield locked
        finally:
            with suppress(sa.exc.SQLAlchemyError):
                if locked:
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(number)))
                connection.invalidate()  # a pooled session would keep the lock if the unlock failed
