"""An issue is missed on the eve of its day, on weekdays that usually have one."""

import datetime

import pytest

from newsletter.publishing.missing_issue import missing_tomorrow
from tests import make

NOON = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("days_before", "missed"),
    [
        ([], True),  # a new newsletter
        ([1, 2, 3], True),  # not a week old
        ([7, 14], True),  # weekly
        ([1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 40], False),  # never on this weekday lately
        ([5, 40, 47], False),
    ],
)
def test_an_issue_is_missed_only_on_weekdays_that_have_issues(days_before: list[int], missed: bool) -> None:
    tomorrow = datetime.date(2026, 11, 24)
    issues = [make.issue(date=tomorrow - datetime.timedelta(days=days)) for days in days_before]
    expected = tomorrow if missed else None
    assert missing_tomorrow(issues, NOON, datetime.time(12)) == expected
    assert missing_tomorrow(issues, NOON, datetime.time(12, 1)) is None
    assert missing_tomorrow([*issues, make.issue(date=tomorrow)], NOON, datetime.time(12)) is None
