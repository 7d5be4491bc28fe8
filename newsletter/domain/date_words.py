"""Dates and durations in words. No I/O."""

from datetime import date, timedelta

from newsletter.domain.plurals import counted


def day_in_words(day: date) -> str:
    """Return ``Monday 30 November 2026``."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def distance_in_words(day: date, today: date) -> str:
    """Return ``today``, ``tomorrow``, ``in 2 days``, ``yesterday`` or ``2 days ago``."""
    days = (day - today).days
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}
    return near.get(days) or (f"in {days:,} days" if days > 0 else f"{-days:,} days ago")


def duration_in_words(duration: timedelta) -> str:
    """Return a duration to the second: ``6 hours``, ``1 hour 30 minutes`` or ``0 seconds``."""
    minutes, seconds = divmod(round(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "hour"), (minutes, "minute"), (seconds, "second"))
    return " ".join(counted(number, unit) for number, unit in parts if number) or counted(0, "second")


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
