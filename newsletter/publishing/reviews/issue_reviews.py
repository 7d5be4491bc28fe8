"""The review of an issue as it stands: who has approved what, what is missing, and what has changed since."""

from dataclasses import dataclass
from datetime import date, datetime

from newsletter.domain.people import Person
from newsletter.domain.reviews import ApprovedTime, ReviewEvent, ReviewEventKind
from newsletter.git import Repository
from newsletter.publishing.reviews.reasons import storable
from newsletter.publishing.reviews.review_people import approvers_of, authors_of, head_of, who_can_approve
from newsletter.publishing.reviews.reviewed_issue import ReviewedIssue
from newsletter.reviewing import ApprovalStanding, Approvers, PlannedStart, changes_in_words, standing_of
from newsletter.settings import Settings
from newsletter.store import Store


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


def review_of(
    settings: Settings,
    store: Store,
    reviewed: ReviewedIssue,
    *,
    start: PlannedStart | None = None,
    repository: Repository | None = None,
) -> Review:
    """Return the review of an issue as it is now; for a ``start``, whether it is approved for that time, too.

    Pass the ``repository`` if it is known: finding it takes a while.
    """
    events = store.reviews.of_issue(reviewed.issue.slug)
    rules = settings.approval
    authors = authors_of(store, settings.root, reviewed, events, rules, repository)
    approvers = approvers_of(store, events)
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


def mark_of(reviewed: ReviewedIssue) -> str:
    """Return a mark of an issue as it is now, for forms: a decision is refused if it has another one by then."""
    return f"{reviewed.content.content[:32]}-{reviewed.content.audience[:32]}"


def new_event(
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


def approved_time_in_words(time: ApprovedTime, settings: Settings) -> str:
    """Return the time of an approval in words, in the newsletter's time zone."""
    if time.at is not None:
        zone = settings.newsletter.zone
        local = time.at.astimezone(zone)
        return f"{_short_day(local)} at {local:%H:%M} ({zone.key})"
    day = _short_day(time.day)
    return f"{day}, {time.local_time} in each reader’s time zone" if time.local_time else f"any time on {day}"


def _short_day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"
