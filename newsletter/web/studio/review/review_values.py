"""The values of an issue's review page, as its files and its review are now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from newsletter.domain.addresses import address_key
from newsletter.domain.issue import Entry, Issue
from newsletter.domain.issue_stages import DRAFT, IssueStage
from newsletter.domain.people import Act, Person, Work, may
from newsletter.domain.reviews import ApprovedTime, Comment, ReviewEvent, ReviewEventKind, TickedFinding
from newsletter.domain.send import Send, details_in_words
from newsletter.errors import Finding, NewsletterError, Severity
from newsletter.publishing.reviews.finding_ticks import fingerprint_of, ticked_among
from newsletter.publishing.reviews.issue_reviews import Review, approved_time_in_words, mark_of, review_of
from newsletter.publishing.reviews.review_comments import may_delete
from newsletter.publishing.reviews.review_proofs import ProofAddress, proof_addresses
from newsletter.publishing.reviews.reviewed_issue import ReviewedIssue
from newsletter.settings import Settings
from newsletter.store import Store
from newsletter.web.preview.issue_page import findings_in
from newsletter.web.preview.snapshot import Snapshot
from newsletter.web.studio.context import Studio
from newsletter.web.studio.local_times import local_clock
from newsletter.web.studio.review.issue_now import composed_now, reviewed_now
from newsletter.web.studio.review.review_stages import planned_start_of, stage_in_words


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFinding:
    """A finding on the review page; ``ticked`` says who has ticked it off and why, if somebody has."""

    finding: Finding
    fingerprint: str
    ticked: TickedFinding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownComment:
    """A comment, and its time by the newsletter's clock.

    ``about`` names the entry that it is about, "" for the issue. It can be deleted if it is one's own.
    """

    comment: Comment
    at: datetime
    about: str
    may_delete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEvent:
    """An event of a review: what happened, in words, and whether the issue is still as it was then."""

    event: ReviewEvent
    words: str
    at: datetime
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """The acts that the page offers its person; ``own_work`` says that they may not approve their own."""

    approve: bool
    own_work: bool
    review: bool
    proof: bool
    proof_to_others: bool
    comment: bool
    send: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDecision:
    """Whether the person's own approval counts, whether they ever approved, and how many more approvals are needed."""

    counts: bool = False
    approved_before: bool = False
    needed: int = 0


def review_values(studio: Studio, slug: str) -> dict[str, object]:
    """Return the values for the template. Raise NotFoundError if there is no such issue."""
    snapshot, sends = studio.snapshots.with_sends()
    issue = snapshot.manuscripts.issue(slug)
    loaded = studio.loaded_settings(snapshot)
    composed, findings = composed_now(snapshot, issue.slug)
    reviewed = None
    try:
        reviewed = reviewed_now(studio, snapshot, composed) if composed else None
    except NewsletterError as err:  # such as a segment that doesn't exist
        findings = (*findings, *findings_in(err))
    send = sends.get(issue.slug)
    values: dict[str, object] = {
        "slug": issue.slug,
        "issue": issue,
        "rules": loaded.approval,
        "send": send,
        "details": details_in_words(send, snapshot.settings.zone, totals=studio.sees_totals) if send else "",
        "is_frozen": send is not None and bool(send.digest),
        "mark": mark_of(reviewed) if reviewed else "",
        "times": _times(issue, send, studio.today(snapshot), loaded),
        "zone": loaded.newsletter.time_zone,
        "names": {issue.path: "This issue"} | {entry.path: entry.title or entry.slug for entry in issue.entries},
    }
    values |= zip(("earlier", "_", "later"), snapshot.around(issue.slug), strict=True)
    if not snapshot.settings.has_database():
        return values | _without_store(studio, findings, loaded)
    with snapshot.settings.open_store() as store:
        review = None
        if reviewed is not None:
            studio.edit_notes.flush()
            start = planned_start_of(send, issue, studio.now)
            review = review_of(loaded, store, reviewed, start=start, repository=studio.repository)
        events = review.events if review else store.reviews.of_issue(issue.slug)
        stage = stage_in_words(review, events, send, studio.now)
        return values | {
            "review": review,
            "stage": IssueStage(words=stage, missing=_missing(review, send, loaded)),
            "permissions": _permissions(studio.person, review, loaded),
            "own_decision": _own_decision(studio.person, review, events, loaded),
            "findings": _shown_findings(store, findings, studio),
            "comments": _shown_comments(studio, store, issue),
            "commented": [(entry.slug, entry.title or entry.slug) for entry in issue.entries],
            "events": _shown_events(events, reviewed, loaded),
            "approvals": [_shown(event, reviewed, loaded) for event in (review.standing.counted if review else ())],
            "compared": _shown(review.compared, reviewed, loaded) if review and review.compared else None,
            "author_names": _author_names(review, studio.person) if review else [],
            "proof_addresses": proof_addresses(loaded, store),
        }


def _author_names(review: Review, person: Person) -> list[str]:
    own = address_key(person.address)
    return [
        person.name if address_key(author) == own and person.name else review.approvers.name(author)
        for author in sorted(review.authors)
    ]


def _missing(review: Review | None, send: Send | None, loaded: Settings) -> tuple[str, ...]:
    """Return what keeps the issue from being sent, where an approval is required."""
    is_open = review is not None and review.standing.override is None and not (send and send.digest)
    return review.standing.missing if review and is_open and loaded.approval.required else ()


