"""Record events from webhooks and from the bounce mailbox. Our own pages count clicks and opens themselves."""

from collections.abc import Sequence
from datetime import datetime

from newsletter.domain.events import Event, EventEffects
from newsletter.store import Store
from newsletter.tokens import Signer

EVENTS_PER_TRANSACTION = 500  # events per transaction


class Feedback:
    """A recorder of events. Thread-safe.

    An address is suppressed after soft bounces of ``soft_bounces`` issues in a row. ``signer`` recognises addresses
    that were erased on request.
    """

    def __init__(self, store: Store, signer: Signer, *, soft_bounces: int) -> None:
        self._store, self._signer, self._soft_bounces = store, signer, soft_bounces

    def record(self, events: Sequence[Event], now: datetime) -> EventEffects:
        """Record events received ``now`` and apply their effects; both are on disk when this returns.

        Raise StoreError if the database fails. The first of more than 500 events may then be recorded already;
        recording all of them again counts none of them twice.
        """
        applied = EventEffects()
        for begin in range(0, len(events), EVENTS_PER_TRANSACTION):
            applied += self._store.events.record(
                events[begin : begin + EVENTS_PER_TRANSACTION],
                now=now,
                soft_bounces=self._soft_bounces,
                fingerprints=self._signer.fingerprints,
            )
        return applied
