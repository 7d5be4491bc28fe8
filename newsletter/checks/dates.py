"""Checks of issues' dates: typos, missed issues, and issues far ahead."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from newsletter.checks.places import at, is_dated
from newsletter.checks.rules import make_finding
from newsletter.domain.date_words import day_in_words, distance_in_words
from newsletter.domain.issue import Issue
from newsletter.domain.schedule import FAR_AHEAD
from newsletter.errors import Finding

WRONG_YEAR = timedelta(days=300)  # a date closer to today has the right year
MISSED = timedelta(days=14)  # unsent issues older than this, before the first sent one, were published elsewhere

_DATE_IN_SLUG = re.compile(r"(?:digest-)?(\d{4}-\d{2}-\d{2})(?:-.*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Today by the newsletter's clock, and the slugs of all sent issues (None without a database)."""

    today: date
    sent: frozenset[str] | None = None

    def was_sent(self, issue: Issue) -> bool:
        """Return whether the issue is known to have been sent."""
        return self.sent is not None and issue.slug in self.sent


def date_findings(issues: Sequence[Issue], calendar: Calendar | None) -> Iterator[Finding]:
    """Yield findings about the dates of unsent issues. ``issues`` are ordered by date."""
    unsent = [issue for issue in issues if is_dated(issue) and not (calendar and calendar.was_sent(issue))]
    for issue in unsent:
        yield from _file_name(issue)
        if calendar:
            yield from _distance(issue, issues, calendar)
    if calendar and calendar.sent is not None:
        yield from _overdue(unsent, issues, calendar)


def _file_name(issue: Issue) -> Iterator[Finding]:
    named = _date_of(issue.slug)
    if named is not None and named != issue.date:
        what = f"the file's name has the date {named}, but the issue is dated {issue.date}"
        yield make_finding("issue-date-name", at(issue, "date"), what, f"write date: {named}, or rename the file")


def _distance(issue: Issue, issues: Sequence[Issue], calendar: Calendar) -> Iterator[Finding]:
    today, ahead = calendar.today, issue.date - calendar.today
    if meant := _intended_date(issue, issues, today):
        hint = f"if you meant this year, write date: {meant}"
        yield make_finding("issue-date-year", at(issue, "date"), _dated(issue, today), hint)
    elif ahead > FAR_AHEAD:
        yield make_finding("issue-date-ahead", at(issue, "date"), _dated(issue, today))


def _dated(issue: Issue, today: date) -> str:
    return f"the issue is dated {day_in_words(issue.date)}, {distance_in_words(issue.date, today)}"


def _intended_date(issue: Issue, issues: Sequence[Issue], today: date) -> date | None:
    """Return the intended date if the year is wrong, else None."""
    ahead, meant = issue.date - today, _nearest_year(issue.date, today)
    wrong = abs(ahead) >= WRONG_YEAR and abs(meant - today) <= FAR_AHEAD
    return meant if wrong and (ahead > timedelta(0) or _is_outlier(issue, issues)) else None


def _nearest_year(day: date, today: date) -> date:
    """Return the same day and month in the year that brings it closest to today."""
    years = (today.year - 1, today.year, today.year + 1)
    days = [date(year, day.month, min(day.day, 28) if day.month == 2 else day.day) for year in years]
    return min(days, key=lambda candidate: abs(candidate - today))


def _is_outlier(issue: Issue, issues: Sequence[Issue]) -> bool:
    """Return whether the date doesn't fit the other issues: none is close to it, or a later one has a lower number."""
    others = [other for other in issues if other is not issue and is_dated(other)]
    if all(abs(other.date - issue.date) > FAR_AHEAD for other in others):
        return True
    later = [other.number for other in others if other.number is not None and other.date > issue.date]
    return issue.number is not None and any(number < issue.number for number in later)


def _overdue(unsent: Sequence[Issue], issues: Sequence[Issue], calendar: Calendar) -> Iterator[Finding]:
    """Yield issues that should have been sent.

    Every unsent issue after the first sent one is reported. Issues before it may have been published elsewhere: recent
    ones share a single finding, old ones get none.
    """
    today = calendar.today
    first = min((other.date for other in issues if is_dated(other) and calendar.was_sent(other)), default=today)
    past = [issue for issue in unsent if issue.date < today and not _intended_date(issue, issues, today)]
    for issue in past:
        if issue.date > first:
            yield make_finding("issue-date-past", at(issue, "date"), f"{_dated(issue, today)}, and has not been sent")
    earlier = [issue for issue in past if today - MISSED < issue.date <= first]
    if earlier:
        last, count = earlier[-1], len(earlier) - 1
        others = f", nor {'has 1 earlier issue' if count == 1 else f'have {count} earlier issues'}" if count else ""
        yield make_finding("issue-date-past", at(last, "date"), f"{_dated(last, today)}, and has not been sent{others}")


def _date_of(slug: str) -> date | None:
    written = _DATE_IN_SLUG.fullmatch(slug)
    try:
        return date.fromisoformat(written[1]) if written else None
    except ValueError:
        return None
