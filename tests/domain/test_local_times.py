"""When a send begins in each reader's own time zone."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.domain.local_times import HOME, InvalidLocalTimeError, moment_in_zone, moments_by_zone, parse_local_time
from newsletter.domain.schedule import SkippedTimeError, parse_moment

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = sorted(available_timezones() - {"Factory", "localtime"})
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


def test_a_local_time_is_hours_and_minutes() -> None:
    assert parse_local_time("07:00") == time(7)
    for text in ("7:00", "07:60", "24:00", "07:00:00", "7", "seven", ""):
        with pytest.raises(InvalidLocalTimeError, match="is not a local time: write hours and minutes: 07:00"):
            parse_local_time(text)


def test_a_nonexistent_local_time_is_shifted_and_an_ambiguous_one_is_the_first() -> None:
    spring = moment_in_zone(date(2026, 3, 29), time(2, 30), BERLIN)
    assert spring.at == utc("2026-03-29 01:00")
    assert spring.notice == "2026-03-29 02:30 does not exist in Europe/Berlin: readers there get it at 03:00"
    autumn = moment_in_zone(date(2026, 10, 25), time(2, 30), BERLIN)
    assert (autumn.at, autumn.notice) == (utc("2026-10-25 00:30"), "")


def test_a_day_that_a_zone_skips_begins_with_the_next() -> None:
    # Samoa went from the 29th to the 31st of December 2011.
    assert moment_in_zone(date(2011, 12, 30), time(7), ZoneInfo("Pacific/Apia")).at == utc("2011-12-30 10:00")


def test_each_zone_begins_on_the_same_day_by_its_own_clock() -> None:
    zones = ["America/New_York", "Pacific/Kiritimati", HOME, "Europe/Berlin", "America/New_York"]
    local = moments_by_zone(date(2026, 11, 23), time(7), zones, home=BERLIN)
    assert local.moments == {
        HOME: utc("2026-11-23 06:00"),
        "Pacific/Kiritimati": utc("2026-11-22 17:00"),
        "Europe/Berlin": utc("2026-11-23 06:00"),
        "America/New_York": utc("2026-11-23 12:00"),
    }
    assert (local.first, local.last) == (utc("2026-11-22 17:00"), utc("2026-11-23 12:00"))
    assert local.notices == ()


def test_readers_whose_local_time_has_passed_are_counted() -> None:
    readers = {HOME: 1000, "Asia/Tokyo": 200, "Asia/Seoul": 4, "America/New_York": 50, "Asia/Manila": 0}
    local = moments_by_zone(date(2026, 11, 23), time(7), readers, home=BERLIN)
    assert local.passed_notice(readers, utc("2026-11-22 21:00")) == ""
    assert local.passed_notice(readers, utc("2026-11-23 05:00")) == (
        "07:00 has already passed for 204 readers (Asia/Seoul, Asia/Tokyo), who get it at once"
    )
    told = local.passed_notice(readers, utc("2026-11-23 06:01"))
    assert "for 1,204 readers (the newsletter's own zone, Asia/Seoul, Asia/Tokyo), who" in told


def test_shifted_and_unknown_zones_are_reported_together() -> None:
    zones = [
        "Europe/Berlin",
        "Europe/Paris",
        "Europe/Rome",
        "Europe/Vienna",
        "Europe/Madrid",
        "Asia/Tokyo",
        "Mars/Tharsis",
    ]
    local = moments_by_zone(date(2026, 3, 29), time(2, 30), zones, home=BERLIN)
    there = "Europe/Berlin, Europe/Madrid, Europe/Paris and 2 more time zones"
    assert local.notices == (
        f"02:30 does not exist on 2026-03-29 in {there}: readers there get it at 03:00",
        "this machine does not know Mars/Tharsis: readers there get it at the time of Europe/Berlin",
    )
    assert local.moments["Mars/Tharsis"] == local.moments[HOME] == utc("2026-03-29 01:00")


def offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    result = moment.astimezone(zone).utcoffset()
    assert result is not None
    return result


def shown(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the local time in a zone, without its zone."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


@cache
def changes(name: str, year: int) -> tuple[datetime, ...]:
    """Return the hours of a year in which a zone's offset changes."""
    zone, result = ZoneInfo(name), []
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=at) for at in range(0, 366 * 24 + 1, 12)]
    for before, after in pairwise(hours):
        if offset(before, zone) != offset(after, zone):
            result += [
                hour
                for hour in (before + timedelta(hours=at) for at in range(12))
                if offset(hour, zone) != offset(hour + timedelta(hours=1), zone)
            ]
    return tuple(result)


