"""Events, written down and counted: the one way in for all of them, whoever reports them."""

from collections.abc import Sequence

from newsletter.domain.events import Applied, Event
from newsletter.store import Store
from newsletter.tokens import Signer

TOGETHER = 500  # events of a transaction


class Feedback:
    """Takes events. May be used from several threads.

    ``soft_bounces`` issues that bounced softly suppress an address; ``signer`` tells which addresses were erased.
    """

    def __init__(self, store: Store, signer: Signer, *, soft_bounces: int) -> None:
        self._store, self._signer, self._soft_bounces = store, signer, soft_bounces

    def take(self, events: Sequence[Event]) -> Applied:
        """Write down what is new, and let it count: all of it is on the disk then, or a StoreError says why not.

        Taking the same events again changes nothing.
        """
        applied = Applied()
        for begin in range(0, len(events), TOGETHER):
            applied += self._store.events.take(
                events[begin : begin + TOGETHER],
                soft_bounces=self._soft_bounces,
                fingerprints=self._signer.fingerprints,
            )
        return applied
