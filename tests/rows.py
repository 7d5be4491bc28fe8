"""Direct access to a store's database, for states that the store's methods neither show nor produce."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from newsletter.domain.addresses import address_key
from newsletter.domain.events import Event
from newsletter.store import Store, event_tables, tables
from newsletter.store.database import Database
from newsletter.store.events.event_rows import event_of

Statement = str | sa.Executable


def database_of(store: Store) -> Database:
    """Return a store's database, for transactions, listeners and parts of the store that a test makes itself."""
    return store._database


def fetch(store: Store, query: Statement) -> Sequence[Any]:
    """Return the rows of a query."""
    with database_of(store).reading() as connection:
        return connection.execute(_executable(query)).all()


def fetch_column(store: Store, query: Statement) -> list[Any]:
    """Return the first column of a query's rows."""
    return [row[0] for row in fetch(store, query)]


def stored_events(store: Store, *, address: str = "") -> list[Event]:
    """Return events in the order they were received, optionally of one address only."""
    event, subscriber = event_tables.event, tables.subscriber
    query = sa.select(event, subscriber.c.key.label("reader")).select_from(
        event.outerjoin(subscriber, subscriber.c.id == event.c.subscriber)
    )
    if address:
        query = query.where(event.c.address_key == address_key(address))
    return [event_of(row) for row in fetch(store, query.order_by(event.c.id))]


@contextmanager
def query_plans(store: Store) -> Iterator[list[str]]:
    """Collect the plan of each query in this context; the list is filled at its end. SQLite and PostgreSQL."""
    queries: list[tuple[str, Any]] = []
    plans: list[str] = []
    database = database_of(store)

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        queries.append((statement, parameters))

    sa.event.listen(database.engine, "before_cursor_execute", note)
    yield plans
    sa.event.remove(database.engine, "before_cursor_execute", note)
    with database.reading() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # an empty table is not worth an index
        how = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
        for statement, given in queries:
            if statement.startswith("SELECT"):
                plans.append(" ".join(str(row) for row in connection.exec_driver_sql(how + statement, given)))


def execute(store: Store, *statements: Statement) -> None:
    """Run statements in one transaction and commit it."""
    with database_of(store).writing() as connection:
        for statement in statements:
            connection.execute(_executable(statement))


def _executable(statement: Statement) -> sa.Executable:
    return sa.text(statement) if isinstance(statement, str) else statement
