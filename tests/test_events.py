"""What follows from events, as values."""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery import REPORTED, TRANSITIONS, DeliveryStatus
from newsletter.events import Bounce, Event, EventKind, Outcome, plain, settled, soft_since
from tests import make

S = DeliveryStatus
_outcomes = st.integers(0, sum(Outcome)).map(Outcome)


@given(status=st.sampled_from(list(S)), attempt=st.integers(0, 3), first=_outcomes, second=_outcomes)
def test_a_delivery_stands_the_same_whatever_was_reported_first(
    status: DeliveryStatus, attempt: int, first: Outcome, second: Outcome
) -> None:
    both = first | second
    assert (
        settled(settled(status, attempt, first), attempt, both)
        == settled(settled(status, attempt, second), attempt, both)
        == settled(status, attempt, both)
    )


@given(status=st.sampled_from(list(S)), attempt=st.integers(0, 3), outcome=_outcomes)
def test_a_delivery_goes_where_the_table_of_reports_allows(
    status: DeliveryStatus, attempt: int, outcome: Outcome
) -> None:
    after = settled(status, attempt, outcome)
    assert after is status or after in REPORTED[status]


def test_no_report_lets_anything_be_handed_over_again_and_what_was_submitted_stays_so() -> None:
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
        EventKind.BOUNCED: {(Bounce.PERMANENT, one) for one in ("abuse", "not-spam", "")},
        EventKind.COMPLAINED: {(bounce, one) for bounce in Bounce for one in ("abuse", "")},
    }
    assert alone == expected.get(kind, set())


def test_soft_bounces_count_by_issue_within_thirty_days_in_any_order() -> None:
    day = [make.WHEN + timedelta(days=number) for number in range(60)]
    bounces = [("a", day[0]), ("b", day[20]), ("b", day[21]), ("c", day[29]), ("d", day[59])]
    for order in permutations(bounces):
        assert soft_since(order, 3) == day[29]
        assert soft_since(order, 4) is None
    assert soft_since([], 1) is None


@given(st.text(max_size=50))
def test_text_from_outside_is_what_every_database_keeps(text: str) -> None:
    kept = plain(text + "\0\ud800", 10)
    assert len(kept) <= 10
    assert "\0" not in kept
    kept.encode()
