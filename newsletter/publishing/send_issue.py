"""Send an issue: prepare the send, then begin it, schedule it or resume it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from newsletter import composing, sending
from newsletter.checks import Calendar, CheckContext
from newsletter.composing import Composed
from newsletter.domain.issue import Issue
from newsletter.domain.people import Act, Person, require
from newsletter.domain.plan_differences import PlanDifferences
from newsletter.domain.schedule import moments_showing
from newsletter.domain.send import Send, SendStatus
from newsletter.domain.send_errors import EmbargoedError, FarAheadError, WrongDateError
from newsletter.errors import FindingsError, NewsletterError
from newsletter.message import link_tracking
from newsletter.publishing.approvals import planned_start, require_approval, start_of
from newsletter.publishing.audience import segments_of
from newsletter.publishing.pictures import publish_pictures
from newsletter.publishing.plan_differences import compare_plan
from newsletter.publishing.send_controls import note_act
from newsletter.publishing.send_source import record_source
from newsletter.publishing.start_time import StartTime, local_moments
from newsletter.reviewing import PlannedStart
from newsletter.sending import FreezeRequest, Observer, Plan, SendContext, SendOutcome
from newsletter.settings import Settings
from newsletter.store import Lease, Store


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
    _refuse_embargoed(settings, composed.issue, start.begins if start else now)
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


def start_to_approve(prepared: PreparedSend, *, now: datetime) -> PlannedStart:
    """Return the start of a prepared send, as an approval has to cover it."""
    issue_date, start = prepared.composed.issue.date, prepared.start
    if start is None:
        return PlannedStart(begins=now, issue_date=issue_date, is_now=True)
    return planned_start(start.begins, issue_date, local_time=start.local_time, now=now)


def schedule_send(
    person: Person,
    settings: Settings,
    store: Store,
    prepared: PreparedSend,
    *,
    without_approval: str = "",
    now: datetime,
) -> Send:
    """Schedule a prepared send for its start, and return it. A worker must be running then.

    The issue's files are read when the send begins, and it has to be approved then, too. Give a reason to schedule it
    ``without_approval``. Raise ForbiddenError, ConfirmationNeededError and NotApprovedError; SendError if the issue has
    a send by now; and ValueError if the prepared send has no start.
    """
    require(person, Act.SEND)
    start = prepared.start
    if start is None:
        raise ValueError("a send without a start begins now")
    require_approval(
        settings,
        store,
        prepared.composed,
        start_to_approve(prepared, now=now),
        person=person,
        without_approval=without_approval,
        now=now,
    )
    with sending.refusals_in_zone(store, settings.newsletter.zone):
        send = store.sends.schedule(
            issue=prepared.plan.issue,
            provider=settings.provider_name,
            segments=prepared.plan.segments,
            begins=start.begins,
            local_time=start.local_time,
            deadline=round(settings.sending.deadline.total_seconds()),
            now=now,
        )
    note_act(person, store, "schedule-send", send, now=now, recipients=prepared.plan.recipients, **_start_of(send))
    return send


def reschedule_send(
    person: Person,
    settings: Settings,
    store: Store,
    send: Send,
    start: StartTime,
    *,
    without_approval: str = "",
    now: datetime,
) -> Send:
    """Have a send that hasn't begun begin at another time, and return it. Nothing else about it changes.

    Raise ForbiddenError and ConfirmationNeededError; EmbargoedError; NotApprovedError if the issue isn't approved for
    that time; BegunError if it has begun by now; and NotBegunError if it is cancelled.
    """
    require(person, Act.SEND)
    with suppress(FindingsError):  # the worker reads the files again, and a send can be put off to repair them
        composed = compose_issue(settings, send.issue)
        _refuse_embargoed(settings, composed.issue, start.begins)
        require_approval(
            settings,
            store,
            composed,
            planned_start(start.begins, composed.issue.date, local_time=start.local_time, now=now),
            person=person,
            without_approval=without_approval,
            now=now,
        )
    store.schedules.reschedule(send.id, begins=start.begins, local_time=start.local_time)
    rescheduled = store.sends.get(send.id)
    note_act(person, store, "reschedule-send", rescheduled, now=now, **_start_of(rescheduled))
    return rescheduled


def send_now(
    person: Person,
    settings: Settings,
    store: Store,
    context: SendContext,
    prepared: PreparedSend,
    *,
    without_approval: str = "",
    now: datetime,
    observer: Observer,
) -> Send:
    """Publish the pictures of a prepared send, freeze its issue, send it, and wait until the send has ended.

    Raise ForbiddenError, ConfirmationNeededError and NotApprovedError; the errors of ``publish_pictures`` and
    ``sending.start``; and ValueError if the prepared send has a start, as it should be scheduled.
    """
    require(person, Act.SEND)
    if prepared.start is not None:
        raise ValueError("a send with a start doesn't begin now")
    require_approval(
        settings,
        store,
        prepared.composed,
        start_to_approve(prepared, now=now),
        person=person,
        without_approval=without_approval,
        now=now,
    )
    publish_pictures(settings, prepared.composed)
    request = freeze_request(settings, store, prepared.composed, now=now)
    plan = prepared.plan
    store.audit.add(person, "send", f"issue {plan.issue}", now=now, detail={"recipients": plan.recipients})
    begun = sending.start(store, context, request, observer=observer).result()
    return _wait(store, context, begun, observer)


def begin_planned(
    person: Person,
    settings: Settings,
    store: Store,
    context: SendContext,
    composed: Composed,
    planned: Send,
    *,
    without_approval: str = "",
    now: datetime,
    observer: Observer,
) -> Send:
    """Begin a send that isn't frozen yet, and wait until it has ended.

    It doesn't begin if somebody has cancelled it in the meantime. Raise ForbiddenError, NotApprovedError, and the
    errors of ``publish_pictures`` and ``sending.start_planned``.
    """
    require(person, Act.CONTROL_SEND)
    require_approval(
        settings,
        store,
        composed,
        start_of(planned, composed.issue.date, now=now),
        person=person,
        without_approval=without_approval,
        now=now,
    )
    publish_pictures(settings, composed)
    request = freeze_request(settings, store, composed, now=now, local_time=planned.local_time)
    with store.leases.acquire(planned.id) as lease:
        begun = sending.start_planned(store, context, request, lease, observer=observer).result()
    return _wait(store, context, begun, observer)


def begin_scheduled(
    settings: Settings,
    store: Store,
    context: SendContext,
    scheduled: Send,
    lease: Lease,
    *,
    now: datetime,
    observer: Observer,
) -> SendOutcome:
    """Compose the issue of a scheduled send that is due, and begin the send under a lease that this process holds.

    Raise NotApprovedError if the issue has changed since it was approved, and the errors of ``compose_issue``,
    ``publish_pictures`` and ``sending.start_planned``.
    """
    composed = compose_issue(settings, scheduled.issue)
    require_approval(settings, store, composed, start_of(scheduled, composed.issue.date, now=now), now=now)
    publish_pictures(settings, composed)
    request = freeze_request(settings, store, composed, now=now, local_time=scheduled.local_time)
    return sending.start_planned(store, context, request, lease, scheduled=scheduled, observer=observer)


def resume_send(person: Person, store: Store, context: SendContext, issue: str, *, observer: Observer) -> Send:
    """Resume a frozen send and wait until it has ended. Raise ForbiddenError and the errors of ``sending.resume``."""
    require(person, Act.CONTROL_SEND)
    resumed = sending.resume(store, context, issue=issue, observer=observer).result()
    return _wait(store, context, resumed, observer)


def finished_send(store: Store, issue: str) -> Send | None:
    """Return the send of an issue if it has ended, and None if there is none or it hasn't."""
    send = store.sends.of_issue(issue)
    return send if send is not None and send.status.ended else None


