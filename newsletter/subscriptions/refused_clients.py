"""An in-memory cache of clients that have used up their rate limit this hour, so that refusing them again is cheap."""

from datetime import datetime

from newsletter.domain.consent import hour_of

MOST = 100_000  # clients remembered; others are looked up in the database each time


class Refused:
    """A set of used-up rate limits. Limits are counted by the hour, so it is emptied when the next hour begins."""

    def __init__(self) -> None:
        self._hour = 0
        self._subjects: set[str] = set()

    def add(self, subject: str, now: datetime) -> None:
        """Remember that a rate limit is used up."""
        hour = hour_of(now)
        if hour > self._hour:
            self._hour, self._subjects = hour, set()
        if hour == self._hour and len(self._subjects) < MOST:
            self._subjects.add(subject)

    def has(self, subject: str, now: datetime) -> bool:
        """Return whether a rate limit is known to be used up now."""
        return self._hour == hour_of(now) and subject in self._subjects
