"""Quiet hours: times of the day at which nothing is handed over. No I/O."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from newsletter.domain.schedule import moments_showing


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """Daily hours in which nothing is handed over, in local time; they pass midnight if ``end`` is before ``start``."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


def parse_quiet_hours(text: str) -> QuietHours:
    """Return quiet hours such as "22:00-06:00". Raise ValueError with a readable reason if the text is invalid."""
    match = re.fullmatch(r"\s*(\d\d):(\d\d)\s*-\s*(\d\d):(\d\d)\s*", text, re.ASCII)
    if not match:
        raise ValueError("write quiet hours as 22:00-06:00")
    hours, minutes = (int(match[1]), int(match[3])), (int(match[2]), int(match[4]))
    if max(hours) > 23 or max(minutes) > 59:
        raise ValueError("write times from 00:00 to 23:59")
    start, end = (time(hour, minute) for hour, minute in zip(hours, minutes, strict=True))
    if start == end:
        raise ValueError("quiet hours can't begin and end at the same time")
    return QuietHours(start=start, end=end)


def quiet_until(quiet: QuietHours, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when the quiet hours around ``now`` end, in UTC; None if it isn't a quiet hour.

    A time that occurs twice, because clocks go back, starts them the first time and ends them the second time. A time
    that is skipped, because clocks go forward, counts as the moment of the change.
    """
    until = now = now.astimezone(UTC)
    today = now.astimezone(zone).date()
    nights = timedelta(days=quiet.end < quiet.start)
    for day in (today - timedelta(days=1), today, today + timedelta(days=1)):
        start, _ = moments_showing(datetime.combine(day, quiet.start), zone)
        _, end = moments_showing(datetime.combine(day + nights, quiet.end), zone)
        if start <= until < end:
            until = end
    return until if until > now else None
