"""Outages of the provider during one run: ask the breaker what to do, and tell the ledger, the operator and the log."""

from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from datetime import timedelta
from typing import Any

from newsletter.domain.delivery import Receipt
from newsletter.domain.send import Send
from newsletter.errors import OutageError, StoreError
from newsletter.sending.circuit_breaker import AGAIN, Breaker
from newsletter.sending.event_log import LogEvent
from newsletter.sending.run import Run

_UNCLEAR = "gives no clear answer"  # a provider's own error may contain this already
SILENT = 10.0  # seconds without any answer after which the operator is notified


class Outages:
    """A circuit breaker that reports to the ledger, the operator and the log.

    Pages read from the ledger why nothing goes out. If it can't be written, the send goes on as well without.
    """

    def __init__(self, breaker: Breaker, send: Send, run: Run) -> None:
        self.breaker = breaker
        self._send, self._run, self._observer = send, run, run.observer
        self._in_ledger = send.failing_since is not None
        self._reported = breaker.epoch

    def record(self, epoch: int, receipts: Sequence[Receipt], refusal: Exception | None) -> None:
        """Pass the answer to a batch to the circuit breaker, and report the beginning or end of an outage."""
        breaker, probed = self.breaker, self.breaker.probing
        breaker.record(epoch, receipts, refusal)
        if breaker.epoch != self._reported:
            self._reported = breaker.epoch
            self._report_outage()
        elif not breaker.probing:
            self._end_in_ledger()
            if probed and breaker.epoch:
                self._observer.notice(f"{self._send.provider} answers again: continuing")
                self._observer.log.write(LogEvent.RECOVERED, self._send, provider=self._send.provider)

    def suspension(self) -> OutageError | None:
        """Return why to suspend the send for a while, or None if the run should wait for the next probe."""
        return OutageError(self._reason, again=AGAIN) if self.breaker.exhausted else None

    def wait(self, in_flight: Iterable[Future[Any]], pause: float) -> None:
        """Wait for the first answer, or for ``pause`` seconds if that is not 0. Report a long silence."""
        silent = 0.0
        while not wait(in_flight, timeout=pause or SILENT, return_when=FIRST_COMPLETED).done and not pause:
            silent += SILENT
            if silent == SILENT:
                silence = f"no answer from {self._send.provider} for {SILENT:g} seconds"
                self._begin_in_ledger(silence, 0)
                self._observer.notice(f"{silence}: waiting")
                self._observer.log.write(LogEvent.SILENT, self._send, provider=self._send.provider)

    @property
    def _reason(self) -> str:
        reason = self.breaker.reason
        return reason if _UNCLEAR in reason else f"{self._send.provider} {_UNCLEAR}: {reason}"

    def _report_outage(self) -> None:
        seconds = float(AGAIN) if self.breaker.exhausted else self.breaker.delay
        then = (
            f"in {seconds:g} second{'s' * (seconds != 1)}" if seconds else "as soon as everything in flight is answered"
        )
        self._begin_in_ledger(self._reason, seconds)
        self._observer.notice(f"{self._reason}. No more messages go out for now; one is tried {then}")
        self._observer.log.write(
            LogEvent.OUTAGE, self._send, provider=self._send.provider, reason=self.breaker.reason, seconds=seconds
        )

    def _begin_in_ledger(self, why: str, seconds: float) -> None:
        now, holder = self._observer.clock(), self._run.lease.holder
        until = now + timedelta(seconds=seconds)
        with suppress(StoreError):
            self._run.store.controls.begin_outage(self._send.id, why, until, now=now, holder=holder)
            self._in_ledger = True

    def _end_in_ledger(self) -> None:
        if self._in_ledger:
            with suppress(StoreError):
                self._run.store.controls.end_outage(self._send.id, holder=self._run.lease.holder)
                self._in_ledger = False
