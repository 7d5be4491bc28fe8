"""Reasons for leaving, which readers may give after they have unsubscribed. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

ASK_WITHIN = timedelta(days=3)  # after the unsubscription

# The program's own reasons. Pages show them in the reader's language.
REASONS: Mapping[str, str] = {
    "often": "Too many emails",
    "interest": "It’s no longer for me",
    "time": "I don’t have time to read it",
    "unasked": "I never signed up",
    "other": "Something else",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonCount:
    """A reason, one of ``REASONS`` or the publisher's own words, and the number of readers who gave it on each day."""

    reason: str
    days: Mapping[date, int]

    @property
    def readers(self) -> int:
        """Return the number of readers who gave it."""
        return sum(self.days.values())

    @property
    def words(self) -> str:
        """Return the reason in English, or in the publisher's words."""
        return REASONS.get(self.reason, self.reason)
