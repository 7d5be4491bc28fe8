"""The effects of events, as values."""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.delivery import REPORTED, TRANSITIONS, DeliveryStatus
from newsletter.domain.events import (
    Bounce,
    Event,
    EventKind,
    Outcome,
    SoftBounce,
    TooManySoftBounces,
    status_after,
    storable_text,
    too_many_soft_bounces,
)
from tests import make

S = DeliveryStatus
_outcomes = st.integers(0, sum(Outcome)).map(Outcome)


@given(status=st.sampled_from(list(S)), attempt=st.integers(0, 3), first=_outcomes, second=_outcomes)
def test_a_deliverys_status_does_not_depend_on_the_order_of_events(
    status: DeliveryStatus, attempt: int, first: Outcome, second: Outcome
) -> None:
    both = first | second
    assert (
        status_after(status_after(status, attempt, first), attempt, both)
        == status_after(status_after(status, attempt, second), attempt, both)
        == status_after(status, attempt, both)
    )


@given(status=st.sampled_from(list(S)), attempt=st.integers(0, 3), outcome=_outcomes)
def test_events_move_a_delivery_only_as_the_table_allows(
    status: DeliveryStatus, attempt: int, outcome: Outcome
) -> None:
    after = status_after(status, attempt, outcome)
    assert after is status or after in REPORTED[status]


def test_no_event_queues_a_delivery_again_or_undoes_a_submission() -> None:
    for after in REPORTED.values():
        assert after <= {S.SUBMITTED, S.REFUSED}
    assert REPORTED[S.SUBMITTED] == TRANSITIONS[S.SUBMITTED] == frozenset()


@pytest.mark.parametrize("kind", list(EventKind))
def test_only_permanent_bounces_and_complaints_suppress_by_themselves(kind: EventKind) -> None:
    alone = {
        (bounce, feedback)
        for bounce in Bounce
        for feedback in ("abuse", "not-spam", "")
        if Event(key="k", provider="ses", kind=kind, at=make.WHEN, bounce=bounce, feedback=feedback).suppresses
    }
    expected = {
        EventKind.BOUNCED: {(Bounce.PERMANENT, feedback) for feedback in ("abuse", "not-spam", "")},
        EventKind.COMPLAINED: {(bounce, feedback) for bounce in Bounce for feedback in ("abuse", "")},
    }
    assert alone == expected.get(kind, set())


DAY = [make.WHEN + timedelta(days=number) for number in range(120)]


def soft(*days: int, full: bool = False) -> list[SoftBounce]:
    return [SoftBounce(issue=f"issue-{day}", at=DAY[day], full=full) for day in days]


def test_soft_bounces_count_by_issue_in_a_row_and_in_any_order() -> None:
    bounces = [*soft(0, 3, 9, 20), SoftBounce(issue="issue-3", at=DAY[4])]
    for order in permutations(bounces):
        assert too_many_soft_bounces(order, [], 3) == TooManySoftBounces(since=DAY[20], issues=4)
        assert too_many_soft_bounces(order, [DAY[10]], 3) is None
        assert too_many_soft_bounces(order, [DAY[1]], 3) == TooManySoftBounces(since=DAY[20], issues=3)
        assert too_many_soft_bounces(order, [], 5) is None
    assert too_many_soft_bounces([], [], 1) is None


def test_soft_bounces_wear_an_address_out_only_after_a_fortnight() -> None:
    assert too_many_soft_bounces(soft(*range(14)), [], 7) is None
    assert too_many_soft_bounces(soft(*range(15)), [], 7) == TooManySoftBounces(since=DAY[14], issues=15)
    assert too_many_soft_bounces(soft(0, 13, 14, 15, 16, 17), [], 7) is None


def test_a_mailbox_that_is_full_during_a_holiday_is_not_worn_out() -> None:
    full = soft(*range(60), full=True)
    assert too_many_soft_bounces(full, [], 7) is None
    assert too_many_soft_bounces([*full, *soft(60, full=True)], [], 7) == TooManySoftBounces(since=DAY[60], issues=61)
    assert too_many_soft_bounces([*full, *soft(*range(3, 18))], [], 7) == TooManySoftBounces(since=DAY[17], issues=15)


@given(st.lists(st.integers(0, 119)), st.lists(st.integers(0, 119)), st.integers(0, 119), st.integers(1, 8))
def test_another_delivery_never_wears_an_address_out(
    bounced: list[int], arrived: list[int], day: int, most: int
) -> None:
    before = too_many_soft_bounces(soft(*bounced), [DAY[at] for at in arrived], most)
    after = too_many_soft_bounces(soft(*bounced), [DAY[at] for at in (*arrived, day)], most)
    assert after is None or (before is not None and before.since <= after.since)


@given(st.text(max_size=50))
def test_text_from_outside_can_be_stored_in_every_database(text: str) -> None:
    kept = storable_text(text + "\0\ud800", 10)
    assert len(kept) <= 10
    assert "\0" not in kept
    kept.encode()
