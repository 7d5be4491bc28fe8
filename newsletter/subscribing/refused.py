"""Clients that were refused in this hour, in memory, so that refusing them again costs next to nothing."""

from datetime import datetime, timedelta

MOST = 100_000  # that are remembered; the others are looked up each time
AN_HOUR = timedelta(hours=1).total_seconds()


class Refused:
    """The limits that are used up. Counts are by the hour, so none has anything left before the next hour begins."""

    def __init__(self) -> None:
        self._hour = 0
        self._subjects: set[str] = set()

    def add(self, subject: str, now: datetime) -> None:
        """Remember that a limit is used up."""
        hour = _hour(now)
        if hour > self._hour:
            self._hour, self._subjects = hour, set()
        if hour == self._hour and len(self._subjects) < MOST:
            self._subjects.add(subject)

    def has(self, subject: str, now: datetime) -> bool:
        """Return whether a limit is known to be used up now."""
        return self._hour == _hour(now) and subject in self._subjects


def _hour(moment: datetime) -> int:
    return int(moment.timestamp() // AN_HOUR)
