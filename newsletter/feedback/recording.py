"""Recording of events: the single entry point for events from all sources."""

from collections.abc import Sequence
from datetime import datetime

from newsletter.domain.events import Applied, Event
from newsletter.store import Store
from newsletter.tokens import Signer

TOGETHER = 500  # events per transaction


class Feedback:
    """A recorder of events. Thread-safe.

    An address is suppressed after soft bounces in ``soft_bounces`` issues; ``signer`` recognises erased addresses.
    """

    def __init__(self, store: Store, signer: Signer, *, soft_bounces: int) -> None:
        self._store, self._signer, self._soft_bounces = store, signer, soft_bounces

    def take(self, events: Sequence[Event], now: datetime) -> Applied:
        """Record new events, received ``now``, and apply their effects. Recording them again changes nothing.

        All of it is on disk on return. Raise StoreError otherwise.
        """
        applied = Applied()
        for begin in range(0, len(events), TOGETHER):
            applied += self._store.events.take(
                events[begin : begin + TOGETHER],
                now=now,
                soft_bounces=self._soft_bounces,
                fingerprints=self._signer.fingerprints,
            )
        return applied
