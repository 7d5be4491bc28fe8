"""Send an issue: begin a prepared, planned or scheduled send, or resume one, and wait until it has ended."""

from datetime import datetime

from newsletter import sending
from newsletter.composing import Composed
from newsletter.domain.people import Act, Person, require
from newsletter.domain.send import Send
from newsletter.domain.send_errors import AudienceChangedError
from newsletter.domain.staff import WorkStep
from newsletter.publishing.pictures import publish_pictures
from newsletter.publishing.reviews.approvals import require_approval, start_of
from newsletter.publishing.sends.frozen_content import freeze_request
from newsletter.publishing.sends.send_preparing import PreparedSend, compose_issue
from newsletter.publishing.sends.send_schedule import require_approval_of
from newsletter.sending import FreezeRequest, Observer, SendContext, SendOutcome
from newsletter.settings import Settings
from newsletter.store import Lease, Store


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

    Raise ForbiddenError, ConfirmationNeededError and NotApprovedError; AudienceChangedError if the audience has changed
    much since the plan; the errors of ``publish_pictures`` and ``sending.start``; and ValueError if the prepared send
    has a start, as it should be scheduled.
    """
    require(person, Act.SEND)
    if prepared.start is not None:
        raise ValueError("a send with a start doesn't begin now")
    require_approval_of(prepared, person, settings, store, without_approval=without_approval, now=now)
    publish_pictures(settings, prepared.composed)
    plan = prepared.plan
    request = freeze_request(settings, store, prepared.composed, now=now, planned_recipients=plan.recipients)
    store.audit.add(person, WorkStep.SENT, f"issue {plan.issue}", now=now, detail={"recipients": plan.recipients})
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

    It doesn't begin if somebody has cancelled it in the meantime. If its audience has changed much since it was
    scheduled, it is paused: to resume it again is to agree. Raise ForbiddenError, NotApprovedError,
    AudienceChangedError, and the errors of ``publish_pictures`` and ``sending.start_planned``.
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
    request = _request_of(planned, settings, store, composed, now=now)
    with store.leases.acquire(planned.id) as lease:
        try:
            begun = sending.start_planned(store, context, request, lease, observer=observer).result()
        except AudienceChangedError as err:
            _pause_until_agreed(store, planned, lease, err, now=now)
            raise
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

    Raise NotApprovedError if the issue has changed since it was approved, AudienceChangedError if its audience has
    changed much since it was scheduled, and the errors of ``compose_issue``,
    ``publish_pictures`` and ``sending.start_planned``.
    """
    composed = compose_issue(settings, scheduled.issue)
    require_approval(settings, store, composed, start_of(scheduled, composed.issue.date, now=now), now=now)
    publish_pictures(settings, composed)
    request = _request_of(scheduled, settings, store, composed, now=now)
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


def _request_of(planned: Send, settings: Settings, store: Store, composed: Composed, *, now: datetime) -> FreezeRequest:
    """Return the request to freeze a send as it was planned."""
    return freeze_request(
        settings,
        store,
        composed,
        now=now,
        local_time=planned.local_time,
        planned_recipients=planned.planned_recipients,
    )


def _pause_until_agreed(
    store: Store, planned: Send, lease: Lease, changed: AudienceChangedError, *, now: datetime
) -> None:
    store.controls.pause_unbegun(
        planned.id,
        changed.what,
        begins=planned.begins,
        now=now,
        holder=lease.holder,
        recipients=changed.recipients,
    )


def _wait(store: Store, context: SendContext, begun: Send, observer: Observer) -> Send:
    return sending.wait_until_ended(store, context, begun, observer=observer).result()
