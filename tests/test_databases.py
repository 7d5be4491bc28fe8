"""The tests' PostgreSQL databases are reused: making one takes longer than most tests."""

import psycopg

from newsletter.domain.subscriber import Subscriber
from newsletter.store import open_store
from tests import make
from tests.postgresql_databases import Databases


def _run(url: str, statement: bytes) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def _identity(url: str) -> object:
    with psycopg.connect(url) as connection:
        return connection.execute(b"SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()


def test_a_database_with_rows_and_statistics_is_emptied_and_lent_again(databases: Databases) -> None:
    with databases.lent() as url, open_store(url) as store:
        before = _identity(url)
        store.subscribers.add(Subscriber(address="ada@example.com"), now=make.WHEN)
        _run(url, b"ANALYZE")  # also of PostgreSQL's own tables, as autovacuum does
    with databases.lent() as url, open_store(url) as store:
        assert _identity(url) == before
        assert list(store.subscribers.stream()) == []


def test_a_database_with_another_table_is_replaced(databases: Databases) -> None:
    with databases.lent() as url:
        before = _identity(url)
        _run(url, b"CREATE TABLE another (id int)")
    with databases.lent() as url:
        assert _identity(url) != before
