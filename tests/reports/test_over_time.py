"""The report over time: days, sources, topics and issues of a range, in both databases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from newsletter.domain.consent import UnsubscribeRequest
from newsletter.domain.people import ForbiddenError, Person, Role
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Subscriber, SuppressionReason
from newsletter.domain.tracking import ClickOrOpen
from newsletter.reports.exports import ExportedTable, facts, table_rows
from newsletter.reports.over_time import BadRangeError, DayRange, OverTime, needs_counting, over_time
from newsletter.reports.over_time_view import MOST_DAYS, OverTimeView, over_time_view, periods
from newsletter.reports.page import over_time_page
from newsletter.store import Store
from tests import make
from tests.reports.test_issue_report import PERSON, issue, sent

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
WEEK = DayRange.until(NOW.date(), 7)


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def reported(store: Store, asked: DayRange = WEEK, *, now: datetime = NOW, slugs: Sequence[str] = ()) -> OverTime:
    return over_time(PERSON, store, make.newsletter(), [issue(slug) for slug in slugs], asked, now=now)


def week(store: Store) -> None:
    """Add readers before and in the week; one leaves, one bounces and one is removed after a day was counted."""
    store.subscribers.add(Subscriber(address="first@example.org", topics=("nato",)), at(1))
    for name in ("ada", "eve", "bob", "sam"):
        store.subscribers.add(Subscriber(address=f"{name}@example.org", topics=("asia", "nato")), at(20))
    ada = store.subscribers.get("ada@example.org")
    assert ada is not None
    store.self_service.unsubscribe([UnsubscribeRequest(key=ada.key, how="page")], at(21))
    store.suppressions.add("eve@example.org", SuppressionReason.BOUNCED, at(22))
    reported(store, now=at(23))
    store.subscribers.remove("bob@example.org")


def test_a_week_has_every_day_with_its_readers_and_changes(store: Store) -> None:
    week(store)
    store.subscribers.add(Subscriber(address="new@example.org"), at(24, 8))
    report = reported(store)
    assert [row[1:] for row in table_rows(report, ExportedTable.DAYS)][1:] == [
        (1, 0, 0, 0, 0, 0),
        (1, 0, 0, 0, 0, 0),
        (5, 4, 0, 0, 0, 0),
        (4, 0, 1, 0, 0, 0),
        (3, 0, 0, 1, 0, 0),
        (2, 0, 0, 0, 0, -1),  # bob was removed
        (3, 1, 0, 0, 0, 0),  # today
    ]
    assert (report.readers, report.growth, report.other) == (3, 2, -1)
    assert over_time_view(report).lede == (
        "3 readers, 2 more than before: 5 joined, 1 left and 1 bounced. "
        "1 other was taken off the list: deleted, suppressed or let in again by hand."
    )


def test_topics_that_are_followed_stand_beside_those_that_were_printed(store: Store) -> None:
    week(store)
    send = sent(store, "2026-11-23")
    sent(store, "2026-11-10")  # before the week
    store.clicks_and_opens.record([ClickOrOpen(send=send, link=1, at=at(23))] * 3)
    report = reported(store, slugs=("2026-11-23", "2026-11-10"))
    rows = [row for row in table_rows(report, ExportedTable.TOPICS) if row[0] in ("asia", "nato")]
    assert [(slug, followers, printed, clicks, joined) for slug, _, followers, printed, clicks, joined, *_ in rows] == [
        ("nato", 2, 2, 3, 4),  # bob joined, too, who was removed later
        ("asia", 1, 1, 3, 4),
    ]
    assert [figures.issue for figures in report.issues] == ["2026-11-23"]
    assert [row[0] for row in table_rows(report, ExportedTable.ISSUES)] == ["issue", "2026-11-23"]


def test_followers_of_a_topics_former_slug_count_for_the_topic(store: Store) -> None:
    former = "north-atlantic-treaty-organization"
    for name, topic in (("ada", former), ("eve", "nato")):
        store.subscribers.add(Subscriber(address=f"{name}@example.org", topics=(topic,)), at(20))
    rows = {row.slug: (row.followers, row.changes.joined) for row in reported(store).topics}
    assert rows["nato"] == (2, 2)
    assert former not in rows


def test_only_publishers_see_it(store: Store) -> None:
    editor = Person(name="Eve", address="eve@example.org", role=Role.EDITOR)
    with pytest.raises(ForbiddenError):
        over_time(editor, store, make.newsletter(), [], WEEK, now=NOW)


def test_counting_is_needed_once_a_day(store: Store) -> None:
    assert not needs_counting(store, make.newsletter(), now=NOW)
    week(store)
    assert needs_counting(store, make.newsletter(), now=NOW)
    reported(store)
    assert not needs_counting(store, make.newsletter(), now=NOW)
    assert needs_counting(store, make.newsletter(), now=NOW + timedelta(days=1))


def test_a_range_begins_before_it_ends() -> None:
    with pytest.raises(BadRangeError, match="2026-11-24 is after 2026-11-23"):
        DayRange(first=date(2026, 11, 24), last=date(2026, 11, 23))
    assert DayRange.until(date(2026, 11, 24), 1).days == 1


def test_a_newsletter_without_readers_has_a_report(store: Store) -> None:
    report = reported(store)
    assert (report.days, report.issues, report.readers) == ((), (), None)
    assert facts(report)["days"] == []
    assert "the first numbers follow tomorrow" in over_time_page(report, make.newsletter())


def test_followers_are_unknown_until_a_day_was_counted(store: Store) -> None:
    store.subscribers.add(Subscriber(address="new@example.org", topics=("asia",)), at(24, 8))
    store.sends.freeze(
        compiled=make.compiled(issue="2026-11-24"),
        tailor=make.tailor(),
        date=NOW,
        segments=[EVERYONE],
        provider="ses",
        now=at(24, 8),
    )
    report = reported(store, slugs=("2026-11-24",))
    asia = next(row for row in report.topics if row.slug == "asia")
    assert (asia.followers, asia.printed) == (None, 1)
    assert [row[2] for row in table_rows(report, ExportedTable.TOPICS)][1:] == [""] * len(report.topics)
    page = over_time_page(report, make.newsletter())
    assert "<td>–</td>" in page
    assert "those of today follow tomorrow" in page
    assert "the first numbers follow tomorrow" in page
    next_day = over_time(PERSON, store, make.newsletter(), [], WEEK, now=at(25))
    assert "the first numbers follow tomorrow" not in over_time_page(next_day, make.newsletter())


def view_of(store: Store, days: int) -> OverTimeView:
    store.subscribers.add(Subscriber(address="old@example.org"), NOW - timedelta(days=days - 1))
    return over_time_view(reported(store, DayRange.until(NOW.date(), days)))


@pytest.mark.parametrize(("days", "heading", "most"), [(MOST_DAYS, "Day", 120), (365, "Week", 54), (2000, "Month", 67)])
def test_long_ranges_are_drawn_by_week_or_month(store: Store, days: int, heading: str, most: int) -> None:
    readers, changes = view_of(store, days).growth
    assert (readers.heading, len(readers.points) <= most) == (heading, True)
    assert sum(value or 0 for value in changes.series[0].values) == 1


def test_a_weeks_readers_are_those_at_its_end(store: Store) -> None:
    report = view_of(store, 200).report
    assert all(period.readers == 1 for period in periods(report.days))


def test_the_page_names_nobody_and_has_no_scripts(store: Store) -> None:
    week(store)
    sent(store, "2026-11-23")
    newsletter = replace(make.newsletter(), name="<script>alert(1)</script>")
    page = over_time_page(reported(store, slugs=("2026-11-23",)), newsletter)
    assert "example.org" not in page
    assert "<script" not in page
    assert "18 November 2026 to 24 November 2026" in page
