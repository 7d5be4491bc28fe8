"""The effects of events, as values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.delivery import REPORTED, TRANSITIONS, DeliveryStatus
from newsletter.domain.events import Bounce, Event, EventKind, Outcome, status_after, storable_text
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


@given(st.text(max_size=50))
def test_text_from_outside_can_be_stored_in_every_database(text: str) -> None:
    kept = storable_text(text + "\0\ud800", 10)
    assert len(kept) <= 10
    assert "\0" not in kept
    kept.encode()
