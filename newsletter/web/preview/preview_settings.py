"""The settings that the preview's pages need, and the sends that the findings depend on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter.checks import Calendar
from newsletter.domain.publication import Newsletter
from newsletter.domain.segment import Segment
from newsletter.domain.send import Send
from newsletter.errors import StoreError
from newsletter.store import exists, open_store


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewSettings:
    """The settings that the pages need: the newsletter, its segments by slug, and the database with its readers."""

    root: Path
    newsletter: Newsletter
    segments: Mapping[str, Segment]
    database: str
    clock: Callable[[], datetime] = _now

    @property
    def zone(self) -> ZoneInfo:
        """Return the newsletter's time zone."""
        return ZoneInfo(self.newsletter.time_zone)

    def sends(self) -> Mapping[str, Send] | None:
        """Return the sends by issue; None if the database can't be read."""
        if not exists(self.database):
            return None
        try:
            with open_store(self.database) as store:
                return {send.issue: send for send in store.sends.all()}
        except StoreError:
            return None

    def calendar(self, sends: Mapping[str, Send] | None) -> Calendar:
        """Return today's date and the issues that have been sent."""
        sent = None if sends is None else frozenset(issue for issue, send in sends.items() if send.digest)
        return Calendar(today=self.clock().astimezone(self.zone).date(), sent=sent)
