"""Review and approve issues, and refuse to send one that isn't approved where newsletter.toml requires it.

An approval binds the digest of the compiled issue, its audience and a time. Nothing says that an issue is approved but
these events: each question composes the issue anew and compares.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from newsletter.composing import Composed
from newsletter.domain.addresses import address_key
from newsletter.domain.people import Act, Person, Work, require
from newsletter.domain.reviews import ApprovedTime, ReviewEvent, ReviewEventKind
from newsletter.domain.schedule import clock_time
from newsletter.domain.send import Send
from newsletter.errors import NewsletterError, SendError, UsageError
from newsletter.publishing.review_people import approvers_of, authors_of, head_of, who_can_approve
from newsletter.publishing.reviewed_issue import ReviewedIssue, reviewed_issue
from newsletter.reviewing import (
    ApprovalStanding,
    Approvers,
    PlannedStart,
    changes_in_words,
    standing_of,
)
from newsletter.settings import Settings
from newsletter.store import Store

LONGEST_NOTE = 2_000  # characters
AT_ONCE = timedelta(minutes=2)  # a send scheduled for so soon was meant to begin as soon as it can't be undone any more
_MOST_WORDS = 3  # changes in an error message


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """An issue's review as it stands.

    ``compared`` is the latest proof or approval of something else, and ``changes`` says what has changed since.
    ``authors`` are the addresses of those whose changes nobody has approved before, ``able`` the names of members of
    staff who can approve it.
    """

    reviewed: ReviewedIssue
    events: tuple[ReviewEvent, ...]
    standing: ApprovalStanding
    authors: frozenset[str]
    approvers: Approvers
    able: tuple[str, ...]
    compared: ReviewEvent | None = None
    changes: tuple[str, ...] = ()

    @property
    def is_approved(self) -> bool:
        """Return whether enough people have approved the issue as it is now."""
        return self.standing.is_complete

    @property
    def has_begun(self) -> bool:
        """Return whether anything has happened in the review."""
        return bool(self.events)


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


class ReviewOutdatedError(NewsletterError):
    """A decision about an issue that has changed since its page was opened; ``changes`` says in words how."""

    code = "review-outdated"

    def __init__(self, *, issue: str) -> None:
        self.issue = issue
        super().__init__(
            f"issue {issue} has changed since you opened this page, so nothing was decided",
            hint="look at what has changed, then decide again",
        )


class MissingReasonError(UsageError):
    """A decision that needs a reason or a note and has none."""

    code = "reason-missing"

    def __init__(self, what: str) -> None:
        super().__init__(what, hint="say it in a few words")


def review_of(
    settings: Settings, store: Store, reviewed: ReviewedIssue, *, start: PlannedStart | None = None
) -> Review:
    """Return the review of an issue as it is now; for a ``start``, whether it is approved for that time, too."""
    events = store.reviews.of_issue(reviewed.issue.slug)
    rules = settings.approval
    authors = authors_of(store, settings.root, reviewed, events, rules)
    approvers = approvers_of(store)
    standing = standing_of(
        reviewed.content,
        events,
        rules,
        authors=authors,
        approvers=approvers,
        start=start,
        zone=settings.newsletter.zone,
        deadline=settings.sending.deadline,
    )
    compared = next((event for event in reversed(events) if event.kind in _COMPARED), None)
    return Review(
        reviewed=reviewed,
        events=events,
        standing=standing,
        authors=authors,
        approvers=approvers,
        able=who_can_approve(store, authors, rules),
        compared=compared,
        changes=_changes_since(store, compared, reviewed),
    )


_COMPARED = (ReviewEventKind.APPROVAL, ReviewEventKind.PROOF)


def _changes_since(store: Store, event: ReviewEvent | None, reviewed: ReviewedIssue) -> tuple[str, ...]:
    if event is None or reviewed.content.is_of(event):
        return ()
    stored = store.reviews.with_outline(event.id)
    try:
        changes = changes_in_words(stored.outline, reviewed.outline) if stored and stored.outline else ()
    except (KeyError, TypeError, IndexError):  # an outline that another version of the program has written
        changes = ()
    return changes or ("how it looks, or who gets which entries, changed",)


def start_of(send: Send, issue_date: date) -> PlannedStart:
    """Return the start of a scheduled send, as an approval has to cover it."""
    begins = send.begins or send.created
    return PlannedStart(begins=begins, issue_date=issue_date, local_time=send.local_time, is_now=_is_at_once(send))


def _is_at_once(send: Send) -> bool:
    """Return whether a send was scheduled to begin as soon as it could still be undone, or not scheduled at all."""
    return send.begins is None or (not send.local_time and send.begins - send.created <= AT_ONCE)


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

    With a reason to send it ``without_approval``, the ``person`` overrides that, which is recorded for exactly this
    content, audience and time: later changes need another decision. Raise ForbiddenError if they may not.
    """
    if not settings.approval.required:
        return
    reviewed = reviewed_issue(settings, composed)
    review = review_of(settings, store, reviewed, start=start)
    if review.standing.is_complete or review.standing.override is not None:
        return
    if person is None or not without_approval.strip():
        raise NotApprovedError(
            issue=composed.issue.slug,
            missing=review.standing.missing,
            changes=review.changes,
            able=review.able,
        )
    require(person, Act.OVERRIDE)
    event = _event(settings, review, person, ReviewEventKind.OVERRIDE, now, time=time_of(start), note=without_approval)
    store.reviews.add(event)
    detail = {"reason": event.note, "missing": list(review.standing.missing), "content": event.content}
    store.audit.add(person, Act.OVERRIDE, f"issue {event.issue}", now=now, detail=detail)


