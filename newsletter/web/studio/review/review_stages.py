"""The stage of each issue on its way to readers: draft, in review, approved, then that of its send.

Nothing is stored. What follows from the database alone is known at once; whether an issue is still as it was approved
is known once it has been compiled.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from newsletter.domain.issue import Issue
from newsletter.domain.issue_stages import APPROVED, DRAFT, IN_REVIEW, IssueStage
from newsletter.domain.plurals import counted
from newsletter.domain.reviews import ReviewEvent, ReviewEventKind
from newsletter.domain.send import Send
from newsletter.domain.send_stages import SendStage, stage_of
from newsletter.errors import NewsletterError, StoreError
from newsletter.publishing.reviews.approvals import start_of
from newsletter.publishing.reviews.issue_reviews import Review, review_of
from newsletter.reviewing import PlannedStart
from newsletter.store import Store
from newsletter.web.preview.snapshot import Snapshot
from newsletter.web.studio.context import Studio
from newsletter.web.studio.review.issue_now import composed_now, reviewed_now

_DECISIONS = (ReviewEventKind.APPROVAL, ReviewEventKind.OVERRIDE)


def stage_in_words(review: Review | None, events: Sequence[ReviewEvent], send: Send | None, now: datetime) -> str:
    """Return the stage of an issue whose review is known, None if it can't be compiled."""
    if sent := stage_of_send(send, now):
        return sent
    if review is not None and review.is_approved and review.standing.counted:
        return APPROVED
    return IN_REVIEW if events else DRAFT


def planned_start_of(send: Send | None, issue: Issue, now: datetime) -> PlannedStart | None:
    """Return the start that an approval of an issue has to cover, None if it isn't scheduled."""
    if send is None or send.digest or send.begins is None or stage_of(send, now) is SendStage.UNSENT:
        return None
    return start_of(send, issue.date, now=now)


def issue_stages(
    studio: Studio, snapshot: Snapshot, sends: Mapping[str, Send], issues: Iterable[Issue], *, compile_first: bool
) -> dict[str, IssueStage]:
    """Return the stages of issues by slug.

    An issue whose stage can't be known without compiling it is missing, unless ``compile_first``.
    """
    issues, now = tuple(issues), studio.now
    events: Mapping[str, tuple[ReviewEvent, ...]] = {}
    if not snapshot.settings.has_database():
        return {issue.slug: _unapproved(snapshot, stage_of_send(sends.get(issue.slug), now), ()) for issue in issues}
    try:
        with snapshot.settings.open_store() as store:
            events = store.reviews.of_issues([issue.slug for issue in issues])
            return {
                issue.slug: stage
                for issue in issues
                if (
                    stage := _stage(
                        studio,
                        snapshot,
                        store,
                        issue,
                        sends.get(issue.slug),
                        events.get(issue.slug, ()),
                        compile_first=compile_first,
                    )
                )
            }
    except StoreError:  # the database is busy or away: the issues matter more
        return {}


def stage_of_send(send: Send | None, now: datetime) -> str:
    """Return the stage of an issue's send, "" if it has none."""
    stage = IssueStage.of_send(send, now)
    return stage.words if stage else ""


def _stage(
    studio: Studio,
    snapshot: Snapshot,
    store: Store,
    issue: Issue,
    send: Send | None,
    events: Sequence[ReviewEvent],
    *,
    compile_first: bool,
) -> IssueStage | None:
    """Return an issue's stage, None if it isn't known."""
    sent = stage_of_send(send, studio.now)
    if send is not None and send.digest:
        return IssueStage(words=sent)
    rules = snapshot.settings.approval
    if sent and not rules.required:
        return IssueStage(words=sent)
    unapproved = _unapproved(snapshot, sent, events)
    if not any(event.kind in _DECISIONS for event in events):
        return unapproved
    start = planned_start_of(send, issue, studio.now)
    key = f"stage of {issue.slug} after {events[-1].id} {start} {_staff(store)} {_head(studio)}"
    if not compile_first:
        known = snapshot.once_known(key)
        if isinstance(known, IssueStage):
            return replace(known, words=sent or known.words)
        return IssueStage(words=sent) if sent else None

    def derive() -> IssueStage:
        composed, _ = composed_now(snapshot, issue.slug)
        try:
            reviewed = reviewed_now(studio, snapshot, composed) if composed else None
        except NewsletterError:  # such as a segment that doesn't exist: its findings say so
            reviewed = None
        if reviewed is None or not any(event.kind in _DECISIONS and reviewed.content.is_of(event) for event in events):
            return unapproved
        studio.edit_notes.flush()
        loaded = studio.loaded_settings(snapshot)
        review = review_of(loaded, store, reviewed, start=start, repository=studio.repository)
        is_missing = rules.required and review.standing.override is None
        return IssueStage(
            words=stage_in_words(review, events, send, studio.now),
            missing=review.standing.missing if is_missing else (),
        )

    stage = snapshot.once(key, derive)
    return replace(stage, words=sent or stage.words)


def _unapproved(snapshot: Snapshot, sent: str, events: Sequence[ReviewEvent]) -> IssueStage:
    """Return the stage of an issue that nobody has approved as it is now."""
    rules = snapshot.settings.approval
    missing = (f"{counted(rules.approvals, 'approval')} missing",) if rules.required else ()
    return IssueStage(words=sent or (IN_REVIEW if events else DRAFT), missing=missing)


def _staff(store: Store) -> int:
    """Return a mark of the members and their roles, on which it depends whose approvals count."""
    return hash(tuple((member.id, member.role, member.address) for member in store.staff.members()))


def _head(studio: Studio) -> str:
    """Return git's latest commit, on which it depends who has changed an issue."""
    try:
        return studio.repository.head if studio.repository else ""
    except NewsletterError:
        return ""
