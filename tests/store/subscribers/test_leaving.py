"""Reasons for leaving in both databases: counted once for each unsubscription."""

from datetime import timedelta
from threading import Barrier, Thread

from newsletter.domain.consent import UnsubscribeRequest
from newsletter.domain.leaving import ASK_WITHIN, ReasonCount
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Subscriber
from newsletter.store import Store
from tests import make

ISSUE = "2026-11-23"


def left(store: Store, name: str = "ada") -> str:
    """Add a reader who unsubscribes, and return their key."""
    reader = store.subscribers.add(Subscriber(address=f"{name}@example.com"), now=make.WHEN)
    store.self_service.unsubscribe([UnsubscribeRequest(key=reader.key, how="page", issue=ISSUE)], make.WHEN)
    return reader.key


def give(store: Store, key: str, reason: str = "often", *, issue: str = ISSUE, later: timedelta = timedelta()) -> bool:
    now = make.WHEN + later
    return store.leaving.count_reason(key, reason, issue=issue, subject=f"hash {key}", day=now.date(), now=now)


def test_reasons_are_counted_by_issue(store: Store) -> None:
    day, day_after = make.WHEN.date(), make.WHEN.date() + timedelta(days=1)
    for name, reason in (("a", "often"), ("b", "time"), ("c", "often"), ("d", "Zu viel Sport")):
        assert give(store, left(store, name), reason)
    assert give(store, left(store, "e"), later=timedelta(days=1))
    assert give(store, left(store, "f"), issue="2026-11-24", later=timedelta(days=1))
    counts = store.leaving.reasons(ISSUE)
    assert counts == [
        ReasonCount(reason="often", days={day: 2, day_after: 1}),
        ReasonCount(reason="Zu viel Sport", days={day: 1}),
        ReasonCount(reason="time", days={day: 1}),
    ]
    assert [given.readers for given in counts] == [3, 1, 1]
    assert [given.readers for given in store.leaving.reasons("2026-11-24")] == [1]
    assert store.leaving.reasons("2026-11-25") == []


def test_reasons_by_no_issues_message_are_counted_by_day(store: Store) -> None:
    store.subscribers.add(Subscriber(address="reader@example.com"), now=make.WHEN)
    key, later = left(store, "a"), timedelta(days=1)
    store.sends.freeze(
        compiled=make.compiled(issue=ISSUE),
        tailor=make.tailor(),
        date=make.WHEN,
        segments=[EVERYONE],
        provider="ses",
        now=make.WHEN,
    )
    assert give(store, key)
    assert give(store, left(store, "b"), issue="service")
    assert give(store, left(store, "c"), issue="preferences")
    assert give(store, left(store, "d"), issue="service", later=later)
    day = make.WHEN.date()
    whole = store.leaving.other_reasons(since=day, before=None)
    assert whole == [ReasonCount(reason="often", days={day: 2, day + later: 1})]
    assert [given.readers for given in store.leaving.other_reasons(since=day, before=day + later)] == [2]
    assert [given.readers for given in store.leaving.other_reasons(since=day + later, before=None)] == [1]
    assert store.leaving.other_reasons(since=day + later, before=day + later) == []


def test_a_reader_gives_one_reason_also_by_another_issues_link(store: Store) -> None:
    key = left(store)
    assert store.leaving.may_give_reason(key, f"hash {key}", make.WHEN)
    assert give(store, key)
    assert not store.leaving.may_give_reason(key, f"hash {key}", make.WHEN)
    assert not give(store, key, "time", issue="2026-11-20", later=timedelta(hours=2))


def test_only_readers_who_left_lately_give_a_reason(store: Store) -> None:
    reader = store.subscribers.add(Subscriber(address="ben@example.com"), now=make.WHEN)
    key = left(store)
    assert not give(store, reader.key)
    assert not give(store, "0" * 32)
    late = ASK_WITHIN + timedelta(seconds=1)
    assert not store.leaving.may_give_reason(key, f"hash {key}", make.WHEN + late)
    assert not give(store, key, later=late)
    assert give(store, key, later=ASK_WITHIN)


def test_simultaneous_reasons_of_a_reader_are_one(store: Store) -> None:
    key = left(store)
    ready, counted = Barrier(4), list[bool]()

    def hurry() -> None:
        ready.wait(10)
        counted.append(give(store, key))

    threads = [Thread(target=hurry) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(counted) == [False, False, False, True]
    assert [given.readers for given in store.leaving.reasons(ISSUE)] == [1]
