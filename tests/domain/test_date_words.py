"""Dates and durations in words."""

from datetime import timedelta

import pytest

from newsletter.domain.date_words import duration_in_words


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(hours=6), "6 hours"),
        (timedelta(hours=1, minutes=30), "1 hour 30 minutes"),
        (timedelta(days=365), "8,760 hours"),
        (timedelta(seconds=3.6), "4 seconds"),
        (timedelta(), "0 seconds"),
    ],
)
def test_a_duration_is_told_in_words(duration: timedelta, words: str) -> None:
    assert duration_in_words(duration) == words
