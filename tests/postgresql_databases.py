"""PostgreSQL databases that are reused by one test after another: making one takes longer than most tests.

A test's rows are deleted after it. If more than rows has changed (tables, settings), the database is dropped.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql

_TABLES = (
    "SELECT oid::regclass::text, reltuples FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
)
# A change to a table, an index or a trigger writes rows into these; inserting and deleting rows doesn't.
_CATALOGS = ("pg_attribute", "pg_constraint", "pg_index", "pg_namespace", "pg_proc", "pg_trigger", "pg_type")
_SETTINGS = (
    "SELECT 'settings', count(*), 0 FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase"
    " WHERE datname = current_database()"
)
_SHAPE = " UNION ALL ".join(
    [*(f"SELECT '{name}', count(*), max(xmin::text::bigint) FROM {name}" for name in _CATALOGS), _SETTINGS]
)
# pg_sequence has nothing but sequences: with statistics, PostgreSQL asks for the last value before it joins.
_ADVANCED = (
    "SELECT refobjid::regclass::text FROM pg_sequence JOIN pg_depend ON objid = seqrelid"
    " WHERE deptype IN ('a', 'i') AND classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass"
    " AND pg_sequence_last_value(seqrelid) IS NOT NULL"
)
_END_OTHERS = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_FORGET_STATISTICS = (
    "DELETE FROM pg_statistic USING pg_class WHERE pg_class.oid = starelid AND relnamespace = 'public'::regnamespace"
)


@dataclass
class Databases:
    """A pool of copies of the database ``template`` on a server, whose names begin with ``prefix``."""

    server: str
    template: str
    prefix: str
    _clean: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    @contextmanager
    def lent(self) -> Iterator[str]:
        """Lend a database that equals the template, under a name never used before, and return its URL."""
        name = f"{self.prefix}_{next(self._numbers)}"
        with psycopg.connect(self.server, autocommit=True) as connection:
            if self._clean:
                connection.execute(f"ALTER DATABASE {self._clean.pop()} RENAME TO {name}".encode())
            else:
                connection.execute(f"CREATE DATABASE {name} TEMPLATE {self.template}".encode())
        yield self._url(name)
        with suppress(psycopg.Error):
            if self._as_before(name):
                self._clean.append(name)
                return
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    @cached_property
    def _shape(self) -> tuple[Any, dict[str, float], dict[str, Any]]:
        """Return the state of the template's catalogs, its tables, and the rows of those that have any."""
        with psycopg.connect(self._url(self.template), autocommit=True) as connection:
            tables: dict[str, float] = dict(connection.execute(_TABLES.encode()).fetchall())
            rows = {table: _rows(connection, table) for table in tables}
            return (
                connection.execute(_SHAPE.encode()).fetchall(),
                tables,
                {name: some for name, some in rows.items() if some},
            )

    def _as_before(self, name: str) -> bool:
        """Restore a database to its state before a test, and return whether that was possible."""
        shape, tables, kept = self._shape
        with psycopg.connect(self._url(name), autocommit=True) as connection:
            connection.execute(_END_OTHERS.encode())
            if connection.execute(_SHAPE.encode()).fetchall() != shape:
                return False
            if any(_rows(connection, table) != some for table, some in kept.items()):
                return False
            counted: dict[str, float] = dict(connection.execute(_TABLES.encode()).fetchall())
            used = {table for table in tables if counted[table] != tables[table]}
            used |= {table for (table,) in connection.execute(self._with_rows.encode())}
            used |= {table for (table,) in connection.execute(_ADVANCED.encode())}
            if used := used - kept.keys():
                connection.execute("SET session_replication_role = replica")  # the audit log has a trigger
                names = sql.SQL(", ").join(sql.Identifier(table) for table in used)
                connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(names))
            connection.execute(_FORGET_STATISTICS.encode())
            return True

    @cached_property
    def _with_rows(self) -> str:
        _, tables, kept = self._shape
        return " UNION ALL ".join(
            f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables if table not in kept
        )

    def _url(self, name: str) -> str:
        return sa.make_url(self.server).set(database=name).render_as_string(hide_password=False)


def _rows(connection: "psycopg.Connection[Any]", table: str) -> list[Any]:
    return connection.execute(f"SELECT t::text FROM {table} t ORDER BY 1".encode()).fetchall()
