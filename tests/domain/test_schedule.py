"""When a send begins, in every time zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from newsletter.domain.schedule import (
    InvalidTimeError,
    PassedTimeError,
    SkippedTimeError,
    is_late,
    parse_moment,
    parse_zone,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = sorted(available_timezones() - {"Factory", "localtime"})
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("2026-11-23 06:30", "Europe/Berlin", "2026-11-23 05:30"),
        ("2026-11-23T06:30", "UTC", "2026-11-23 06:30"),
        (" 2026-07-01 00:00 ", "Pacific/Kiritimati", "2026-06-30 10:00"),
        ("2026-03-29 03:00", "Europe/Berlin", "2026-03-29 01:00"),
    ],
)
def test_a_time_is_read_in_its_zone(text: str, zone: str, moment: str) -> None:
    begin = parse_moment(text, ZoneInfo(zone), NOW)
    assert (begin.at, begin.at.tzinfo, begin.notice) == (utc(moment), UTC, "")


@pytest.mark.parametrize(
    ("text", "zone", "hint"),
    [
        ("2026-03-29 02:30", "Europe/Berlin", '"2026-03-29 03:00"'),
        ("2026-03-29 02:00", "Europe/Berlin", '"2026-03-29 03:00"'),
        ("2026-03-29 00:15", "Asia/Beirut", '"2026-03-29 01:00"'),
        ("2026-10-04 02:10", "Australia/Lord_Howe", '"2026-10-04 02:30"'),
        ("2026-03-29 01:00", "Antarctica/Troll", '"2026-03-29 03:00"'),
    ],
)
def test_a_nonexistent_time_is_refused_with_the_next_valid_one(text: str, zone: str, hint: str) -> None:
    with pytest.raises(SkippedTimeError, match=f"{text} does not exist in {zone}") as refused:
        parse_moment(text, ZoneInfo(zone), NOW)
    assert refused.value.hint == f"write {hint}, the first moment that exists"


def test_an_ambiguous_time_means_the_first_with_a_notice() -> None:
    begin = parse_moment("2026-10-25 02:30", BERLIN, NOW)
    assert begin.at == utc("2026-10-25 00:30")
    twice = "2026-10-25 02:30 occurs twice in Europe/Berlin, where clocks go back then"
    assert begin.notice == f"{twice}: the first one is used, 00:30 UTC"
    with pytest.raises(PassedTimeError, match="has passed"):
        parse_moment("2026-10-25 02:30", BERLIN, utc("2026-10-25 01:00"))


def test_a_time_that_has_passed_is_refused() -> None:
    for now in (utc("2026-11-23 05:30"), utc("2026-11-23 12:00")):
        with pytest.raises(
            PassedTimeError, match=r"2026-11-23 06:30 has passed: it is 2026-11-23 \d\d:\d\d in Europe/Berlin"
        ):
            parse_moment("2026-11-23 06:30", BERLIN, now)
    assert parse_moment("2026-11-23 06:30", BERLIN, utc("2026-11-23 05:29")).at == utc("2026-11-23 05:30")


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "2026-11-23", "2026-02-30 06:30", "2026-11-23 25:00", "2026-11-23 6:30", "2026-11-23 06:30+01:00",
     "23.11.2026 06:30", "2026-11-23  06:30", "0001-01-01 00:00", "٢٠٢٦-11-23 06:30"],
)  # fmt: skip
def test_an_invalid_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidTimeError, match=r"is not a date and time: write it as .* in Europe/Berlin time"):
        parse_moment(text, BERLIN, NOW)


def test_a_zone_has_its_iana_name() -> None:
    assert {parse_zone(name) for name in ZONES} == set(ZONES)
    assert parse_zone(" america/new york ") == "America/New_York"
    for text, reason in (
        ("Europe/Berlim", 'no time zone "Europe/Berlim": did you mean "Europe/Berlin"?'),
        ("(GMT+01:00) Rome", 'no time zone "(GMT+01:00) Rome": write an IANA name such as Europe/Berlin'),
        ("localtime", 'no time zone "localtime": write an IANA name such as Europe/Berlin'),
    ):
        with pytest.raises(ValueError, match="time zone") as refused:
            parse_zone(text)
        assert str(refused.value) == reason


def test_a_send_is_late_after_its_deadline() -> None:
    begins = utc("2026-11-23 06:00")
    assert not is_late(begins, 6 * 3600, begins - DAY)
    assert not is_late(begins, 6 * 3600, begins + timedelta(hours=6))
    assert is_late(begins, 6 * 3600, begins + timedelta(hours=6) + SECOND)
