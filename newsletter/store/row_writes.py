"""Statements that write rows quickly, or only if they don't conflict, on SQLite and PostgreSQL alike."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def upsert(dialect: str, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that can have an ON CONFLICT clause, for the dialect ``sqlite`` or ``postgresql``.

    SQLAlchemy has a class for each of them, with the same methods.
    """
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def insert_new(connection: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless it conflicts with an existing one, and return whether it was inserted."""
    insert = (
        upsert(connection.dialect.name, table).values(values).on_conflict_do_nothing().returning(*table.primary_key)
    )
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
