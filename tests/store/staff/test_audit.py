"""The audit log in both databases, which nobody can change."""

import pytest

from newsletter.domain.people import Act, Person
from newsletter.errors import StoreError
from newsletter.store import Store
from tests.make import WHEN
from tests.rows import database_of, query_plans

ADA = Person(name="Ada", address="ada@example.org", id=3)
ROBIN = Person(name="Robin", address="robin@example.org")


def test_entries_are_listed_the_latest_first_and_by_page(store: Store) -> None:
    store.audit.add(ADA, Act.SEND, "issue 2026-11-23", now=WHEN, detail={"recipients": 12})
    store.audit.add(ROBIN, Act.APPROVE, "issue 2026-11-23", now=WHEN)
    store.audit.add(ADA, Act.SEND, "issue 2026-11-24", now=WHEN)
    third, second, first = store.audit.entries()
    assert (first.person, first.name, first.act, first.thing, first.at) == (3, "Ada", "send", "issue 2026-11-23", WHEN)
    assert first.detail == {"recipients": 12}
    assert (second.person, second.act) == (0, "approve")
    assert store.audit.entries(before=third.id, limit=1) == [second]
    assert store.audit.entries(address="ada@example.org", thing="issue 2026-11-23") == [first]
    assert store.audit.entries(act="approve") == [second]
    assert store.audit.acts() == ["approve", "send"]


def test_entries_cannot_be_replaced_nor_the_log_emptied(store: Store) -> None:
    store.audit.add(ADA, Act.SEND, "issue 2026-11-23", now=WHEN)
    database = database_of(store)
    statement = "INSERT OR REPLACE INTO audit SELECT id, at, person, 'Robin', address, act, thing, detail FROM audit"
    if database.engine.dialect.name != "sqlite":
        statement = "TRUNCATE audit"
    with pytest.raises(StoreError), database.writing() as connection:
        connection.exec_driver_sql(statement)
    store.audit.add(ROBIN, Act.APPROVE, "issue 2026-11-23", now=WHEN)
    assert [entry.name for entry in store.audit.entries()] == ["Robin", "Ada"]


@pytest.mark.parametrize("statement", ["UPDATE audit SET name = 'Robin'", "DELETE FROM audit"])
def test_entries_cannot_be_changed_or_deleted(store: Store, statement: str) -> None:
    store.audit.add(ADA, Act.SEND, "issue 2026-11-23", now=WHEN)
    with pytest.raises(StoreError), database_of(store).writing() as connection:
        connection.exec_driver_sql(statement)
    assert [entry.name for entry in store.audit.entries()] == ["Ada"]


def test_entries_about_a_thing_and_all_acts_are_found_in_indexes(store: Store) -> None:
    with query_plans(store) as plans:
        store.audit.entries(thing="issue 2026-11-23")
        store.audit.acts()
    assert "audit_by_thing" in plans[0]
    assert "audit_by_act" in plans[1]
