"""Each action on a send changes only the deliveries that it is for, as the table allows."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from newsletter.domain.delivery import TRANSITIONS, BatchResult, DeliveryStatus, Receipt, Uncertainty
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Subscriber
from newsletter.store import Store
from tests import ledger, make
from tests.rows import execute, fetch_column

S = DeliveryStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action on send 1, the statuses that it changes, and what it changes them to.

    ``unsure``: an earlier attempt may have arrived.
    """

    run: Callable[[Store], object]
    moves: Mapping[DeliveryStatus, DeliveryStatus]
    unsure: bool = False


def _address(status: DeliveryStatus) -> str:
    """Return the address of the reader whose delivery has a status before the action."""
    return f"{status.value}@example.com"


def _subscribers(store: Store) -> list[int]:
    """Return the readers of the send, in the order of their deliveries' statuses before the action."""
    return fetch_column(store, "SELECT subscriber FROM delivery ORDER BY subscriber")


def _answered(status: DeliveryStatus) -> Callable[[Store], object]:
    def record(store: Store) -> None:
        receipts = [Receipt(subscriber=reader.id, status=status) for reader in store.subscribers.stream()]
        ledger.record(store, 1, receipts)

    return record


def _claimed(store: Store) -> None:
    ledger.claim(store, 1, size=len(DeliveryStatus))


def _claimed_after_the_reader_left(store: Store) -> None:
    for status in DeliveryStatus:
        store.subscribers.remove(_address(status))
    ledger.claim(store, 1, size=len(DeliveryStatus))


def _given_back(store: Store) -> None:
    store.deliveries.record_and_claim(
        1, [BatchResult(batch=(), receipts=(), due={}, returned=_subscribers(store))], slots=(), size=0, now=make.WHEN
    )


def _cancelled(store: Store) -> None:
    store.controls.cancel(1)


ACTIONS: dict[str, Action] = {
    "claim": Action(run=_claimed, moves={S.QUEUED: S.SUBMITTING, S.DEFERRED: S.SUBMITTING}),
    "claim after the reader left": Action(
        run=_claimed_after_the_reader_left, moves={S.QUEUED: S.SKIPPED, S.DEFERRED: S.SKIPPED}
    ),
    "claim after the reader of a resent message left": Action(
        run=_claimed_after_the_reader_left, moves={S.QUEUED: S.UNCERTAIN, S.DEFERRED: S.UNCERTAIN}, unsure=True
    ),
    "release": Action(run=_given_back, moves={S.SUBMITTING: S.QUEUED}),
    "kill, with a provider that recognizes repeated messages": Action(
        run=lambda store: store.deliveries.settle_interrupted(1, deduplicates=True), moves={S.SUBMITTING: S.QUEUED}
    ),
    "kill": Action(
        run=lambda store: store.deliveries.settle_interrupted(1, deduplicates=False), moves={S.SUBMITTING: S.UNCERTAIN}
    ),
    "hand over again": Action(
        run=lambda store: store.deliveries.resend_uncertain(1, due=0, resends=1), moves={S.UNCERTAIN: S.QUEUED}
    ),
    "retry": Action(run=lambda store: store.controls.retry_refused(1), moves={S.REFUSED: S.QUEUED}),
    "resend": Action(
        run=lambda store: store.controls.settle_uncertain(1, Uncertainty.RESEND), moves={S.UNCERTAIN: S.QUEUED}
    ),
    "hold": Action(run=lambda store: store.controls.settle_uncertain(1, Uncertainty.HOLD), moves={}),
    "cancel": Action(run=_cancelled, moves={S.QUEUED: S.SKIPPED, S.DEFERRED: S.SKIPPED}),
    "cancel a resend": Action(run=_cancelled, moves={S.QUEUED: S.UNCERTAIN, S.DEFERRED: S.UNCERTAIN}, unsure=True),
    "pause": Action(run=lambda store: store.controls.pause(1, "lunch"), moves={}),
    "answer: submitted": Action(
        run=_answered(S.SUBMITTED), moves={S.SUBMITTING: S.SUBMITTED, S.UNCERTAIN: S.SUBMITTED}
    ),
    "answer: refused": Action(
        run=_answered(S.REFUSED),
        moves={S.SUBMITTING: S.REFUSED, S.DEFERRED: S.REFUSED, S.UNCERTAIN: S.REFUSED},
    ),
    "answer: deferred": Action(run=_answered(S.DEFERRED), moves={S.SUBMITTING: S.DEFERRED}),
    "answer: uncertain": Action(run=_answered(S.UNCERTAIN), moves={S.SUBMITTING: S.UNCERTAIN}),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_moves_only_the_deliveries_it_is_for(store: Store, action: str) -> None:
    for status in DeliveryStatus:
        store.subscribers.add(Subscriber(address=_address(status)), now=make.WHEN)
    store.sends.freeze(
        compiled=make.compiled(),
        tailor=make.tailor(),
        date=make.WHEN,
        segments=[EVERYONE],
        provider="outbox",
        now=make.WHEN,
    )
    unsure = "TRUE" if ACTIONS[action].unsure else "FALSE"
    subscribers = _subscribers(store)
    for subscriber, status in zip(subscribers, DeliveryStatus, strict=True):
        execute(
            store,
            f"UPDATE delivery SET status = '{status.value}', unsure = {unsure} WHERE subscriber = {subscriber}",
        )
    ACTIONS[action].run(store)
    after = {status: ACTIONS[action].moves.get(status, status) for status in DeliveryStatus}
    statuses = [
        fetch_column(store, f"SELECT status FROM delivery WHERE subscriber = {subscriber}")
        for subscriber in subscribers
    ]
    assert statuses == [[after[status].value] for status in DeliveryStatus]
    assert store.sends.get(1).counts == Counter(after.values())


def test_the_actions_cover_exactly_the_transitions_of_the_table() -> None:
    made = {(before, after) for action in ACTIONS.values() for before, after in action.moves.items()}
    assert made == {(before, after) for before, allowed in TRANSITIONS.items() for after in allowed}
