"""The choice of the SQLite library: Python's own, or the one that pysqlite3 bundles.

SQLite 3.7.0 to 3.51.2 can lose committed transactions, or damage the file, when two connections write or checkpoint a
database in WAL mode at the same instant: https://www.sqlite.org/wal.html#walresetbug. 3.51.3, 3.50.7 and 3.44.6 have
the fix. A library with the bug is only used with a rollback journal, which the bug doesn't affect.
"""

import sqlite3
from functools import cache
from importlib import import_module
from types import ModuleType

BACKPORTS = {(3, 44): 6, (3, 50): 7}
FIXED = (3, 51, 3)
FIX = (
    "install a Python whose SQLite is 3.51.3, 3.50.7 or 3.44.6 or later, or the package pysqlite3 (0.6.1 or later) "
    "where it has a wheel for your system"
)


def has_wal_reset_bug(major: int, minor: int, patch: int = 0, *_: int) -> bool:
    """Return whether an SQLite of this version can lose committed transactions in WAL mode."""
    if (major, minor) in BACKPORTS:
        return patch < BACKPORTS[major, minor]
    return (3, 7, 0) <= (major, minor, patch) < FIXED


class SqliteLibrary:
    """A DB-API module for SQLite."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.version: str = module.sqlite_version
        self.has_bug = has_wal_reset_bug(*(int(part) for part in self.version.split(".")))

    @property
    def source(self) -> str:
        """Return whose SQLite this is: ``Python`` or ``pysqlite3``."""
        return "Python" if self.module.__name__.startswith("sqlite3") else "pysqlite3"

    @property
    def warning(self) -> str | None:
        """Return a warning about the library, with the fix; None if it is sound."""
        if not self.has_bug:
            return None
        return f"{self} can lose data in WAL mode, so the database uses a slower rollback journal. To fix it, {FIX}"

    def __str__(self) -> str:
        return f"SQLite {self.version} ({self.source})"


@cache
def sqlite_library() -> SqliteLibrary:
    """Return Python's own SQLite if it has no WAL-reset bug, else pysqlite3's, else Python's own with the bug."""
    own = SqliteLibrary(sqlite3)
    if not own.has_bug:
        return own
    try:
        bundled = SqliteLibrary(import_module("pysqlite3.dbapi2"))
    except ImportError:  # no wheel for this system
        return own
    return own if bundled.has_bug else bundled
