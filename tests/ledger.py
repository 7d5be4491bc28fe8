"""The two halves of an exchange with the ledger of sends: claiming and recording."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from newsletter.domain.delivery import START, BatchResult, ClaimedDelivery, DeliveryPosition, Receipt
from newsletter.store import Store
from tests import make


def claim(
    store: Store,
    send_id: int,
    *,
    slots: Collection[str] = (),
    size: int,
    after: DeliveryPosition = START,
    now: int = 0,
    holder: str = "",
) -> Sequence[ClaimedDelivery]:
    """Claim up to ``size`` deliveries that are due ``now`` (seconds of Unix time). Raises StoppedError."""
    moment = datetime.fromtimestamp(now, UTC)
    claimed, stopped = store.deliveries.record_and_claim(
        send_id, (), slots=slots, size=size, after=after, now=moment, holder=holder
    )
    if stopped is not None:
        raise stopped
    return claimed


def record(
    store: Store,
    send_id: int,
    receipts: Sequence[Receipt],
    *,
    batch: Sequence[ClaimedDelivery] = (),
    due: Mapping[int, int] | None = None,
    now: datetime = make.WHEN,
) -> None:
    """Record a provider's answers to a batch."""
    answered = BatchResult(batch=batch, receipts=receipts, due=due or {})
    store.deliveries.record_and_claim(send_id, [answered], slots=(), size=0, now=now)
