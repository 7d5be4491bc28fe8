"""Errors of the database drivers, translated into messages an operator can act on. No other module does this."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from newsletter.errors import BusyError, FullError, StoreError, UnreachableError
from newsletter.store.sqlite import sqlite_library

_LOCKED = (
    "the database {name} is locked: another process holds it",
    "wait until it has finished, or stop it, and try again",
)
_FULL = ("the disk of the database {name} is full", "make room and try again; nothing was changed")
_UNOPENED = (
    "the database {name} cannot be opened",
    "make sure its folder exists and you may write to it",
)
_FOREIGN = (
    "{name} is not a database of this program",
    'set another file in newsletter.toml: database = "sqlite:///newsletter.db"',
)
_MEANWHILE = ("another process is changing the same rows of {name}", "try again; nothing was changed")
_UNREACHED = (
    "the database {name} cannot be reached: {reason}",
    "make sure the server is running, and check host, user, password and database in newsletter.toml",
)
_KINDS = {_LOCKED: BusyError, _FULL: FullError, _UNREACHED: UnreachableError}
_OTHER = ("the database {name} reported an error: {reason}", "nothing was changed")

# https://www.sqlite.org/rescode.html: extended codes begin with the name of the primary one, as SQLITE_BUSY_SNAPSHOT.
_SQLITE = {
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_FULL": _FULL,
    "SQLITE_IOERR": ("the disk of the database {name} failed", "check whether it is full or broken"),
    "SQLITE_CANTOPEN": _UNOPENED,
    "SQLITE_PERM": _UNOPENED,
    "SQLITE_READONLY": ("the database {name} is read-only", "make sure you may write to its file and its folder"),
    "SQLITE_NOTADB": _FOREIGN,
    "SQLITE_CORRUPT": ("the database {name} is damaged", "restore a backup"),
    "SQLITE_CONSTRAINT": _MEANWHILE,
}
# The first two of the five characters are the class: https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL = {
    "55P03": _LOCKED,  # lock_not_available
    "40": _MEANWHILE,  # deadlock, serialization failure
    "23": _MEANWHILE,  # integrity constraint
    "53100": _FULL,
    "53": _UNREACHED,  # too many connections, out of memory
    "57": _UNREACHED,  # shutting down
    "08": _UNREACHED,
    "28": _UNREACHED,  # wrong user or password
    "3D": _UNREACHED,  # no such database
    "42501": ("the user of the database {name} lacks a privilege: {reason}", "grant it"),
}


def database_name(url: sa.URL) -> str:
    """Return a database's name for messages: SQLite's path, or PostgreSQL's URL without password and options."""
    if url.get_backend_name() == "sqlite":
        return url.database or ":memory:"
    return sa.URL.create("postgresql", url.username, None, url.host, url.port, url.database).render_as_string()


@contextmanager
def translated_errors(url: sa.URL) -> Iterator[None]:
    """Turn every driver error raised inside into a StoreError with a hint, without the password."""
    try:
        yield
    except sa.exc.DBAPIError as err:
        raise _store_error(err.orig or err, url) from err
    except sqlite_library().module.Error as err:  # SQLAlchemy doesn't wrap errors while a new connection is set up
        raise _store_error(err, url) from err
    except sa.exc.SQLAlchemyError as err:
        raise StoreError(f"the database {database_name(url)} reported an error: {_reason(err, url)}") from err


def _store_error(err: BaseException, url: sa.URL) -> StoreError:
    words = _what_and_hint(err)
    what, hint = words
    reason = _plain_reason(_reason(err, url)) if words is _UNREACHED else _reason(err, url)
    return _KINDS.get(words, StoreError)(what.format(name=database_name(url), reason=reason), hint=hint)


def _what_and_hint(err: BaseException) -> tuple[str, str]:
    named: str | None = getattr(err, "sqlite_errorname", None)
    if named is not None:
        return next((words for name, words in _SQLITE.items() if named.startswith(name)), _OTHER)
    state: str | None = getattr(err, "sqlstate", None)
    if state is not None:
        return _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2]) or _OTHER
    # psycopg's errors have no state until there is a connection.
    return _UNREACHED if type(err).__name__ in ("OperationalError", "ConnectionTimeout") else _OTHER


def _plain_reason(reason: str) -> str:
    """Return why PostgreSQL can't be reached, without the words that psycopg and libpq put around it."""
    known = next((words for sign, words in _UNREACHED_BECAUSE if sign in reason), None)
    return known or reason.rpartition("FATAL:")[2].strip()


# Signs in the messages of psycopg and libpq (fe-connect.c).
_UNREACHED_BECAUSE = (
    ("failed to resolve host", "there is no such host"),
    ("could not translate host name", "there is no such host"),
    ("Connection refused", "nothing is listening there"),
    ("No such file or directory", "no server is running on this machine"),
    ("timeout expired", "no answer in time"),
    ("Network is unreachable", "this machine has no route to it"),
    ("No route to host", "this machine has no route to it"),
    ("invalid port number", "there is no such port"),
    ("no password supplied", "it requires a password"),
)


def _reason(err: BaseException, url: sa.URL) -> str:
    """Return the first line of the driver's message; the others have statements and values, perhaps readers' data."""
    line = next(iter(str(err).strip().splitlines()), type(err).__name__).strip()
    return line.replace(str(url.password), "***") if url.password else line