def time_of(start: PlannedStart) -> ApprovedTime:
    """Return the time that a decision for a start is for."""
    if start.local_time:
        return ApprovedTime(day=start.issue_date, local_time=start.local_time)
    return ApprovedTime(day=start.begins.date(), at=start.begins)


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
    ForbiddenError, OwnWorkError and ConfirmationNeededError.
    """
    reviewed = reviewed_issue(settings, composed)
    review = review_of(settings, store, reviewed)
    require(person, Act.APPROVE, _work(review, person, own_allowed=settings.approval.own_changes))
    _refuse_outdated(review, seen)
    event = _event(settings, review, person, ReviewEventKind.APPROVAL, now, time=time, note=note)
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
    event = _event(settings, review, person, ReviewEventKind.CHANGES_REQUESTED, now, note=note)
    store.reviews.add(event)
    store.audit.add(person, Act.REVIEW, f"issue {event.issue}", now=now, detail=_detail(event))
    return review_of(settings, store, reviewed)


def record_proof(
    person: Person, settings: Settings, store: Store, composed: Composed, recipients: Iterable[str], *, now: datetime
) -> None:
    """Record that a proof of an issue was mailed, so that later changes can be said in words."""
    reviewed = reviewed_issue(settings, composed)
    review = review_of(settings, store, reviewed)
    event = _event(settings, review, person, ReviewEventKind.PROOF, now, recipients=tuple(recipients))
    store.reviews.add(event)
    store.audit.add(person, Act.PROOF, f"issue {event.issue}", now=now, detail={"to": list(event.recipients)})


def mark_of(reviewed: ReviewedIssue) -> str:
    """Return a mark of an issue as it is now, for forms: a decision is refused if it has another one by then."""
    return f"{reviewed.content.content[:32]}-{reviewed.content.audience[:32]}"


def _refuse_outdated(review: Review, seen: str) -> None:
    if seen and seen != mark_of(review.reviewed):
        raise ReviewOutdatedError(issue=review.reviewed.issue.slug)


def _work(review: Review, person: Person, *, own_allowed: bool) -> Work:
    """Return the work that an approval is about, with the person's own address spelt as they have it."""
    by = {person.address if address_key(author) == address_key(person.address) else author for author in review.authors}
    return Work(by=frozenset(by), own_allowed=own_allowed)


def _event(
    settings: Settings,
    review: Review,
    person: Person,
    kind: ReviewEventKind,
    now: datetime,
    *,
    time: ApprovedTime | None = None,
    note: str = "",
    recipients: tuple[str, ...] = (),
) -> ReviewEvent:
    content = review.reviewed.content
    return ReviewEvent(
        issue=content.issue,
        kind=kind,
        at=now,
        by=person.address,
        name=person.name or person.address,
        member=person.id,
        content=content.content,
        audience=content.audience,
        time=time,
        note=storable(note),
        authors=tuple(sorted(review.authors)),
        commit=head_of(settings.root),
        recipients=recipients,
        outline=review.reviewed.outline,
    )


def storable(text: str) -> str:
    """Return what somebody has typed as every database takes it: without NUL, with line feeds, not too long."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return plain.encode("utf-8", "ignore").decode().strip()[:LONGEST_NOTE]


def _detail(event: ReviewEvent) -> dict[str, object]:
    return {"content": event.content, "audience": event.audience, "time": event.time.text if event.time else ""}


def approved_time_in_words(time: ApprovedTime, settings: Settings) -> str:
    """Return the time of an approval in words, in the newsletter's time zone."""
    if time.at is not None:
        return clock_time(time.at, settings.newsletter.zone)
    day = f"{time.day:%a} {time.day.day} {time.day:%b %Y}"
    return f"{day}, {time.local_time} in each reader’s time zone" if time.local_time else f"any time on {day}"
