"""The start of a scheduled send."""

from datetime import UTC, date, datetime, timedelta

import pytest

from newsletter.domain.subscriber import Subscriber
from newsletter.errors import UsageError
from newsletter.publishing.sends.start_time import start_at, start_at_local_time
from newsletter.settings import Settings
from newsletter.store import Store
from tests.newsletter_folder import write_issue

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_a_time_is_one_of_the_newsletters_zone(settings: Settings) -> None:
    start = start_at(settings, "2026-11-23 00:30", now=NOW)
    assert start.begins == datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert (start.day, start.days, start.local_time, start.notices) == (MONDAY, 0, "", ())
    assert not start.is_far_ahead


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-11-21 06:30", "2026-13-01 06:30"])
def test_a_time_that_is_none_or_has_passed_is_refused(settings: Settings, text: str) -> None:
    with pytest.raises(UsageError):
        start_at(settings, text, now=NOW)


def test_a_time_more_than_sixty_days_away_is_far_ahead(settings: Settings) -> None:
    near, far = (start_at(settings, f"{NOW + timedelta(days=days):%Y-%m-%d %H:%M}", now=NOW) for days in (60, 62))
    assert (near.is_far_ahead, far.is_far_ahead) == (False, True)
    assert far.days == 61


def test_a_change_of_the_clocks_gives_a_notice(settings: Settings) -> None:
    start = start_at(settings, "2027-10-31 02:30", now=NOW)
    assert start.begins == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert start.notices == (
        "2027-10-31 02:30 occurs twice in Europe/Vienna, where clocks go back then: the first one is used, 00:30 UTC",
    )


def test_a_local_time_begins_with_the_readers_who_are_furthest_east(settings: Settings, store: Store) -> None:
    for name, zone in (("ada", "Asia/Tokyo"), ("ben", "America/New_York")):
        store.subscribers.add(Subscriber(address=f"{name}@example.com", time_zone=zone), now=NOW)
    issue = write_issue(settings.root, MONDAY, "train")
    start = start_at_local_time(settings, store, issue, "07:00", now=NOW)
    assert (start.begins, start.local_time) == (datetime(2026, 11, 22, 22, tzinfo=UTC), "07:00")
    assert (start.day, start.notices) == (MONDAY, ())


def test_readers_for_whom_a_local_time_has_passed_get_the_issue_at_once(settings: Settings, store: Store) -> None:
    store.subscribers.add(Subscriber(address="ada@example.com", time_zone="Asia/Tokyo"), now=NOW)
    issue = write_issue(settings.root, MONDAY, "train")
    now = datetime(2026, 11, 23, 1, tzinfo=UTC)
    start = start_at_local_time(settings, store, issue, "07:00", now=now)
    assert start.begins == now
    assert start.notices == ("07:00 has already passed for 1 reader (Asia/Tokyo), who get it at once",)
    assert start.day == MONDAY


def test_a_local_time_that_has_passed_everywhere_is_a_send_of_today(settings: Settings, store: Store) -> None:
    issue = write_issue(settings.root, MONDAY, "train")
    later = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
    assert start_at_local_time(settings, store, issue, "07:00", now=later).day == date(2026, 11, 26)
