"""Daily totals in both databases: who joined, left and bounced, each day counted once."""

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsletter.domain.consent import Consent, ConsentEvent, UnsubscribeRequest
from newsletter.domain.growth import ChangeCounts, DayTotals, TotalKind
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Subscriber, SubscriberStatus, SuppressionReason
from newsletter.store import ImportedDetails, Store, daily_totals
from newsletter.store.issue_totals import StoredTotals
from tests import make
from tests.store.subscribers.confirmation_requests import CHOICES, request_confirmation

VIENNA = ZoneInfo("Europe/Vienna")
MONDAY = date(2026, 11, 16)


def at(day: int, hour: int = 12) -> datetime:
    """Return an hour of a day in Vienna; day 0 is the Monday."""
    return datetime(2026, 11, 16, hour, tzinfo=VIENNA) + timedelta(days=day)


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def add(store: Store, name: str, when: datetime, *topics: str) -> Subscriber:
    return store.subscribers.add(Subscriber(address=f"{name}@example.org", topics=topics), when)


def sign_up(store: Store, address: str, when: datetime, *, how: str) -> None:
    """Confirm a sign-up that was made an hour before."""
    key = f"{address}{when:%d%H}{how}".ljust(32, "x")[:32]
    given = request_confirmation(store, address, key, requested=when - timedelta(hours=1), how=how)
    store.self_service.confirm(given, CHOICES, when)


def leave(store: Store, reader: Subscriber, when: datetime, how: str = "page") -> None:
    store.self_service.unsubscribe([UnsubscribeRequest(key=reader.key, how=how)], when)


def week(store: Store, days: int = 7) -> list[DayTotals]:
    return store.daily_totals.of_days(MONDAY, day(days - 1))


def test_days_are_counted_with_the_readers_at_their_end(store: Store) -> None:
    ada, eve = add(store, "ada", at(0), "maps"), add(store, "eve", at(0), "maps", "music")
    add(store, "bob", at(1))
    leave(store, ada, at(2))
    store.suppressions.add(eve.address, SuppressionReason.BOUNCED, at(3))
    assert store.daily_totals.count_days(day(5), VIENNA) == 5
    assert week(store) == [
        DayTotals(day=day(0), readers=2, joined=2),
        DayTotals(day=day(1), readers=3, joined=1),
        DayTotals(day=day(2), readers=2, left=1),
        DayTotals(day=day(3), readers=1, bounced=1),
        DayTotals(day=day(4), readers=1),
    ]
    assert store.daily_totals.sums(TotalKind.TOPIC, MONDAY, day(6)) == {
        "maps": ChangeCounts(joined=2, left=1, bounced=1),
        "music": ChangeCounts(joined=1, bounced=1),
    }
    assert store.daily_totals.sums(TotalKind.SOURCE, MONDAY, day(6)) == {
        "": ChangeCounts(bounced=1),
        "added": ChangeCounts(joined=3),
        "page": ChangeCounts(left=1),
    }
    assert store.daily_totals.followers() == {}


def test_a_day_that_was_counted_never_changes(store: Store) -> None:
    ada = add(store, "ada", at(0), "maps")
    assert store.daily_totals.count_days(day(1), VIENNA) == 1
    assert store.daily_totals.count_days(day(1), VIENNA) == 0
    assert store.subscribers.remove(ada.address)
    add(store, "eve", at(1, 15))
    assert store.daily_totals.count_days(day(2), VIENNA) == 1
    assert week(store) == [
        DayTotals(day=day(0), readers=1, joined=1),
        DayTotals(day=day(1), readers=1, joined=1),  # and one was erased
    ]


def test_a_day_begins_at_midnight_in_the_newsletters_time_zone(store: Store) -> None:
    add(store, "ada", datetime(2026, 11, 16, 22, 59, tzinfo=UTC))
    add(store, "eve", datetime(2026, 11, 16, 23, 1, tzinfo=UTC))  # after midnight in Vienna
    store.daily_totals.count_days(day(3), VIENNA)
    assert [total.joined for total in week(store)] == [1, 1, 0]


def test_sign_ups_are_counted_by_where_they_came_from(store: Store) -> None:
    for name, how in (("ada", "form"), ("eve", "api"), ("bob", "form")):
        sign_up(store, f"{name}@example.org", at(0), how=how)
    ada = store.subscribers.get("ada@example.org")
    assert ada is not None
    sign_up(store, ada.address, at(1), how="form")  # a reader already
    leave(store, ada, at(1, 14), "one click")
    assert store.self_service.undo_unsubscribe(ada.key, at(1, 15), within=timedelta(days=1), issue="")
    leave(store, ada, at(2))
    sign_up(store, ada.address, at(3), how="api")
    store.daily_totals.count_days(day(4), VIENNA)
    assert [(total.joined, total.left, total.readers) for total in week(store)] == [
        (3, 0, 3),
        (1, 1, 3),
        (0, 1, 2),
        (1, 0, 3),
    ]
    assert store.daily_totals.sums(TotalKind.SOURCE, MONDAY, day(6)) == {
        "form": ChangeCounts(joined=2),
        "api": ChangeCounts(joined=2),
        "returned": ChangeCounts(joined=1),
        "one click": ChangeCounts(left=1),
        "page": ChangeCounts(left=1),
    }


