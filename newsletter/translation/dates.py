"""Format dates for a language."""

import datetime
from functools import lru_cache

from babel.dates import format_date

from newsletter.translation.locales import locale_of


def full_date(date: datetime.date, language: str) -> str:
    """Return a date with the day of the week: Monday, November 23, 2026."""
    return format_date(date, "full", locale_of(language))


@lru_cache(maxsize=1024)
def long_date(date: datetime.date, language: str) -> str:
    """Return a date without the day of the week: November 23, 2026."""
    return format_date(date, "long", locale_of(language))
