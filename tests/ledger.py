"""Steps of a send's ledger by themselves: a send claims and records in one exchange."""

from collections.abc import Collection, Mapping, Sequence

from newsletter.domain.delivery import START, Answered, Claimed, DeliveryPosition, Receipt
from newsletter.store import Store


def claim(
    store: Store,
    send_id: int,
    *,
    slots: Collection[str] = (),
    size: int,
    after: DeliveryPosition = START,
    now: int = 0,
    holder: str = "",
) -> Sequence[Claimed]:
    """Claim up to ``size`` deliveries. Raises StoppedError."""
    claimed, stopped = store.sends.exchange(send_id, (), slots=slots, size=size, after=after, now=now, holder=holder)
    if stopped is not None:
        raise stopped
    return claimed


def record(
    store: Store,
    send_id: int,
    receipts: Sequence[Receipt],
    *,
    batch: Sequence[Claimed] = (),
    due: Mapping[int, int] | None = None,
) -> None:
    """Write down what a provider said of a batch."""
    store.sends.exchange(send_id, [Answered(batch=batch, receipts=receipts, due=due or {})], slots=(), size=0)
