"""Deliveries in both databases that are due by readers' local times, or on the days of a warm-up."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.segment import EVERYONE, Segment
from newsletter.domain.send import Send
from newsletter.domain.subscriber import Subscriber, SubscriberStatus, SuppressionReason
from newsletter.store import Store
from newsletter.store.sends.due_times import DAY, due_by_consent, due_by_zone, readers_by_zone
from newsletter.store.tables import delivery
from tests import ledger, make
from tests.rows import database_of, fetch

START = 1_800_000_000
CONSENT = datetime(2025, 1, 1, 12, tzinfo=UTC)
ASIA = Segment(slug="asia", name="Asia", any=(frozenset({"asia"}),))


def reader(name: str, zone: str = "", *, days: int = 0, topic: str = "asia") -> Subscriber:
    """Return a reader whose consent is this number of days newer than the first."""
    created = CONSENT + timedelta(days=days)
    return Subscriber(address=f"{name}@example.com", time_zone=zone, created=created, topics=(topic,))


def frozen(store: Store, *readers: Subscriber, issue: str = "2026-11-23") -> Send:
    store.subscribers.merge([readers], now=make.WHEN)
    return store.sends.freeze(
        compiled=make.compiled(issue=issue),
        tailor=make.tailor(),
        date=make.WHEN,
        segments=[EVERYONE],
        provider="outbox",
        now=make.WHEN,
    )


def put_off(store: Store, *calls: Callable[[sa.Connection], None]) -> None:
    with database_of(store).writing() as connection:
        for call in calls:
            call(connection)


def dues(store: Store, send: Send) -> dict[str, int]:
    """Return when each reader's delivery is due, by the name in their address."""
    names = {reading.id: reading.address.partition("@")[0] for reading in store.subscribers.stream()}
    rows = fetch(store, sa.select(delivery.c.subscriber, delivery.c.due).where(delivery.c.send == send.id))
    return {names.get(row.subscriber, "removed"): row.due for row in rows}


ROME, TOKYO = reader("rome", "Europe/Rome"), reader("tokyo", "Asia/Tokyo")
HOME, ODD = reader("home"), reader("odd", "Mars/Tharsis")
MOMENTS = {"Europe/Rome": START + 600, "Asia/Tokyo": START, "America/New_York": START + 900}


def test_each_reader_is_due_by_their_local_time(store: Store) -> None:
    send = frozen(store, ROME, TOKYO, HOME, ODD)
    put_off(store, lambda connection: due_by_zone(connection, send.id, MOMENTS, START + 300))
    assert dues(store, send) == {"rome": START + 600, "tokyo": START, "home": START + 300, "odd": START + 300}
    at_each = {
        now: [delivery.address for delivery in ledger.claim(store, send.id, size=10, now=now)]
        for now in (START - 1, START, START + 300, START + 600)
    }
    assert at_each == {
        START - 1: [],
        START: ["tokyo@example.com"],
        START + 300: ["home@example.com", "odd@example.com"],
        START + 600: ["rome@example.com"],
    }


def test_without_zones_all_readers_are_due_at_once_and_setting_it_twice_is_harmless(store: Store) -> None:
    send = frozen(store, ROME, HOME)
    for default in (START, START + 60):
        put_off(store, partial(due_by_zone, send_id=send.id, moments={}, default=default))
        assert dues(store, send) == {"rome": default, "home": default}


def test_only_open_deliveries_of_the_send_get_a_due_time(store: Store) -> None:
    send = frozen(store, ROME, TOKYO, HOME)
    (first,) = ledger.claim(store, send.id, size=1)
    ledger.record(store, send.id, [Receipt(subscriber=first.subscriber, status=DeliveryStatus.SUBMITTED)])
    store.subscribers.remove("home@example.com")
    other = frozen(store, issue="2026-11-24")
    put_off(
        store,
        lambda connection: due_by_zone(connection, send.id, MOMENTS, START),
        lambda connection: due_by_consent(connection, send.id, [0], START),
    )
    assert dues(store, send) == {"rome": 0, "tokyo": START + DAY, "removed": 0}
    assert dues(store, other) == {"rome": 0, "tokyo": 0}


# Reader a has the newest consent; b, c and d have the same one, and were added in this order.
YOUNG = [reader("e", days=1), reader("b", days=5), reader("c", days=5), reader("d", days=5), reader("a", days=9)]


@pytest.mark.parametrize(
    ("per_day", "days"),
    [
        ([1, 2], "01122"),
        ([1, 2, 1, 1], "01123"),
        ([1, 1, 1, 1], "01234"),
        ([2, 100], "00111"),
        ([0, 2, 0, 2], "11334"),
        ([100], "00000"),
        ([5, 7], "00000"),
        ([0, 0], "22222"),
        ([], "00000"),
    ],
)
def test_a_warm_up_begins_with_the_newest_consent(store: Store, per_day: list[int], days: str) -> None:
    send = frozen(store, *YOUNG)
    put_off(store, lambda connection: due_by_consent(connection, send.id, per_day, START))
    assert dues(store, send) == {name: START + DAY * int(day) for name, day in zip("abcde", days, strict=True)}


@pytest.mark.parametrize("order", [1, -1], ids=["zones first", "warm-up first"])
def test_the_later_of_local_time_and_warm_up_day_counts(store: Store, order: int) -> None:
    send = frozen(store, reader("early", "Asia/Tokyo", days=2), reader("late", "Europe/Rome", days=1), reader("next"))
    calls = [
        lambda connection: due_by_zone(connection, send.id, MOMENTS, START - 3600),
        lambda connection: due_by_consent(connection, send.id, [2], START + 60),
    ]
    put_off(store, *calls[::order])
    assert dues(store, send) == {"early": START + 60, "late": START + 600, "next": START + 60 + DAY}


def test_the_readers_of_an_audience_are_counted_by_zone(store: Store) -> None:
    left = Subscriber(address="left@example.com", time_zone="Asia/Tokyo", status=SubscriberStatus.UNSUBSCRIBED)
    other = reader("other", "Europe/Rome", topic="nato")
    store.subscribers.merge([[ROME, reader("rome2", "Europe/Rome"), HOME, TOKYO, left, other]], now=make.WHEN)
    store.suppressions.add(TOKYO.address, SuppressionReason.BOUNCED, now=make.WHEN)
    with database_of(store).reading() as connection:
        assert readers_by_zone(connection, [ASIA], make.WHEN) == {"Europe/Rome": 2, "": 1}
        assert readers_by_zone(connection, [ASIA, EVERYONE], make.WHEN) == {"Europe/Rome": 3, "": 1}
        assert readers_by_zone(connection, [], make.WHEN) == {}
