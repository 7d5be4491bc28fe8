"""Prepare a send: compose its issue, plan it, and say what a person should confirm. Nothing is stored."""

from dataclasses import dataclass
from datetime import date, datetime

from newsletter import composing, sending
from newsletter.checks import Calendar, CheckContext
from newsletter.composing import Composed
from newsletter.domain.issue import Issue
from newsletter.domain.people import Act, Person, require
from newsletter.domain.plan_differences import PlanDifferences
from newsletter.domain.schedule import moments_showing
from newsletter.domain.send_errors import EmbargoedError, FarAheadError, WrongDateError
from newsletter.publishing.audience import segments_of
from newsletter.publishing.sends.plan_differences import compare_plan
from newsletter.publishing.sends.start_time import StartTime
from newsletter.sending import Plan
from newsletter.settings import Settings
from newsletter.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedSend:
    """A send that has not begun: its issue, its plan, how that differs from the last sends, and its start.

    ``start`` is None for a send that begins now. ``today`` is the date by the newsletter's clock.
    """

    composed: Composed
    plan: Plan
    differences: PlanDifferences
    start: StartTime | None
    today: date

    @property
    def day(self) -> date:
        """The day on which the issue would be sent; its date should be the same."""
        return self.start.day if self.start else self.today


def compose_issue(settings: Settings, slug: str, *, calendar: Calendar | None = None) -> Composed:
    """Compose an issue as it would be sent now. Without a ``calendar``, nothing depends on today's date.

    Raise NotFoundError if there is no such issue, and FindingsError with every error that prevents sending.
    """
    return composing.compose(
        settings.root,
        settings.newsletter,
        slug,
        CheckContext(segments=settings.segments, calendar=calendar, mails=settings.mails),
    )


def prepare_send(
    person: Person,
    settings: Settings,
    store: Store,
    composed: Composed,
    *,
    today: date,
    now: datetime,
    start: StartTime | None = None,
) -> PreparedSend:
    """Return the plan of a send that begins now, or at its ``start``. Nothing is stored.

    Raise ForbiddenError; EmbargoedError; SendError if nobody would get the issue or it already has a send; and
    SettingsError for an unknown segment.
    """
    require(person, Act.SEE_REPORTS)  # it has the numbers of readers
    refuse_embargoed(settings, composed.issue, start.begins if start else now)
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
    differences = compare_plan(settings, store, composed, plan, start=start, today=today, now=now)
    return PreparedSend(composed=composed, plan=plan, differences=differences, start=start, today=today)


def refuse_unexpected_day(prepared: PreparedSend) -> None:
    """Raise WrongDateError or FarAheadError if a person should confirm the day of a send.

    Call this before a send that nobody confirms, such as cron's.
    """
    refuse_unexpected_start(prepared.composed.issue, prepared.start, today=prepared.today)


def refuse_unexpected_start(issue: Issue, start: StartTime | None, *, today: date) -> None:
    """Raise WrongDateError or FarAheadError if a person should confirm a start; None stands for one now."""
    day = start.day if start else today
    if issue.date != day:
        raise WrongDateError(issue=issue.slug, dated=issue.date, day=day, today=today)
    if start and start.is_far_ahead:
        raise FarAheadError(issue=issue.slug, days=start.days)


def refuse_embargoed(settings: Settings, issue: Issue, moment: datetime) -> None:
    """Raise EmbargoedError if an entry may not be published yet at a moment, that of the first readers."""
    zone = settings.newsletter.zone
    for entry in issue.entries:
        if entry.not_before is not None and moment < moments_showing(entry.not_before, zone)[1]:
            raise EmbargoedError(issue=issue.slug, entry=entry.slug, until=entry.not_before, zone=zone)
