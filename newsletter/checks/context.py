"""What checks compare an issue with, besides its newsletter."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from newsletter.checks.dates import Calendar
from newsletter.domain.issue import Issue
from newsletter.domain.segment import Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckContext:
    """The existing segments by slug, the calendar, and whether the provider ``mails`` people.

    Without a ``calendar`` no date is compared with today and no issue counts as sent. If the provider mails people,
    the example values of a new newsletter are errors.
    """

    segments: Mapping[str, Segment] = field(default_factory=dict)
    calendar: Calendar | None = None
    mails: bool = False

    def was_sent(self, issue: Issue) -> bool:
        """Return whether the issue is known to have been sent."""
        return self.calendar is not None and self.calendar.was_sent(issue)
