"""Quiet hours in local time, on ordinary days and when clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.quiet_hours import parse_quiet_hours, quiet_until

BERLIN, NEW_YORK, LORD_HOWE = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")
APIA = ZoneInfo("Pacific/Apia")


def until(quiet: str, zone: ZoneInfo, local: str, fold: int = 0) -> str | None:
    """Return the end in local time, with its offset from UTC."""
    end = quiet_until(parse_quiet_hours(quiet), datetime.fromisoformat(local).replace(tzinfo=zone, fold=fold), zone)
    assert end is None or end.tzinfo is UTC
    return end.astimezone(zone).isoformat(" ", "minutes") if end else None


@pytest.mark.parametrize(
    ("local", "end"),
    [
        ("2026-11-23 21:59:59", None),
        ("2026-11-23 22:00", "2026-11-24 06:00+01:00"),
        ("2026-11-24 00:00", "2026-11-24 06:00+01:00"),
        ("2026-11-24 05:59:59", "2026-11-24 06:00+01:00"),
        ("2026-11-24 06:00", None),
    ],
)
def test_quiet_hours_can_span_midnight(local: str, end: str | None) -> None:
    assert until("22:00-06:00", BERLIN, local) == end


def test_quiet_hours_can_be_within_a_day() -> None:
    assert until("12:00-14:30", BERLIN, "2026-11-23 13:00") == "2026-11-23 14:30+01:00"
    assert until("12:00-14:30", BERLIN, "2026-11-23 23:00") is None
    assert until("00:00-06:00", BERLIN, "2026-11-23 00:00") == "2026-11-23 06:00+01:00"
    assert until("22:00-00:00", BERLIN, "2026-11-23 23:59") == "2026-11-24 00:00+01:00"


@pytest.mark.parametrize(
    ("quiet", "zone", "local", "fold", "end"),
    [
        # Put forward on 29 March at 2:00.
        ("22:00-06:00", BERLIN, "2026-03-28 23:00", 0, "2026-03-29 06:00+02:00"),
        ("22:00-02:30", BERLIN, "2026-03-28 23:00", 0, "2026-03-29 03:00+02:00"),
        ("22:00-02:30", BERLIN, "2026-03-29 03:00", 0, None),
        ("02:30-06:00", BERLIN, "2026-03-29 01:59", 0, None),
        ("02:30-06:00", BERLIN, "2026-03-29 03:00", 0, "2026-03-29 06:00+02:00"),
        ("22:00-02:15", LORD_HOWE, "2026-10-03 23:00", 0, "2026-10-04 02:30+11:00"),
        ("22:00-06:00", APIA, "2011-12-29 23:00", 0, "2011-12-31 06:00+14:00"),
        # Put back on 25 October at 3:00.
        ("22:00-06:00", BERLIN, "2026-10-24 23:00", 0, "2026-10-25 06:00+01:00"),
        ("22:00-02:30", BERLIN, "2026-10-24 23:00", 0, "2026-10-25 02:30+01:00"),
        ("22:00-02:30", BERLIN, "2026-10-25 02:45", 0, "2026-10-25 02:30+01:00"),
        ("22:00-02:30", BERLIN, "2026-10-25 02:30", 1, None),
        ("02:30-06:00", BERLIN, "2026-10-25 02:00", 1, "2026-10-25 06:00+01:00"),
        ("02:30-02:15", BERLIN, "2026-10-24 23:00", 0, "2026-10-26 02:15+01:00"),
        ("22:00-01:30", NEW_YORK, "2026-10-31 23:00", 0, "2026-11-01 01:30-05:00"),
    ],
)
def test_quiet_hours_follow_the_clock_when_it_is_changed(
    quiet: str, zone: ZoneInfo, local: str, fold: int, end: str
) -> None:
    assert until(quiet, zone, local, fold) == end


@given(
    st.sampled_from([BERLIN, NEW_YORK, LORD_HOWE]),
    st.sampled_from([datetime(2026, month, 1, tzinfo=UTC) for month in (3, 4, 10, 11)]),
    st.integers(0, 31 * 24 * 60),
    st.integers(0, 1439),
    st.integers(0, 1439),
)
def test_quiet_hours_last_until_their_end_on_the_local_clock(
    zone: ZoneInfo, month: datetime, minute: int, start: int, end: int
) -> None:
    if start == end:
        return
    quiet = parse_quiet_hours(f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}")
    now = month + timedelta(minutes=minute)
    shown = now.astimezone(zone).time()
    night = start > end
    inside = (shown >= quiet.start or shown < quiet.end) if night else quiet.start <= shown < quiet.end
    quiet_end = quiet_until(quiet, now, zone)
    assert quiet_end or not inside
    if quiet_end:
        assert now < quiet_end
        assert quiet_until(quiet, quiet_end, zone) is None


@pytest.mark.parametrize("text", ["", "22-6", "22:00", "22:00-6:00", "24:00-06:00", "22:60-06:00", "٢٢:00-06:00"])
def test_invalid_quiet_hours_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"22:00-06:00|from 00:00 to 23:59"):
        parse_quiet_hours(text)


def test_quiet_hours_of_no_length_are_refused() -> None:
    with pytest.raises(ValueError, match="begin and end at the same time"):
        parse_quiet_hours("06:00-06:00")
    assert str(parse_quiet_hours(" 22:00 - 06:00 ")) == "22:00-06:00"
