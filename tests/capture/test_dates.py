"""Dates and durations as pages write them."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.capture.dates import date_in_address, parse_minutes, parse_published

DAY = datetime.date(2026, 11, 3)


@pytest.mark.parametrize(
    "text",
    [
        *("2026-11-03", "2026-11-03T23:59:59-08:00", "2026-11-03 10:00", "20261103", "20261103T100000Z", "2026/11/03"),
        *("2026.11.3", "3.11.2026", "3. 11. 2026", "November 3, 2026", "Nov. 3rd, 2026", "3 November 2026"),
        *("Tue, 03 Nov 2026 05:00:00 GMT", "3. November 2026", "3 novembre 2026", "2026年11月3日", " 2026-11-03\n"),
        *("Tuesday, November 3, 2026 at 9:00 AM", "Published on 3 Nov 2026"),
    ],
)
def test_a_date_is_read_by_the_clock_of_its_own_time_zone(text: str) -> None:
    assert parse_published(text) == DAY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "03/04/2026",
        "2026",
        "2026-13-40",
        "9999-99-99",
        "0001-01-01",
        "yesterday",
        "1604448000",
        "31 Smarch 2026",
        "\0",
    ],
)
def test_what_names_no_single_day_is_no_date(text: str) -> None:
    assert parse_published(text) is None


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("PT7M", 7), ("PT1H5M", 65), ("PT312S", 5), ("PT38M20S", 38), ("P0DT0H3M10S", 3), ("PT5S", 1), ("pt7m", 7)],
)
def test_a_duration_is_read_in_minutes(text: str, minutes: int) -> None:
    assert parse_minutes(text) == minutes


@pytest.mark.parametrize("text", ["", "P", "PT", "7 minutes", "PT0M", "PTM", "12:41"])
def test_what_is_no_duration_has_no_minutes(text: str) -> None:
    assert parse_minutes(text) is None


def test_a_date_in_an_address_is_a_whole_one() -> None:
    assert date_in_address("https://example.org/2026/11/03/title") == DAY
    assert date_in_address("https://example.org/2026/11/title") is None
    assert date_in_address("https://example.org/id/2026/45/99/x") is None


@given(st.text(max_size=60))
def test_no_text_makes_them_fail(text: str) -> None:
    parse_published(text)
    parse_minutes(text)
    date_in_address(text)
