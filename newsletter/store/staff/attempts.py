"""The number of attempts to sign in, counted with the readers' requests."""

from collections.abc import Sequence
from datetime import datetime

from newsletter.domain.consent import RequestLimit
from newsletter.store.database import Database
from newsletter.store.subscribers.sign_up_limits import admit_once, first_over


class SignInAttempts:
    """Attempts to sign in, by a keyed hash of the address or the client."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def admit(self, limits: Sequence[RequestLimit], now: datetime) -> RequestLimit | None:
        """Count an attempt, and return the first limit that it exceeds, or None.

        An attempt that exceeds a limit doesn't count and writes nothing.
        """
        with self._database.reading() as connection:
            if (over := first_over(connection, limits, now)) is not None:
                return over
        with self._database.writing() as connection:
            return admit_once(connection, limits, now)
