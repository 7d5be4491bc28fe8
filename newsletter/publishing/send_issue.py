"""Send an issue: prepare the send, then begin or schedule it."""

from dataclasses import dataclass
from datetime import date, datetime

from newsletter import sending
from newsletter.composing import Composed
from newsletter.domain.schedule import day_in_words
from newsletter.domain.send import Send
from newsletter.errors import SendError
from newsletter.publishing.audience import segments_of
from newsletter.publishing.start_time import StartTime
from newsletter.sending import Plan
from newsletter.settings import Settings
from newsletter.store import Store


class WrongDateError(SendError):
    """An issue that is dated another day than the one on which it would be sent."""

    code = "issue-date-wrong"

    def __init__(self, *, issue: str, dated: date, day: date, today: date) -> None:
        self.issue, self.dated, self.day, self.today = issue, dated, day, today
        when = f"today is {day_in_words(day)}" if day == today else f"it would be sent on {day_in_words(day)}"
        super().__init__(
            f"issue {issue} is dated {day_in_words(dated)}, but {when}", hint="send it on its day, or change its date"
        )


class FarAheadError(SendError):
    """A start so far ahead that it looks like a typing mistake; ``days`` is the number of days from now."""

    code = "send-far-ahead"

    def __init__(self, *, issue: str, days: int) -> None:
        self.issue, self.days = issue, days
        super().__init__(f"issue {issue} would begin {days:,} days from now", hint="check the year")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedSend:
    """A send that has not begun: its issue, its plan and its start.

    ``start`` is None for a send that begins now. ``today`` is the date by the newsletter's clock.
    """

    composed: Composed
    plan: Plan
    start: StartTime | None
    today: date

    @property
    def day(self) -> date:
        """The day on which the issue would be sent; its date should be the same."""
        return self.start.day if self.start else self.today


def prepare_send(
    settings: Settings,
    store: Store,
    composed: Composed,
    *,
    today: date,
    now: datetime,
    start: StartTime | None = None,
) -> PreparedSend:
    """Return the plan of a send that begins now, or at its ``start``. Nothing is stored.

    Raise SendError if nobody would get the issue or it already has a send, and SettingsError for an unknown segment.
    """
    plan = sending.plan(
        store,
        issue=composed.issue.slug,
        segments=segments_of(settings, composed.issue),
        provider=settings.provider_name,
        tailor=composed.tailor,
        rules=settings.sending,
        now=now,
        zone=settings.newsletter.zone,
    )
    return PreparedSend(composed=composed, plan=plan, start=start, today=today)


def refuse_unexpected_day(prepared: PreparedSend) -> None:
    """Raise WrongDateError or FarAheadError if a person should confirm the day of a send.

    Call this before a send that nobody confirms, such as cron's.
    """
    issue, start = prepared.composed.issue, prepared.start
    if issue.date != prepared.day:
        raise WrongDateError(issue=issue.slug, dated=issue.date, day=prepared.day, today=prepared.today)
    if start and start.is_far_ahead:
        raise FarAheadError(issue=issue.slug, days=start.days)


def schedule_send(settings: Settings, store: Store, prepared: PreparedSend) -> Send:
    """Schedule a prepared send for its start, and return it. A worker must be running then.

    The issue's files are read when the send begins. Raise SendError if the issue has a send by now, and ValueError if
    the prepared send has no start.
    """
    start = prepared.start
    if start is None:
        raise ValueError("a send without a start begins now")
    return store.sends.schedule(
        issue=prepared.plan.issue,
        provider=settings.provider_name,
        segments=prepared.plan.segments,
        begins=start.begins,
        local_time=start.local_time,
        deadline=round(settings.sending.deadline.total_seconds()),
    )