def _without_store(studio: Studio, findings: Sequence[Finding], loaded: Settings) -> dict[str, object]:
    """Return the values of a newsletter that has no database yet: nothing has happened."""
    addresses = [ProofAddress(address=address, name="", is_usual=True) for address in loaded.studio.proof_to]
    root = studio.root
    return {
        "review": None,
        "stage": IssueStage(words=DRAFT),
        "permissions": _permissions(studio.person, None, loaded),
        "own_decision": OwnDecision(),
        "findings": [ShownFinding(finding=finding, fingerprint=fingerprint_of(finding, root)) for finding in findings],
        "comments": [],
        "commented": [],
        "events": [],
        "approvals": [],
        "compared": None,
        "author_names": [],
        "proof_addresses": addresses,
    }


def _permissions(person: Person, review: Review | None, loaded: Settings) -> Permissions:
    own = address_key(person.address)
    authors = review.authors if review else frozenset()
    work = Work(
        by=frozenset(person.address if address_key(author) == own else author for author in authors),
        own_allowed=loaded.approval.own_changes,
    )
    return Permissions(
        approve=may(person, Act.APPROVE, work),
        own_work=may(person, Act.APPROVE) and not may(person, Act.APPROVE, work),
        review=may(person, Act.REVIEW),
        proof=may(person, Act.PROOF),
        proof_to_others=may(person, Act.PROOF_TO_OTHERS),
        comment=may(person, Act.COMMENT),
        send=may(person, Act.SEND),
    )


def _own_decision(
    person: Person, review: Review | None, events: Iterable[ReviewEvent], loaded: Settings
) -> OwnDecision:
    counted = review.standing.counted if review else ()
    return OwnDecision(
        counts=any(_is_by(event, person) for event in counted),
        approved_before=any(event.kind is ReviewEventKind.APPROVAL and _is_by(event, person) for event in events),
        needed=max(loaded.approval.approvals - len(counted), 0),
    )


def _is_by(event: ReviewEvent, person: Person) -> bool:
    return address_key(event.by) == address_key(person.address)


def _shown_findings(store: Store, findings: Iterable[Finding], studio: Studio) -> list[ShownFinding]:
    """Return the findings, errors first and those that were ticked off last; each fingerprint once."""
    findings = tuple(findings)
    ticked = ticked_among(store, findings, studio.root)
    shown: dict[str, ShownFinding] = {}
    for finding in findings:
        fingerprint = fingerprint_of(finding, studio.root)
        tick = None if finding.severity is Severity.ERROR else ticked.get(fingerprint)
        shown.setdefault(fingerprint, ShownFinding(finding=finding, fingerprint=fingerprint, ticked=tick))
    return sorted(
        shown.values(), key=lambda shown: (shown.ticked is not None, shown.finding.severity is not Severity.ERROR)
    )


def _shown_comments(studio: Studio, store: Store, issue: Issue) -> list[ShownComment]:
    titles = {entry.slug: entry.title or entry.slug for entry in issue.entries}
    comments = store.comments.about(issue.slug, titles)
    return [shown_comment(studio, comment, titles.get(comment.slug, "")) for comment in comments]


def shown_comment(studio: Studio, comment: Comment, about: str = "") -> ShownComment:
    """Return a comment as the person who looks at it sees it. ``about`` is the entry's title on an issue's page."""
    return ShownComment(
        comment=comment,
        at=local_clock(studio)(comment.at),
        about=about if comment.kind == "entry" else "",
        may_delete=may_delete(studio.person, comment),
    )


def entry_comments(studio: Studio, entry: Entry, snapshot: Snapshot) -> list[ShownComment]:
    """Return the comments on an entry, none if the database can't be read: the fields matter more."""
    try:
        if not snapshot.settings.has_database():
            return []
        with snapshot.settings.open_store() as store:
            return [shown_comment(studio, comment) for comment in store.comments.about_entry(entry.slug)]
    except NewsletterError:
        return []


def _shown_events(events: Iterable[ReviewEvent], reviewed: ReviewedIssue | None, loaded: Settings) -> list[ShownEvent]:
    return [_shown(event, reviewed, loaded) for event in reversed(tuple(events))]


def _shown(event: ReviewEvent, reviewed: ReviewedIssue | None, loaded: Settings) -> ShownEvent:
    when = f" for {approved_time_in_words(event.time, loaded)}" if event.time else ""
    words = {
        ReviewEventKind.PROOF: f"mailed a proof to {', '.join(event.recipients)}",
        ReviewEventKind.APPROVAL: f"approved{when}",
        ReviewEventKind.CHANGES_REQUESTED: "asked for changes",
        ReviewEventKind.OVERRIDE: f"decided to send without approval{when}",
    }[event.kind]
    return ShownEvent(
        event=event,
        words=words,
        at=event.at.astimezone(loaded.newsletter.zone),
        is_current=reviewed is not None and reviewed.content.is_of(event),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeChoices:
    """The times for which an issue can be approved: any time on a ``day``, or as it is ``scheduled``."""

    day: date
    day_text: str
    clock: str
    scheduled: str = ""
    scheduled_words: str = ""


def _times(issue: Issue, send: Send | None, today: date, loaded: Settings) -> TimeChoices:
    day = max(issue.date, today)
    scheduled = None
    if send is not None and not send.digest and send.begins is not None and send.status == "scheduled":
        scheduled = (
            ApprovedTime(day=issue.date, local_time=send.local_time)
            if send.local_time
            else ApprovedTime(day=send.begins.astimezone(loaded.newsletter.zone).date(), at=send.begins)
        )
    return TimeChoices(
        day=day,
        day_text=ApprovedTime(day=day).text,
        clock="06:30",
        scheduled=scheduled.text if scheduled else "",
        scheduled_words=approved_time_in_words(scheduled, loaded) if scheduled else "",
    )
