"""Decide when the next batch may go, by rate limit, daily quota and quiet hours."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import inf

from newsletter.domain.delivery import Receipt
from newsletter.domain.quiet_hours import quiet_until
from newsletter.domain.rate_limits import Grant, Limits, stricter_limits
from newsletter.sending.context import SendContext
from newsletter.sending.observer import Observer
from newsletter.store import Store

SHORT = 10.0  # seconds; a run that would have to wait for longer ends, and the send waits in the ledger
AHEAD = 4  # batches to reserve at once if the rate is high


@dataclass(frozen=True, slots=True, kw_only=True)
class NotBefore:
    """A moment before which nothing may be handed over, and the reason."""

    until: datetime
    reason: str


class Throttle:
    """A rate limiter for one run. Its reservations are in the database, shared by all sends and processes."""

    def __init__(self, store: Store, context: SendContext, provider_limits: Limits | None, observer: Observer) -> None:
        self._rate_limits, self._context, self._observer = store.rate_limits, context, observer
        now = self._now()
        self._limits = stricter_limits(
            context.sending, provider_limits, store.rate_limits.used(context.provider_name, now)
        )
        self._reserves = self._limits.any or store.rate_limits.slowed(context.provider_name, now)
        self._grant: Grant | None = None

    def wait(self, wanted: int) -> float | NotBefore:
        """Return the seconds until some of the ``wanted`` messages may go, or a NotBefore if that is too long."""
        now = self._now()
        quiet = self._context.sending.quiet
        until = quiet_until(quiet, self._observer.clock(), self._context.zone) if quiet else None
        if until is not None:
            return NotBefore(until=until, reason=f"quiet hours, {quiet}")
        if not self._reserves:
            return 0.0
        if self._grant and self._grant.at - now > SHORT:  # the clock has been put back since the grant
            self.give_back()
        if self._grant is None or not self._grant.messages:
            self._grant = self._rate_limits.reserve(
                self._context.provider_name, self._limits, self._reservation(wanted), now
            )
        left = self._grant.at - now
        if left > SHORT:
            return NotBefore(until=datetime.fromtimestamp(self._grant.at, UTC), reason=self._grant.reason)
        return max(left, 0.0 if self._grant.messages else 0.1)

    def allowed(self, wanted: int) -> int:
        """Return the number of the ``wanted`` messages that may go now."""
        return min(wanted, self._grant.messages) if self._grant else wanted

    def use(self, messages: int) -> None:
        """Count ``messages`` of the reservation as used; the rest is for the next batches."""
        if self._grant:
            self._grant = replace(self._grant, messages=self._grant.messages - messages)

    def slow_if_throttled(self, receipts: Sequence[Receipt]) -> None:
        """Lower the rate if any receipt says that the provider throttles. The rate recovers automatically."""
        if any(receipt.throttled for receipt in receipts):
            self.give_back()
            self._rate_limits.throttled(self._context.provider_name, self._limits, self._now())
            self._reserves = True

    def give_back(self) -> None:
        """Give back the unused part of the reservation."""
        if self._grant and self._grant.messages:
            self._rate_limits.give_back(self._context.provider_name, self._grant.messages, self._now())
        self._grant = None

    def _reservation(self, wanted: int) -> int:
        """Return the number of messages to reserve: several batches, up to a quarter of a second's worth.

        Each reservation waits for the disk.
        """
        return int(max(wanted, min(AHEAD * wanted, (self._limits.per_second or inf) / 4)))

    def _now(self) -> float:
        return self._observer.clock().timestamp()
