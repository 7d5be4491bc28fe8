"""Decide when the next batch may go, by rate limit, daily quota and quiet hours."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import inf

from newsletter.domain.delivery import Receipt
from newsletter.domain.quiet_hours import quiet_until
from newsletter.domain.rate_limits import Grant, Limits, limits
from newsletter.sending.context import Post
from newsletter.sending.observer import Watch
from newsletter.store import Store

SHORT = 10.0  # seconds; a run that would have to wait for longer ends, and the send waits in the ledger
TURNS = 4  # turns to reserve at once if the rate is high


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitUntil:
    """A moment before which nothing may be handed over, and the reason."""

    until: datetime
    reason: str


class Turns:
    """A rate limiter for one run. Its reservations are in the database, shared by all sends and processes."""

    def __init__(self, store: Store, post: Post, provider_limits: Limits | None, watch: Watch) -> None:
        self._paces, self._post, self._watch = store.paces, post, watch
        now = self._now()
        self._limits = limits(post.sending, provider_limits, store.paces.used(post.provider_name, now))
        self._reserves = self._limits.any or store.paces.slowed(post.provider_name, now)
        self._grant: Grant | None = None

    def wait(self, wanted: int) -> float | WaitUntil:
        """Return the seconds until some of the ``wanted`` messages may go, or a WaitUntil if that is too long."""
        now = self._now()
        quiet = self._post.sending.quiet
        until = quiet_until(quiet, self._watch.clock(), self._post.zone) if quiet else None
        if until is not None:
            return WaitUntil(until=until, reason=f"quiet hours, {quiet}")
        if not self._reserves:
            return 0.0
        if self._grant and self._grant.at - now > SHORT:  # the clock has been put back since the grant
            self.leave()
        if self._grant is None or not self._grant.messages:
            self._grant = self._paces.reserve(self._post.provider_name, self._limits, self._ahead(wanted), now)
        left = self._grant.at - now
        if left > SHORT:
            return WaitUntil(until=datetime.fromtimestamp(self._grant.at, UTC), reason=self._grant.reason)
        return max(left, 0.0 if self._grant.messages else 0.1)

    def size(self, wanted: int) -> int:
        """Return how many of the ``wanted`` messages may go now."""
        return min(wanted, self._grant.messages) if self._grant else wanted

    def taken(self, messages: int) -> None:
        """Note that ``messages`` of the reservation are used; the rest is for the next turns."""
        if self._grant:
            self._grant = replace(self._grant, messages=self._grant.messages - messages)

    def answered(self, receipts: Sequence[Receipt]) -> None:
        """Lower the rate if the provider throttles. It recovers by itself."""
        if any(receipt.throttled for receipt in receipts):
            self.leave()
            self._paces.slow(self._post.provider_name, self._limits, self._now())
            self._reserves = True

    def leave(self) -> None:
        """Give back the unused part of the reservation."""
        if self._grant and self._grant.messages:
            self._paces.give_back(self._post.provider_name, self._grant.messages, self._now())
        self._grant = None

    def _ahead(self, wanted: int) -> int:
        """Return the number of messages to reserve: several turns, up to a quarter of a second's worth.

        Each reservation waits for the disk.
        """
        return int(max(wanted, min(TURNS * wanted, (self._limits.per_second or inf) / 4)))

    def _now(self) -> float:
        return self._watch.clock().timestamp()
