"""Reviews in both databases: events, comments, ticked findings, and who has changed which file."""

from datetime import UTC, date, datetime, timedelta

import pytest

from newsletter.domain.reviews import (
    ApprovedTime,
    Comment,
    CommentedKind,
    Edit,
    ReviewEvent,
    ReviewEventKind,
    TickedFinding,
)
from newsletter.errors import NotFoundError
from newsletter.store import Store
from tests.make import WHEN

ADA, BEN = "ada@example.org", "ben@example.org"
ISSUE = "2026-11-23"
DAY = date(2026, 11, 23)


def event(issue: str = ISSUE, kind: ReviewEventKind = ReviewEventKind.APPROVAL, **values: object) -> ReviewEvent:
    known = {"at": WHEN, "by": ADA, "name": "Ada", "content": "c" * 64, "audience": "a" * 64}
    return ReviewEvent(issue=issue, kind=kind, **{**known, **values})  # type: ignore[arg-type]


def test_events_are_kept_as_they_were_in_their_order(store: Store) -> None:
    proof = event(kind=ReviewEventKind.PROOF, recipients=(BEN,), outline={"subject": "Zug – \0 קטר"}, commit="f" * 40)
    moment = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)
    approval = event(by=BEN, member=7, time=ApprovedTime(day=DAY, at=moment), note="Fine.", authors=(ADA,))
    first, second = store.reviews.add(proof), store.reviews.add(approval)
    store.reviews.add(event("2026-11-24"))
    stored = store.reviews.of_issue(ISSUE)
    assert [found.id for found in stored] == [first, second]
    assert [found.outline for found in stored] == [{}, {}]  # lists don't need them
    assert (stored[0].recipients, stored[1].time, stored[1].authors) == ((BEN,), approval.time, (ADA,))
    with_outline = store.reviews.with_outline(first)
    assert with_outline is not None
    assert with_outline.outline == proof.outline
    assert store.reviews.with_outline(99) is None
    assert set(store.reviews.of_issues([ISSUE, "2026-11-24", "other"])) == {ISSUE, "2026-11-24"}
    assert [found.issue for found in store.reviews.latest_approvals()] == [ISSUE, "2026-11-24"]


@pytest.mark.parametrize(
    "time",
    [
        ApprovedTime(day=DAY),
        ApprovedTime(day=DAY, local_time="07:00"),
        ApprovedTime(day=DAY, at=datetime(2026, 11, 23, 6, 30, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_it_was_written(time: ApprovedTime) -> None:
    assert ApprovedTime.parse(time.text) == time


def test_comments_are_resolved_opened_again_and_deleted(store: Store) -> None:
    def comment(kind: CommentedKind, slug: str) -> int:
        return store.comments.add(Comment(kind=kind, slug=slug, text="Shorter?", at=WHEN, by=ADA, name="Ada"))

    issue, entry = comment(CommentedKind.ISSUE, ISSUE), comment(CommentedKind.ENTRY, "night-train")
    comment(CommentedKind.ENTRY, "other")
    assert [found.id for found in store.comments.about(ISSUE, ["night-train"])] == [issue, entry]
    assert [found.id for found in store.comments.about_entry("night-train")] == [entry]
    store.comments.resolve(entry, by=BEN, now=WHEN)
    resolved = store.comments.get(entry)
    assert (resolved.resolved_at, resolved.resolved_by) == (WHEN, BEN)
    store.comments.resolve(entry, by=BEN, now=None)
    assert store.comments.get(entry).resolved_at is None
    store.comments.delete(entry)
    store.comments.delete(entry)
    with pytest.raises(NotFoundError):
        store.comments.get(entry)
    with pytest.raises(NotFoundError):
        store.comments.resolve(entry, by=BEN, now=WHEN)


def test_a_finding_is_ticked_off_with_the_latest_reason(store: Store) -> None:
    first = TickedFinding(fingerprint="f" * 64, reason="It is a name.", at=WHEN, by=ADA, name="Ada")
    second = TickedFinding(fingerprint="f" * 64, reason="It is a title.", at=WHEN, by=BEN, name="Ben")
    store.ticked_findings.tick(first)
    store.ticked_findings.tick(second)
    assert store.ticked_findings.among(["f" * 64, "0" * 64]) == {"f" * 64: second}
    store.ticked_findings.untick("f" * 64)
    assert store.ticked_findings.among(["f" * 64]) == {}


def test_the_latest_edit_of_each_person_is_kept_with_the_latest_event_by_then(store: Store) -> None:
    path = "issues/entries/night-train.md"
    store.edits.note([Edit(path=path, address=ADA, at=WHEN), Edit(path=path, address=BEN, at=WHEN)])
    number = store.reviews.add(event())
    earlier = WHEN - timedelta(days=1)  # by a clock that was set back
    store.edits.note([Edit(path=path, address=ADA, at=earlier)])
    store.edits.note([Edit(path="issues_/x.md", address=ADA, at=WHEN)])
    assert set(store.edits.of_files([path])) == {
        Edit(path=path, address=BEN, at=WHEN),
        Edit(path=path, address=ADA, at=earlier, event=number),
    }
    assert {found.path for found in store.edits.below("issues")} == {path}
