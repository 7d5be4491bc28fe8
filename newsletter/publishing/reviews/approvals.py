"""Refuse to send an issue that isn't approved where newsletter.toml requires it, or record who overrides that and why.

An approval binds the digest of the compiled issue, its audience and a time. Nothing says that an issue is approved but
the events of its review: each question composes the issue anew and compares.
"""

from datetime import date, datetime, timedelta

from newsletter.composing import Composed
from newsletter.domain.people import Act, Person, require
from newsletter.domain.reviews import ApprovedTime, ReviewEventKind
from newsletter.domain.schedule import is_late
from newsletter.domain.send import Send
from newsletter.errors import SendError
from newsletter.publishing.reviews.issue_reviews import new_event, review_of
from newsletter.publishing.reviews.override_mail import tell_publishers
from newsletter.publishing.reviews.reviewed_issue import reviewed_issue
from newsletter.reviewing import PlannedStart
from newsletter.settings import Settings
from newsletter.store import Store

AT_ONCE = timedelta(minutes=2)  # a send scheduled for so soon was meant to begin as soon as it can't be undone any more
_MOST_WORDS = 3  # changes in an error message


class NotApprovedError(SendError):
    """An issue that isn't approved as it is now, although newsletter.toml requires it.

    ``missing`` and ``changes`` say what is missing and what has changed since the last approval or proof; ``able`` are
    the names of those who can approve it.
    """

    code = "send-not-approved"

    def __init__(
        self, *, issue: str, missing: tuple[str, ...], changes: tuple[str, ...] = (), able: tuple[str, ...] = ()
    ) -> None:
        self.issue, self.missing, self.changes, self.able = issue, missing, changes, able
        what = f"issue {issue} is not approved: {'; '.join(missing)}"
        if changes:
            more = f" and {len(changes) - _MOST_WORDS} more" if len(changes) > _MOST_WORDS else ""
            what += f"; changed since: {'; '.join(changes[:_MOST_WORDS])}{more}"
        super().__init__(what, hint=f"ask {', '.join(able) or 'somebody else'} to approve it")


def start_of(send: Send, issue_date: date, *, now: datetime) -> PlannedStart:
    """Return the start of a send that begins at ``now``, as an approval has to cover it.

    A scheduled send counts as begun in time until its deadline; afterwards it begins now.
    """
    begins = send.begins
    if begins is None or is_late(begins, send.deadline, now):
        return PlannedStart(begins=now, issue_date=issue_date, local_time=send.local_time, is_now=True)
    return planned_start(begins, issue_date, local_time=send.local_time, now=send.created)


def planned_start(begins: datetime, issue_date: date, *, local_time: str = "", now: datetime) -> PlannedStart:
    """Return the start of a send that somebody plans at ``now``: one within two minutes is meant to begin at once."""
    is_now = not local_time and begins - now <= AT_ONCE
    return PlannedStart(begins=begins, issue_date=issue_date, local_time=local_time, is_now=is_now)


def approval_problem(
    settings: Settings, store: Store, composed: Composed, start: PlannedStart
) -> NotApprovedError | None:
    """Return why an issue can't be sent at a start, or None if it is approved or newsletter.toml requires nothing."""
    if not settings.approval.required:
        return None
    review = review_of(settings, store, reviewed_issue(settings, composed), start=start)
    if review.standing.is_complete or review.standing.override is not None:
        return None
    missing, changes = review.standing.missing, review.changes
    return NotApprovedError(issue=composed.issue.slug, missing=missing, changes=changes, able=review.able)


def require_approval(
    settings: Settings,
    store: Store,
    composed: Composed,
    start: PlannedStart,
    *,
    person: Person | None = None,
    without_approval: str = "",
    now: datetime,
) -> None:
    """Raise NotApprovedError if newsletter.toml requires an approval and the issue has none for this start.

    With a reason to send it ``without_approval``, the ``person`` overrides that: it is recorded for exactly this
    content, audience and time, so later changes need another decision, and all publishers are told. Raise
    ForbiddenError if they may not.
    """
    problem = approval_problem(settings, store, composed, start)
    if problem is None:
        return
    if person is None or not without_approval.strip():
        raise problem
    require(person, Act.OVERRIDE)
    review = review_of(settings, store, reviewed_issue(settings, composed), start=start)
    event = new_event(
        settings, review, person, ReviewEventKind.OVERRIDE, now, time=time_of(start), note=without_approval
    )
    store.reviews.add(event)
    detail = {"reason": event.note, "missing": list(problem.missing), "content": event.content}
    store.audit.add(person, Act.OVERRIDE, f"issue {event.issue}", now=now, detail=detail)
    tell_publishers(settings, store, event, problem.missing, now=now)


def time_of(start: PlannedStart) -> ApprovedTime:
    """Return the time that a decision for a start is for."""
    if start.local_time:
        return ApprovedTime(day=start.issue_date, local_time=start.local_time)
    return ApprovedTime(day=start.begins.date(), at=start.begins)
