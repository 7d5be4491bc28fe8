"""The rule of approval: which approvals count for an issue as it is, its readers and its time."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsletter.domain.reviews import ApprovalRules, ApprovedTime, ReviewEvent, ReviewEventKind
from newsletter.reviewing import (
    ApprovalStanding,
    Approvers,
    PlannedStart,
    ReviewedContent,
    covers,
    last_complete,
    standing_of,
)

ADA, BEN, CAI = "ada@example.org", "ben@example.org", "cai@example.org"
ZONE = ZoneInfo("Europe/Vienna")
DAY = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)
SIX_HOURS = timedelta(hours=6)
NOW = ReviewedContent(issue="2026-11-23", content="now", audience="all")
ANY_TIME = ApprovedTime(day=DAY)
EVERYBODY = Approvers(may_approve=lambda _: True, names={ADA: "Ada", BEN: "Ben", CAI: "Cai"})


def events(*made: tuple[str, ReviewEventKind, str], time: ApprovedTime = ANY_TIME) -> tuple[ReviewEvent, ...]:
    return tuple(
        ReviewEvent(
            id=number, issue="2026-11-23", kind=kind, at=AT, by=by, name=by, content=content, audience="all", time=time
        )
        for number, (by, kind, content) in enumerate(made, start=1)
    )


def standing(
    made: tuple[ReviewEvent, ...],
    *authors: str,
    approvals: int = 1,
    own_changes: bool = False,
    approvers: Approvers = EVERYBODY,
    start: PlannedStart | None = None,
) -> ApprovalStanding:
    rules = ApprovalRules(required=True, approvals=approvals, own_changes=own_changes)
    return standing_of(
        NOW, made, rules, authors=authors, approvers=approvers, start=start, zone=ZONE, deadline=SIX_HOURS
    )


APPROVAL, CHANGES, OVERRIDE = ReviewEventKind.APPROVAL, ReviewEventKind.CHANGES_REQUESTED, ReviewEventKind.OVERRIDE


def test_an_approval_counts_only_for_what_was_approved() -> None:
    assert standing(events((BEN, APPROVAL, "now")), ADA).is_complete
    assert standing(events((BEN, APPROVAL, "before")), ADA).missing == ("1 approval missing",)
    assert standing(()).missing == ("1 approval missing",)


def test_nobody_approves_their_own_changes_unless_that_is_allowed() -> None:
    own = events((ADA, APPROVAL, "now"))
    assert standing(own, ADA).missing == ("somebody else must approve the changes by Ada",)
    assert standing(own, "Ada@Example.org").missing == ("somebody else must approve the changes by Ada",)
    assert standing(own, ADA, own_changes=True).is_complete
    assert standing(own).is_complete


def test_two_who_worked_together_approve_each_others_changes() -> None:
    assert standing(events((BEN, APPROVAL, "now")), ADA, BEN).missing == (
        "somebody else must approve the changes by Ben",
    )
    assert standing(events((BEN, APPROVAL, "now"), (ADA, APPROVAL, "now")), ADA, BEN).is_complete
    assert standing(events((CAI, APPROVAL, "now")), ADA, BEN).is_complete


def test_one_person_counts_once() -> None:
    twice = events((BEN, APPROVAL, "now"), ("BEN@example.org", APPROVAL, "now"))
    assert standing(twice, ADA, approvals=2).missing == ("1 approval missing",)
    assert standing(events((BEN, APPROVAL, "now"), (CAI, APPROVAL, "now")), ADA, approvals=2).is_complete


def test_a_request_for_changes_stands_until_somebody_approves_again() -> None:
    asked = standing(events((BEN, APPROVAL, "now"), (CAI, CHANGES, "now")), ADA)
    assert asked.missing == (f"{CAI} has asked for changes", "1 approval missing")
    assert asked.requested is not None
    again = standing(events((BEN, APPROVAL, "now"), (CAI, CHANGES, "now"), (BEN, APPROVAL, "now")), ADA)
    assert (again.is_complete, again.requested) == (True, None)
    assert standing(events((CAI, CHANGES, "before"), (BEN, APPROVAL, "now")), ADA).is_complete


def test_the_approval_of_somebody_who_may_no_longer_approve_does_not_count() -> None:
    lowered = Approvers(may_approve=lambda event: event.by != BEN, names={})
    assert not standing(events((BEN, APPROVAL, "now")), ADA, approvers=lowered).is_complete


def start(begins: datetime, *, is_now: bool = False, local_time: str = "") -> PlannedStart:
    return PlannedStart(begins=begins, issue_date=DAY, is_now=is_now, local_time=local_time)


LATE_EVENING = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # half past midnight in Vienna


@pytest.mark.parametrize(
    ("time", "planned", "covered"),
    [
        (ANY_TIME, start(AT), True),
        (ANY_TIME, start(LATE_EVENING), False),
        (ANY_TIME, start(LATE_EVENING - timedelta(hours=1)), True),
        (ANY_TIME, start(AT + timedelta(days=1), is_now=True), False),
        # Readers in Auckland get it on the issue's date, which begins the day before in Vienna.
        (ANY_TIME, start(AT - timedelta(hours=12), local_time="07:00"), True),
        (ApprovedTime(day=DAY, at=AT), start(AT), True),
        (ApprovedTime(day=DAY, at=AT), start(AT + timedelta(minutes=1)), False),
        (ApprovedTime(day=DAY, at=AT), start(AT + timedelta(minutes=1), is_now=True), True),
        (ApprovedTime(day=DAY, at=AT), start(AT - timedelta(minutes=1), is_now=True), False),
        (ApprovedTime(day=DAY, at=AT), start(AT + SIX_HOURS + timedelta(seconds=1), is_now=True), False),
        (ApprovedTime(day=DAY, at=AT), start(AT, local_time="07:00"), False),
        (ApprovedTime(day=DAY, local_time="07:00"), start(AT, local_time="07:00"), True),
        (ApprovedTime(day=DAY, local_time="07:00"), start(AT, local_time="08:00"), False),
        (ApprovedTime(day=DAY, local_time="07:00"), start(AT), False),
        (ApprovedTime(day=DAY + timedelta(days=1), local_time="07:00"), start(AT, local_time="07:00"), False),
    ],
)
def test_an_approval_is_for_a_time(time: ApprovedTime, planned: PlannedStart, covered: bool) -> None:
    assert covers(time, planned, ZONE, SIX_HOURS) == covered
    counted = standing(events((BEN, APPROVAL, "now"), time=time), ADA, start=planned)
    assert counted.is_complete == covered
    assert ("the approval is for another time" in counted.missing) != covered


@pytest.mark.parametrize(
    ("content", "planned", "counts"),
    [
        ("now", start(AT), True),
        ("now", start(AT + timedelta(minutes=1)), False),
        ("now", None, False),
        ("before", start(AT), False),
    ],
)
def test_an_override_is_for_one_content_and_one_time(content: str, planned: PlannedStart | None, counts: bool) -> None:
    overridden = events((ADA, OVERRIDE, content), time=ApprovedTime(day=DAY, at=AT))
    assert (standing(overridden, ADA, start=planned).override is not None) == counts


def test_only_changes_since_the_last_complete_approval_need_another() -> None:
    made = events((BEN, APPROVAL, "first"), (ADA, APPROVAL, "second"), (BEN, APPROVAL, "now"))
    rules = ApprovalRules(required=True)
    complete = last_complete(made, rules, other_than=NOW)
    assert complete is not None
    assert complete.content == "second"
    assert last_complete(made, ApprovalRules(required=True, approvals=2)) is None
    assert last_complete(made, rules) == made[2]
