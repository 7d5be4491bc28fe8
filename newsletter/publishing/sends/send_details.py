"""The details of one send: its rate, the time left, and why deliveries failed or wait."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from newsletter.domain.addresses import address_key
from newsletter.domain.bounce_reasons import explain
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.send import Send, SendStatus
from newsletter.store import Store

REASONED = (DeliveryStatus.REFUSED, DeliveryStatus.DEFERRED, DeliveryStatus.UNCERTAIN, DeliveryStatus.SKIPPED)
"""The statuses that have a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendDetails:
    """A send, the process that runs it, its speed and its reasons.

    ``holder`` describes the process, or is empty if none runs it. ``reasons`` counts deliveries by their status and
    reason. ``per_second`` is the rate of the current or last run in deliveries; ``seconds_left`` is the time left at
    that rate. Both are None while they aren't known, or if nobody continues a running send.
    """

    send: Send
    holder: str
    reasons: Mapping[str, int]
    per_second: float | None
    seconds_left: float | None

    @property
    def is_left_alone(self) -> bool:
        """True if the send is running and due, but no process runs it, for example because the last one was killed."""
        return _is_left_alone(self.send, self.holder)


def send_details(store: Store, send: Send, *, now: datetime) -> SendDetails:
    """Return a send's details. Raise StoreError."""
    holder = store.leases.holder(send.id)
    per_second, seconds_left = (None, None) if _is_left_alone(send, holder) else pace_of(send, now)
    return SendDetails(
        send=send,
        holder=holder,
        reasons=_reasons(store, send),
        per_second=per_second,
        seconds_left=seconds_left,
    )


def _is_left_alone(send: Send, holder: str) -> bool:
    return send.status is SendStatus.RUNNING and send.waits_until is None and not holder


def _reasons(store: Store, send: Send) -> Mapping[str, int]:
    effects = {suppressed.address_key: "; suppressed" for suppressed in store.suppressions.of_issue(send.issue)}
    effects |= {held.address_key: "; held until you decide" for held in store.held_bounces.stream()}
    counted: Counter[str] = Counter()
    for status in REASONED:
        if send.counts.get(status):
            for address, _, detail in store.deliveries.stream(send.id, status=status):
                why = explain(detail)
                counted[f"{status}: {why.words}{effects.get(address_key(address), '') if why.gone else ''}"] += 1
    return counted


def pace_of(send: Send, now: datetime) -> tuple[float | None, float | None]:
    """Return the deliveries per second of the current or last run, and the seconds left at that rate."""
    is_idle = send.status is not SendStatus.RUNNING and not send.finished
    if send.resumed is None or is_idle or send.settled <= send.settled_before:
        return None, None
    ended = send.finished or now
    rate = (send.settled - send.settled_before) / max((ended - send.resumed).total_seconds(), 0.001)
    return rate, (send.recipients - send.settled) / rate
