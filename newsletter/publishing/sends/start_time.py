"""The start of a scheduled send: one moment, or a local time in each reader's own time zone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from newsletter.domain import schedule
from newsletter.domain.issue import Issue
from newsletter.domain.local_times import LocalTime, moments_by_zone, parse_local_time
from newsletter.domain.send_stages import COUNTDOWN
from newsletter.publishing.audience import segments_of
from newsletter.settings import Settings
from newsletter.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTime:
    """The time at which a send will begin.

    ``begins`` is the moment, for the first readers; ``local_time`` is the time such as ``07:00`` if every reader gets
    the issue at it in their own time zone, and otherwise empty. ``day`` is the date that an issue sent then should
    have. ``days`` counts the whole days until then. ``notices`` are sentences about changes of the clocks, and about
    readers for whom the time has passed.
    """

    begins: datetime
    day: date
    days: int
    local_time: str = ""
    notices: tuple[str, ...] = ()

    @property
    def is_far_ahead(self) -> bool:
        """True if the time is so far ahead that it looks like a typing mistake."""
        return self.days > schedule.FAR_AHEAD.days


def start_at(settings: Settings, text: str, *, now: datetime) -> StartTime:
    """Return the start at a time such as ``2026-11-23 06:30`` in the newsletter's zone.

    Raise InvalidTimeError, SkippedTimeError or PassedTimeError.
    """
    zone = settings.newsletter.zone
    moment = schedule.parse_moment(text, zone, now)
    return StartTime(
        begins=moment.at,
        day=moment.at.astimezone(zone).date(),
        days=(moment.at - now).days,
        notices=(moment.notice,) if moment.notice else (),
    )


def start_soon(settings: Settings, *, now: datetime) -> StartTime:
    """Return the start in a minute, until when a person can undo the send."""
    begins = now + COUNTDOWN
    return StartTime(begins=begins, day=begins.astimezone(settings.newsletter.zone).date(), days=0)


def start_at_local_time(settings: Settings, store: Store, issue: Issue, text: str, *, now: datetime) -> StartTime:
    """Return the start at a local time such as ``07:00`` on the issue's date.

    Raise InvalidLocalTimeError, UnknownSegmentError or DigestsDisabledError.
    """
    readers = store.sends.count_by_zone(segments_of(settings, issue), now)
    local = local_moments(settings, issue, text, readers)
    begins = max(local.first, now)
    notices = (*local.notices, local.passed_notice(readers, now))
    return StartTime(
        begins=begins,
        day=issue.date if now <= local.last else now.astimezone(settings.newsletter.zone).date(),
        days=(begins - now).days,
        local_time=f"{local.at:%H:%M}",
        notices=tuple(notice for notice in notices if notice),
    )


def local_moments(settings: Settings, issue: Issue, text: str, zones: Iterable[str]) -> LocalTime:
    """Return the moments of a local time on the issue's date in the readers' zones. Raise InvalidLocalTimeError."""
    return moments_by_zone(issue.date, parse_local_time(text), zones, home=settings.newsletter.zone)
