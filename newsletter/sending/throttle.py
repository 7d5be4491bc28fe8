"""When the next batch may go: by the provider's pace, the day's quota, and the quiet hours."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import inf

from newsletter.domain.delivery import Receipt
from newsletter.domain.rate_limits import Grant, Limits, limits, quiet_until
from newsletter.sending.context import Post
from newsletter.sending.observer import Watch
from newsletter.store import Store

SHORT = 10.0  # seconds that a run waits by itself; for longer it puts the send down
TURNS = 4  # that are reserved at once, where the pace is quick


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitUntil:
    """Nothing may go before a moment, and why."""

    until: datetime
    reason: str


class Turns:
    """The turns of one run. What is reserved is kept in the database, for all sends and processes together."""

    def __init__(self, store: Store, post: Post, said: Limits | None, watch: Watch) -> None:
        self._paces, self._post, self._watch = store.paces, post, watch
        now = self._now()
        self._limits = limits(post.sending, said, store.paces.used(post.provider_name, now))
        self._reserves = self._limits.any or store.paces.slowed(post.provider_name, now)
        self._grant: Grant | None = None

    def wait(self, wanted: int) -> float | WaitUntil:
        """Seconds until some of the ``wanted`` messages may go, 0 for at once; or Later, where that is long."""
        now = self._now()
        quiet = self._post.sending.quiet
        until = quiet_until(quiet, self._watch.clock(), self._post.zone) if quiet else None
        if until is not None:
            return WaitUntil(until=until, reason=f"quiet hours, {quiet}")
        if not self._reserves:
            return 0.0
        if self._grant and self._grant.at - now > SHORT:  # it was within reach: the clock was put back since
            self.leave()
        if self._grant is None or not self._grant.messages:
            self._grant = self._paces.reserve(self._post.provider_name, self._limits, self._ahead(wanted), now)
        left = self._grant.at - now
        if left > SHORT:
            return WaitUntil(until=datetime.fromtimestamp(self._grant.at, UTC), reason=self._grant.reason)
        return max(left, 0.0 if self._grant.messages else 0.1)

    def size(self, wanted: int) -> int:
        """How many of the ``wanted`` messages may go now."""
        return min(wanted, self._grant.messages) if self._grant else wanted

    def taken(self, messages: int) -> None:
        """So many go in this turn; what was reserved beyond them is for the next ones."""
        if self._grant:
            self._grant = replace(self._grant, messages=self._grant.messages - messages)

    def answered(self, receipts: Sequence[Receipt]) -> None:
        """Slow down where the provider throttles; it recovers by itself."""
        if any(receipt.throttled for receipt in receipts):
            self.leave()
            self._paces.slow(self._post.provider_name, self._limits, self._now())
            self._reserves = True

    def leave(self) -> None:
        """What was reserved and not taken is given back."""
        if self._grant and self._grant.messages:
            self._paces.give_back(self._post.provider_name, self._grant.messages, self._now())
        self._grant = None

    def _ahead(self, wanted: int) -> int:
        """Some turns at once, as far as a quarter of a second goes: each reservation waits for the disk."""
        return int(max(wanted, min(TURNS * wanted, (self._limits.per_second or inf) / 4)))

    def _now(self) -> float:
        return self._watch.clock().timestamp()
