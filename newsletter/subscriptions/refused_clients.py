"""An in-memory cache of clients that have used up their rate limit this hour, so that refusing them again is cheap."""

from datetime import datetime

from newsletter.domain.consent import hour_of

MOST_CLIENTS = 100_000  # clients remembered; others are looked up in the database each time


class RefusedClients:
    """A set of used-up rate limits. Limits are counted by the hour, so it is emptied when the next hour begins.

    One thread adds, while another asks for each request.
    """

    def __init__(self) -> None:
        self._used_up: tuple[int, set[str]] = (0, set())  # the hour and its subjects, always replaced together

    def add(self, subject: str, now: datetime) -> None:
        """Remember that a rate limit is used up."""
        hour = hour_of(now)
        if hour > self._used_up[0]:
            self._used_up = (hour, set())
        latest, subjects = self._used_up
        if hour == latest and len(subjects) < MOST_CLIENTS:
            subjects.add(subject)

    def has(self, subject: str, now: datetime) -> bool:
        """Return whether a rate limit is known to be used up now."""
        hour, subjects = self._used_up
        return hour == hour_of(now) and subject in subjects
