"""Clients that were refused in this hour, in memory, so that refusing them again costs next to nothing."""

from datetime import datetime

from newsletter.domain.consent import hour_of

MOST = 100_000  # that are remembered; the others are looked up each time


class Refused:
    """The limits that are used up. Counts are by the hour, so none has anything left before the next hour begins."""

    def __init__(self) -> None:
        self._hour = 0
        self._subjects: set[str] = set()

    def add(self, subject: str, now: datetime) -> None:
        """Remember that a limit is used up."""
        hour = hour_of(now)
        if hour > self._hour:
            self._hour, self._subjects = hour, set()
        if hour == self._hour and len(self._subjects) < MOST:
            self._subjects.add(subject)

    def has(self, subject: str, now: datetime) -> bool:
        """Return whether a limit is known to be used up now."""
        return self._hour == hour_of(now) and subject in self._subjects
