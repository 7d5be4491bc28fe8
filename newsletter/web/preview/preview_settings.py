"""The settings that the preview's pages need, and the sends that the findings depend on."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter.checks import Calendar
from newsletter.domain.publication import Newsletter
from newsletter.domain.reviews import ApprovalRules
from newsletter.domain.segment import Segment
from newsletter.domain.send import Send
from newsletter.errors import StoreError
from newsletter.publishing.calendar import calendar_of
from newsletter.store import Store


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewSettings:
    """The settings that the pages need: the newsletter, its segments by slug, and the way to its database.

    ``has_database`` returns whether there is a database, without creating one; ``open_store`` raises StoreError.
    ``reminder`` is the local time from which the studio's desk reminds of tomorrow's issue, and ``approval`` has the
    rules by which it may go out. If the provider ``mails`` people, the example values of a new newsletter are errors.
    """

    root: Path
    newsletter: Newsletter
    segments: Mapping[str, Segment]
    has_database: Callable[[], bool]
    open_store: Callable[[], Store]
    clock: Callable[[], datetime] = _now
    reminder: time = time(12)
    mails: bool = False
    approval: ApprovalRules = field(default_factory=ApprovalRules)

    @property
    def zone(self) -> ZoneInfo:
        """Return the newsletter's time zone."""
        return self.newsletter.zone

    def sends_and_calendar(self) -> tuple[Mapping[str, Send], Calendar]:
        """Return the sends by issue, and today's date with the issues that were sent.

        If there is no database or it can't be read, there are no sends, and the sent issues aren't known.
        """
        today = self.clock().astimezone(self.zone).date()
        if self.has_database():
            with suppress(StoreError), self.open_store() as store:
                return {send.issue: send for send in store.sends.listed()}, calendar_of(store, today=today)
        return {}, calendar_of(None, today=today)
