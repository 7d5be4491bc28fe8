"""Outages of the provider during one run: the breaker decides, the operator hears of it, the log has it."""

from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

from newsletter.domain.delivery import Receipt, Send
from newsletter.errors import OutageError
from newsletter.sending.circuit_breaker import AGAIN, Breaker
from newsletter.sending.event_log import LogEvent
from newsletter.sending.observer import Watch

_UNCLEAR = "gives no clear answer"  # providers' own errors may say it already
SILENT = 10.0  # seconds without any answer after which the operator hears of it


class Outages:
    """A breaker, and what is told of it."""

    def __init__(self, breaker: Breaker, send: Send, watch: Watch) -> None:
        self.breaker = breaker
        self._send, self._watch = send, watch
        self._told = breaker.epoch

    def hear(self, epoch: int, receipts: Sequence[Receipt], refusal: Exception | None) -> None:
        """Take the answer to a batch, and tell the operator where it begins or ends an outage."""
        breaker, probed = self.breaker, self.breaker.probing
        breaker.hear(epoch, receipts, refusal)
        if breaker.epoch != self._told:
            self._told = breaker.epoch
            self._begins()
        elif probed and not breaker.probing and breaker.epoch:
            self._watch.notice(f"{self._send.provider} answers again: going on")
            self._watch.journal.say(LogEvent.RECOVERED, self._send, provider=self._send.provider)

    def later(self) -> OutageError | None:
        """Return why the send is put down for a while, or None where the next probe is worth waiting for."""
        return OutageError(self._reason, again=AGAIN) if self.breaker.exhausted else None

    def wait(self, in_flight: Iterable[Future[Any]], pause: float) -> None:
        """Wait for the first answer, or until a pause has passed. Tell the operator where no answer comes for long."""
        silent = 0.0
        while not wait(in_flight, timeout=pause or SILENT, return_when=FIRST_COMPLETED).done and not pause:
            silent += SILENT
            if silent == SILENT:
                self._watch.notice(f"no answer from {self._send.provider} for {SILENT:g} seconds: waiting")
                self._watch.journal.say(LogEvent.SILENT, self._send, provider=self._send.provider)

    @property
    def _reason(self) -> str:
        reason = self.breaker.reason
        return reason if _UNCLEAR in reason else f"{self._send.provider} {_UNCLEAR}: {reason}"

    def _begins(self) -> None:
        seconds = float(AGAIN) if self.breaker.exhausted else self.breaker.delay
        then = (
            f"in {seconds:g} second{'s' * (seconds != 1)}" if seconds else "as soon as everything in flight is answered"
        )
        self._watch.notice(f"{self._reason}. Nothing more is handed over; one message is tried {then}")
        self._watch.journal.say(
            LogEvent.OUTAGE, self._send, provider=self._send.provider, reason=self.breaker.reason, seconds=seconds
        )
