"""Approve an issue, ask for changes, and record that a proof was mailed."""

from collections.abc import Iterable
from datetime import datetime

from newsletter.composing import Composed
from newsletter.domain.authorship import work_by
from newsletter.domain.people import Act, Person, require, require_role
from newsletter.domain.reviews import ApprovedTime, ReviewEvent, ReviewEventKind
from newsletter.errors import NewsletterError
from newsletter.publishing.reviews.finding_ticks import OpenFindingsError, open_among
from newsletter.publishing.reviews.issue_reviews import Review, mark_of, new_event, review_of
from newsletter.publishing.reviews.reasons import MissingReasonError
from newsletter.publishing.reviews.reviewed_issue import reviewed_issue
from newsletter.settings import Settings
from newsletter.store import Store


class ReviewOutdatedError(NewsletterError):
    """A decision about an issue that has changed since its page was opened; ``changes`` says in words how."""

    code = "review-outdated"

    def __init__(self, *, issue: str) -> None:
        self.issue = issue
        super().__init__(
            f"issue {issue} has changed since you opened this page, so nothing was decided",
            hint="look at what has changed, then decide again",
        )


def approve(
    person: Person,
    settings: Settings,
    store: Store,
    composed: Composed,
    *,
    time: ApprovedTime,
    seen: str = "",
    note: str = "",
    now: datetime,
) -> Review:
    """Approve an issue as it is now, for a time, and return its review.

    ``seen`` is the ``mark`` of what the person has looked at. Raise ReviewOutdatedError if it has changed since;
    OpenFindingsError if findings are neither fixed nor ticked off; ForbiddenError, OwnWorkError and
    ConfirmationNeededError.
    """
    require_role(person, Act.APPROVE)
    reviewed = reviewed_issue(settings, composed)
    review = review_of(settings, store, reviewed)
    require(person, Act.APPROVE, work_by(person, review.authors, own_allowed=settings.approval.own_changes))
    _refuse_outdated(review, seen)
    if left := open_among(store, composed.findings, settings.root):
        raise OpenFindingsError(issue=composed.issue.slug, number=len(left))
    event = new_event(settings, review, person, ReviewEventKind.APPROVAL, now, time=time, note=note)
    store.reviews.add(event)
    store.audit.add(person, Act.APPROVE, f"issue {event.issue}", now=now, detail=_detail(event))
    return review_of(settings, store, reviewed)


def ask_for_changes(
    person: Person,
    settings: Settings,
    store: Store,
    composed: Composed,
    *,
    note: str,
    seen: str = "",
    now: datetime,
) -> Review:
    """Ask for changes of an issue as it is now. Approvals of it no longer count.

    Raise MissingReasonError without a ``note``, ReviewOutdatedError and ForbiddenError.
    """
    require(person, Act.REVIEW)
    if not note.strip():
        raise MissingReasonError("say which changes you ask for")
    reviewed = reviewed_issue(settings, composed)
    review = review_of(settings, store, reviewed)
    _refuse_outdated(review, seen)
    event = new_event(settings, review, person, ReviewEventKind.CHANGES_REQUESTED, now, note=note)
    store.reviews.add(event)
    store.audit.add(person, Act.REVIEW, f"issue {event.issue}", now=now, detail=_detail(event))
    return review_of(settings, store, reviewed)


def record_proof(
    person: Person, settings: Settings, store: Store, composed: Composed, recipients: Iterable[str], *, now: datetime
) -> None:
    """Record that a proof of an issue was mailed, so that later changes can be said in words. Raise ForbiddenError."""
    require(person, Act.PROOF)
    reviewed = reviewed_issue(settings, composed)
    review = review_of(settings, store, reviewed)
    event = new_event(settings, review, person, ReviewEventKind.PROOF, now, recipients=tuple(recipients))
    store.reviews.add(event)
    store.audit.add(person, Act.PROOF, f"issue {event.issue}", now=now, detail={"to": list(event.recipients)})


def _refuse_outdated(review: Review, seen: str) -> None:
    if seen and seen != mark_of(review.reviewed):
        raise ReviewOutdatedError(issue=review.reviewed.issue.slug)


def _detail(event: ReviewEvent) -> dict[str, object]:
    return {"content": event.content, "audience": event.audience, "time": event.time.text if event.time else ""}