@st.composite
def zones_and_times(draw: st.DrawFn) -> tuple[str, datetime]:
    """Draw a zone and a local time: any minute of 2020 to 2035, often near a change of the clock."""
    name, year = draw(st.sampled_from(ZONES)), draw(st.integers(2020, 2035))
    near = changes(name, year)
    if near and draw(st.integers(0, 3)) > 0:
        begin, minutes = shown(draw(st.sampled_from(near)), ZoneInfo(name)), draw(st.integers(-200, 200))
    else:
        begin, minutes = datetime(year, 1, 1), draw(st.integers(0, 365 * 24 * 60))  # noqa: DTZ001  a wall clock
    return name, (begin + timedelta(minutes=minutes)).replace(second=0)


def moments_showing(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return all moments at which a zone's clock shows this time, by trying every offset it has around then."""
    there = wall.replace(tzinfo=UTC)
    offsets = {offset(there + timedelta(hours=at), zone) for at in range(-30, 31)}
    return sorted(there - shift for shift in offsets if offset(there - shift, zone) == shift)


@settings(max_examples=250)
@given(zones_and_times())
def test_a_local_time_begins_when_the_clock_first_shows_or_skips_it(wanted: tuple[str, datetime]) -> None:
    name, wall = wanted
    zone = ZoneInfo(name)
    begin = moment_in_zone(wall.date(), wall.time(), zone)
    all_of_them = moments_showing(wall, zone)
    if all_of_them:
        assert (begin.at, begin.notice) == (all_of_them[0], "")
        assert shown(begin.at, zone) == wall
        parsed = parse_moment(f"{wall:%Y-%m-%d %H:%M}", zone, begin.at - SECOND)
        assert (parsed.at, bool(parsed.notice)) == (all_of_them[0], len(all_of_them) > 1)
    else:
        assert begin.notice
        assert shown(begin.at - SECOND, zone) < wall < shown(begin.at, zone)
        with pytest.raises(SkippedTimeError, match="does not exist") as refused:
            parse_moment(f"{wall:%Y-%m-%d %H:%M}", zone, NOW)
        named = refused.value.hint.split('"')[1]
        assert parse_moment(named, zone, begin.at - SECOND).at == begin.at


@settings(max_examples=100)
@given(zones_and_times())
def test_a_local_time_comes_once_a_day(wanted: tuple[str, datetime]) -> None:
    name, wall = wanted
    days = [wall.date() + DAY * at for at in range(-2, 3)]
    begins = [moment_in_zone(day, wall.time(), ZoneInfo(name)).at for day in days]
    assert [shown(begin, ZoneInfo(name)).date() for begin in begins] == days
    assert begins == sorted(set(begins))


@settings(max_examples=20)
@given(zones_and_times())
def test_zones_further_ahead_begin_earlier(wanted: tuple[str, datetime]) -> None:
    wall = wanted[1]
    local = moments_by_zone(wall.date(), wall.time(), ZONES, home=ZoneInfo("UTC"))
    assert local.moments.keys() == {HOME, *ZONES}
    there = wall.replace(tzinfo=UTC)
    assert there - timedelta(hours=14) <= local.first <= local.moments["UTC"] == there
    assert local.last <= there + timedelta(hours=12)
    on_time = [
        (-offset(at, ZoneInfo(name)), at)
        for name, at in local.moments.items()
        if name and shown(at, ZoneInfo(name)) == wall
    ]
    assert [at for _, at in sorted(on_time)] == sorted(at for _, at in on_time)
