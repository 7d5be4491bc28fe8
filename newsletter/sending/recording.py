"""Record a run's answers in the ledger and claim its next deliveries, even if a commit's answer gets lost."""

import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from newsletter.domain.delivery import (
    START,
    BatchResult,
    ClaimedDelivery,
    DeliveryPosition,
    DeliveryStatus,
    Receipt,
    retry_delay,
)
from newsletter.domain.send import Send
from newsletter.errors import BusyError, NewsletterError, StoppedError, StoreError
from newsletter.sending.circuit_breaker import Breaker
from newsletter.sending.hand_over import BatchAnswer
from newsletter.sending.run import Run

THROTTLED = 5  # seconds until a delivery is retried after the provider throttled it


def to_record(answer: BatchAnswer, breaker: Breaker, now: datetime) -> BatchResult:
    """Return what to record of an answer, with the time of the next try for each deferred delivery.

    An attempt that the provider throttled, or that fell into an outage, doesn't count against the reader.
    """
    claimed = {delivery.subscriber: delivery for delivery in answer.batch}
    receipts: list[Receipt] = []
    due, deferrals, returned = {}, {}, list(answer.not_handed_over)
    for receipt in answer.receipts:
        reader = receipt.subscriber
        if receipt.lost and breaker.concerns_others(reader):
            returned.append(reader)
            continue
        if receipt.status is DeliveryStatus.DEFERRED:
            times = claimed[reader].deferrals + (not receipt.throttled)
            delay = THROTTLED if receipt.throttled else retry_delay(times)
            if delay is None:
                words = f"given up after {times} attempts: {receipt.detail}"
                receipts.append(replace(receipt, status=DeliveryStatus.REFUSED, detail=words))
                continue
            due[reader], deferrals[reader] = int(now.timestamp()) + delay, times
        receipts.append(receipt)
    return BatchResult(batch=answer.batch, receipts=receipts, due=due, deferrals=deferrals, returned=returned)


class Recorder:
    """A run's writer to the ledger. One transaction both records and claims, because each one waits for the disk.

    ``in_flight`` are the batches that the provider has, a view that its owner keeps current. If a transaction fails, it
    may have been committed all the same. The next one then queues again what it claimed, as that was not handed over.
    """

    def __init__(
        self, run: Run, send: Send, slots: Collection[str], in_flight: Collection[Sequence[ClaimedDelivery]]
    ) -> None:
        self.claimed = 0
        """The number of deliveries claimed so far."""
        self.written = 0.0
        """The monotonic time of the last transaction."""
        self.ever_failed = False
        """Whether any transaction of this run failed."""
        self._run, self._send, self._slots, self._in_flight = run, send, slots, in_flight
        self._just_failed = False

    def record_and_claim(
        self, answers: Sequence[BatchResult], *, size: int, after: DeliveryPosition, now: datetime, pause: str
    ) -> tuple[Sequence[ClaimedDelivery], NewsletterError | None]:
        """Record answers, claim up to ``size`` deliveries after a place, and return them or why there are none.

        ``pause`` is the reason to pause the send, or empty. Raise StoreError if answers can't be recorded; their
        deliveries are uncertain then.
        """
        retries = self._run.retries
        try:
            call = retries.until_recorded if answers else retries.until_available
            claimed, stopped = call(lambda: self._try(answers, size=size, after=after, now=now, pause=pause))
        except StoreError as err:
            if answers:
                raise
            return (), err
        finally:
            self.written = time.monotonic()
        self.claimed += len(claimed)
        return claimed, stopped

    def queue_lost_claims(self, *, stopping: bool) -> None:
        """Queue again what a failed transaction claimed after all. Nothing may be in flight.

        When ``stopping``, try only once: a later run marks these deliveries uncertain.
        """
        if not self.ever_failed:
            return
        self._just_failed = True
        if not stopping:
            self._run.retries.until_recorded(self._queue_lost_claims)
        else:
            with suppress(StoreError):  # the reason for the stop is reported
                self._queue_lost_claims()

    def _queue_lost_claims(self) -> None:
        self._try((), size=0, after=START, now=self._run.observer.clock(), pause="")

    def _try(
        self, answers: Sequence[BatchResult], *, size: int, after: DeliveryPosition, now: datetime, pause: str
    ) -> tuple[Sequence[ClaimedDelivery], StoppedError | None]:
        readers = [claimed.subscriber for batch in self._in_flight for claimed in batch] if self._just_failed else None
        try:
            result = self._run.store.deliveries.record_and_claim(
                self._send.id,
                answers,
                slots=self._slots,
                size=size,
                after=after,
                now=now,
                holder=self._run.lease.holder,
                in_flight=readers,
                pause=pause,
            )
        except BusyError:
            raise
        except StoreError:
            self._just_failed = self.ever_failed = True
            raise
        self._just_failed = False
        return result
