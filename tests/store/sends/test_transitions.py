"""Whatever is done with a send, its deliveries go only where the table lets them."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from newsletter.domain.delivery import TRANSITIONS, Answered, DeliveryStatus, Receipt, Uncertainty
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import SendError
from newsletter.store import Store
from tests import ledger, make

S = DeliveryStatus


def _answered(status: DeliveryStatus) -> Callable[[Store], object]:
    def record(store: Store) -> None:
        (reader,) = store.subscribers.each()
        ledger.record(store, 1, [Receipt(subscriber=reader.id, status=status)])

    return record


ACTIONS: dict[str, Callable[[Store], object]] = {
    "claim": lambda store: ledger.claim(store, 1, size=1),
    "release": lambda store: store.sends.exchange(
        1, [Answered(batch=(), receipts=(), due={}, returned=[1])], slots=(), size=0
    ),
    "a kill, and a provider that knows repeated messages": lambda store: store.sends.interrupted(1, deduplicates=True),
    "a kill": lambda store: store.sends.interrupted(1, deduplicates=False),
    "again": lambda store: store.sends.hand_over_again(1, due=0, resends=1),
    "retry": lambda store: store.controls.retry(1),
    "resend": lambda store: store.controls.settle(1, Uncertainty.RESEND),
    "hold": lambda store: store.controls.settle(1, Uncertainty.HOLD),
    "cancel": lambda store: store.controls.cancel(1),
    "pause": lambda store: store.controls.pause(1, "lunch"),
    "unsubscribe, claim": lambda store: (
        store.subscribers.remove("ada@example.com"),
        ledger.claim(store, 1, size=1),
    ),
    **{f"the answer {status}": _answered(status) for status in (S.SUBMITTED, S.REFUSED, S.DEFERRED, S.UNCERTAIN)},
}


@pytest.mark.parametrize("before", list(DeliveryStatus))
@pytest.mark.parametrize("action", ACTIONS)
def test_a_delivery_goes_where_the_table_allows_and_nowhere_else(
    store: Store, action: str, before: DeliveryStatus
) -> None:
    store.subscribers.add(Subscriber(address="ada@example.com"))
    store.sends.freeze(
        compiled=make.compiled(), tailor=make.tailor(), date=make.WHEN, segments=[EVERYONE], provider="outbox"
    )
    with store._database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE delivery SET status = '{before.value}'")
    with suppress(SendError):
        ACTIONS[action](store)
    (after,) = store.sends.get(1).counts
    assert after == before or after in TRANSITIONS[before]
