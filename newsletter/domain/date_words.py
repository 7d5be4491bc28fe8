"""Dates in words. No I/O."""

from datetime import date


def day_in_words(day: date) -> str:
    """Return ``Monday 30 November 2026``."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def distance_in_words(day: date, today: date) -> str:
    """Return ``today``, ``tomorrow``, ``in 2 days``, ``yesterday`` or ``2 days ago``."""
    days = (day - today).days
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}
    return near.get(days) or (f"in {days:,} days" if days > 0 else f"{-days:,} days ago")


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