def imported(store: Store, name: str, when: datetime, *, since: datetime, left: datetime | None = None) -> None:
    """Import a reader of another platform, who signed up there long ago."""
    events = [Consent(at=since, event=ConsentEvent.ASKED), Consent(at=since, event=ConsentEvent.CONFIRMED)]
    if left:
        events.append(Consent(at=left, event=ConsentEvent.UNSUBSCRIBED, how="import"))
    status = SubscriberStatus.UNSUBSCRIBED if left else SubscriberStatus.CONFIRMED
    reader = Subscriber(address=f"{name}@example.org", status=status, created=since)
    details = {reader.address: ImportedDetails(consents=tuple(events))}
    store.subscribers.merge([[reader]], now=when, details=details)


def test_the_first_count_goes_back_to_the_beginning(store: Store) -> None:
    imported(store, "ada", at(3), since=at(0))
    imported(store, "eve", at(3), since=at(0), left=at(2))
    store.daily_totals.count_days(day(4), VIENNA)
    assert [(total.joined, total.left, total.readers) for total in week(store)] == [
        (2, 0, 2),
        (0, 0, 2),
        (0, 1, 1),
        (0, 0, 1),
    ]


def test_a_later_import_counts_on_its_own_day(store: Store) -> None:
    add(store, "bob", at(0))
    store.daily_totals.count_days(day(2), VIENNA)
    imported(store, "ada", at(3), since=at(-400))
    imported(store, "eve", at(3), since=at(-400), left=at(-300))
    store.daily_totals.count_days(day(5), VIENNA)
    assert [(total.day, total.joined, total.left, total.readers) for total in week(store)] == [
        (day(0), 1, 0, 1),
        (day(1), 0, 0, 1),
        (day(2), 0, 0, 1),
        (day(3), 1, 0, 2),
        (day(4), 0, 0, 2),
    ]


def test_readers_who_are_edited_later_have_not_joined_again(store: Store) -> None:
    add(store, "ada", at(0))
    imported(store, "eve", at(0, 13), since=at(-400))
    store.daily_totals.count_days(day(1), VIENNA)
    add(store, "bob", at(1))
    for name in ("ada", "eve"):
        edited = Subscriber(address=f"{name}@example.org", first_name="New")
        store.subscribers.merge([[edited]], now=at(1, 15))
    store.daily_totals.count_days(day(2), VIENNA)
    assert [(total.joined, total.readers) for total in week(store)] == [(1, 2), (1, 3)]
    assert store.daily_totals.of_today(day(2), VIENNA).joined == 0


def test_todays_changes_are_counted_without_the_whole_table(store: Store) -> None:
    assert store.daily_totals.of_today(MONDAY, VIENNA) == DayTotals(day=MONDAY, readers=None)
    assert not store.daily_totals.is_due(MONDAY)
    ada = add(store, "ada", at(0), "maps")
    assert store.daily_totals.is_due(day(1))
    store.daily_totals.count_days(day(1), VIENNA)
    assert not store.daily_totals.is_due(day(1))
    leave(store, ada, at(1, 9))
    add(store, "eve", at(1, 10))
    add(store, "bob", at(1, 11))
    assert store.daily_totals.of_today(day(1), VIENNA) == DayTotals(day=day(1), readers=2, joined=2, left=1)
    assert store.daily_totals.followers() == {"maps": 1}


def test_many_changes_of_today_are_counted_again_after_a_moment(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    add(store, "ada", at(0))
    store.daily_totals.count_days(day(1), VIENNA)
    add(store, "eve", at(1, 10))
    monkeypatch.setattr(daily_totals, "_MANY", 1)
    expected = {100.0: 1, 100.9: 1, 200.0: 2}  # the first count takes a twentieth of a second
    for moment, joined in expected.items():
        moments = itertools.chain((moment,), itertools.repeat(moment + 0.05))
        monkeypatch.setattr(daily_totals, "monotonic", moments.__next__)
        assert store.daily_totals.of_today(day(1), VIENNA).joined == joined
        if moment == 100.0:
            add(store, "bob", at(1, 11))


def test_nothing_is_counted_without_readers(store: Store) -> None:
    assert store.daily_totals.count_days(day(3), VIENNA) == 0
    assert week(store) == []
    assert store.daily_totals.first_day() is None


def test_an_issues_totals_replace_earlier_ones(store: Store) -> None:
    add(store, "ada", make.WHEN)
    send = store.sends.freeze(
        compiled=make.compiled(issue="2026-11-23"),
        tailor=make.tailor(),
        date=make.WHEN,
        segments=[EVERYONE],
        provider="ses",
        now=make.WHEN,
    )
    for clicks in (1, 2):
        counted = StoredTotals(counted_at=make.WHEN, milliseconds=3, totals={"clicks": clicks})
        store.issue_totals.store({send.id: counted})
    assert store.issue_totals.all() == {send.id: counted}