def has_changed(settings: Settings, send: Send) -> bool:
    """Return whether the issue's files or the settings have changed since an unfinished send froze its content.

    The send keeps the content that it began with.
    """
    if not send.digest or send.status.ended or send.status is SendStatus.CANCELLED:
        return False
    try:
        composed = composing.compose(
            settings.root, settings.newsletter, send.issue, CheckContext(segments=settings.segments)
        )
    except NewsletterError:
        return True
    compiled = link_tracking.with_tracking(composed.compiled, composed.issue, settings.newsletter)
    return compiled.digest != send.digest or settings.newsletter.base_url != send.base_url


def freeze_request(
    settings: Settings, store: Store, composed: Composed, *, now: datetime, local_time: str = ""
) -> FreezeRequest:
    """Return the request to freeze a composed issue; readers are due at their ``local_time``, or all at once.

    Git keeps the files that it was made from, if the newsletter is in a repository. Raise EmbargoedError, and
    SettingsError for an unknown segment.
    """
    segments = segments_of(settings, composed.issue)
    zones = store.sends.count_by_zone(segments, now) if local_time else {}
    local = local_moments(settings, composed.issue, local_time, zones) if local_time else None
    _refuse_embargoed(settings, composed.issue, max(local.first, now) if local else now)
    return FreezeRequest(
        compiled=link_tracking.with_tracking(composed.compiled, composed.issue, settings.newsletter),
        tailor=composed.tailor,
        segments=segments,
        now=now,
        local=local,
        source=record_source(settings, composed, now=now),
    )


def _refuse_embargoed(settings: Settings, issue: Issue, moment: datetime) -> None:
    """Raise EmbargoedError if an entry may not be published yet at a moment, that of the first readers."""
    zone = settings.newsletter.zone
    for entry in issue.entries:
        if entry.not_before is not None and moment < moments_showing(entry.not_before, zone)[1]:
            raise EmbargoedError(issue=issue.slug, entry=entry.slug, until=entry.not_before, zone=zone)


def _start_of(send: Send) -> Mapping[str, str]:
    return {"begins": send.begins.isoformat() if send.begins else "", "local_time": send.local_time}


def _wait(store: Store, context: SendContext, begun: Send, observer: Observer) -> Send:
    return sending.wait_until_ended(store, context, begun, observer=observer).result()
