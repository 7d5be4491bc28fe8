"""Schedule a prepared send, and give one that hasn't begun another start."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from newsletter import sending
from newsletter.domain.people import Act, Person, require
from newsletter.domain.send import Send
from newsletter.domain.staff import WorkStep
from newsletter.errors import FindingsError
from newsletter.publishing.reviews.approvals import planned_start, require_approval
from newsletter.publishing.sends.send_controls import note_act
from newsletter.publishing.sends.send_preparing import PreparedSend, compose_issue, refuse_embargoed
from newsletter.publishing.sends.start_time import StartTime
from newsletter.reviewing import PlannedStart
from newsletter.settings import Settings
from newsletter.store import Store


def require_approval_of(
    prepared: PreparedSend, person: Person, settings: Settings, store: Store, *, without_approval: str, now: datetime
) -> None:
    """Raise NotApprovedError unless a prepared send is approved for its start, or a reason overrides that."""
    require_approval(
        settings,
        store,
        prepared.composed,
        start_to_approve(prepared, now=now),
        person=person,
        without_approval=without_approval,
        now=now,
    )


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

    The issue's files are read when the send begins, and it has to be approved then, too. It is paused instead if the
    number of its readers has changed much since the plan. Give a reason to schedule it ``without_approval``. Raise
    ForbiddenError, ConfirmationNeededError and NotApprovedError; SendError if the issue has a send by now; and
    ValueError if the prepared send has no start.
    """
    require(person, Act.SEND)
    start = prepared.start
    if start is None:
        raise ValueError("a send without a start begins now")
    require_approval_of(prepared, person, settings, store, without_approval=without_approval, now=now)
    with sending.refusals_in_zone(store, settings.newsletter.zone):
        send = store.sends.schedule(
            issue=prepared.plan.issue,
            provider=settings.provider_name,
            segments=prepared.plan.segments,
            begins=start.begins,
            local_time=start.local_time,
            deadline=round(settings.sending.deadline.total_seconds()),
            planned_recipients=prepared.plan.recipients,
            now=now,
        )
    note_act(person, store, WorkStep.SCHEDULED, send, now=now, recipients=prepared.plan.recipients, **_start_of(send))
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
        refuse_embargoed(settings, composed.issue, start.begins)
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
    note_act(person, store, WorkStep.RESCHEDULED, rescheduled, now=now, **_start_of(rescheduled))
    return rescheduled


def _start_of(send: Send) -> Mapping[str, str]:
    return {"begins": send.begins.isoformat() if send.begins else "", "local_time": send.local_time}
