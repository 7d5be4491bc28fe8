"""Dispatch a frozen send: fetch the next deliveries, hand them to the provider, and record its answers.

Every batch is committed as *submitting* before the provider sees it, and its receipts are committed after. So the next
process knows what is queued, what is settled, and what may or may not have arrived.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from newsletter.domain.delivery import START, ClaimedDelivery, DeliveryPosition, DeliveryStatus, Uncertainty
from newsletter.domain.rate_limits import Limits
from newsletter.domain.send import Send
from newsletter.errors import AskedToStopError, BusyError, OutageError, ProviderError, StoreError, UnreachableError
from newsletter.sending.bounce_guard import BounceGuard
from newsletter.sending.circuit_breaker import Breaker
from newsletter.sending.hand_over import BatchAnswer, batches, check_provider, hand_over
from newsletter.sending.messages import LetterBuilder
from newsletter.sending.outages import Outages
from newsletter.sending.recording import Recorder, to_record
from newsletter.sending.retrying import lock_backoff
from newsletter.sending.run import Run
from newsletter.sending.throttle import SHORT, NotBefore, Throttle

BREATH = 0.001  # seconds between two writes, so that others can write too: readers who unsubscribe, for instance
RESENDS = 2  # of an uncertain delivery: after three attempts without an answer it is held, whatever the policy


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchEnd:
    """A dispatch that has ended, which is not in the ledger yet.

    ``reason`` is a time before which nothing may be handed over, the error that stopped the run, or None if every
    delivery is settled. ``paused`` tells whether the ledger has the send paused for this reason already.
    """

    reason: NotBefore | Exception | None
    paused: bool


def dispatch(run: Run, send: Send, limits: Limits | None, breaker: Breaker) -> DispatchEnd:
    """Hand over everything that is open, until nothing is left, the run has to wait for long, or it must stop.

    ``limits`` are the provider's own rate limits. All answers are recorded when this returns. Raise StoreError if they
    can't be.
    """
    run.lease.stop_waiting_if(lambda: bool(run.stop))
    with ThreadPoolExecutor(run.context.provider.concurrency) as pool:
        return _Dispatcher(run, send, limits, breaker, pool).run()


class _Dispatcher:
    """A loop over the deliveries of a send. It runs in one thread and hands batches over in those of ``pool``."""

    def __init__(self, run: Run, send: Send, limits: Limits | None, breaker: Breaker, pool: ThreadPoolExecutor) -> None:
        self._run, self._send, self._breaker, self._pool = run, send, breaker, pool
        self._store, self._observer, self._provider = run.store, run.observer, run.context.provider
        self._in_flight: dict[Future[BatchAnswer], Sequence[ClaimedDelivery]] = {}
        self._letters = LetterBuilder(run.store, run.context, send, run.lease)
        self._recorder = Recorder(run, send, self._letters.slots, self._in_flight.values())
        self._throttle = Throttle(run.store, run.context, limits, run.observer)
        self._outages = Outages(breaker, send, run)
        self._guard = BounceGuard.from_ledger(run.store, send.id)
        self._settled = send.settled
        self._stop_reason: Exception | NotBefore | None = None
        self._pause_reason: ProviderError | None = None  # recorded as a pause together with the answers that cause it

    def run(self) -> DispatchEnd:
        self._observer.progress(self._settled, self._send.recipients)
        empty_rounds = 0
        while True:
            before = self._recorder.claimed
            self._hand_over_due()
            self._recorder.queue_lost_claims(stopping=self._stop_reason is not None)
            empty_rounds = 0 if self._recorder.claimed > before else empty_rounds + 1
            self._run.retries.until_recorded(self._throttle.give_back)
            if self._stop_reason is not None:
                return self._end(self._stop_reason)
            due = self._next_due()
            if due is None:
                return self._end(None)
            until = datetime.fromtimestamp(due, UTC)
            left = (until - self._observer.clock()).total_seconds()
            if left > SHORT:
                return self._end(NotBefore(until=until, reason="the next deliveries are due then"))
            # Deliveries that are due and can't be claimed are locked by another session.
            self._run.stop.wait(max(left, lock_backoff(empty_rounds)))

    def _end(self, reason: NotBefore | Exception | None) -> DispatchEnd:
        return DispatchEnd(reason=reason, paused=reason is not None and reason is self._pause_reason)

    def _hand_over_due(self) -> None:
        """Fetch, hand over and record until nothing is due or the run must stop, and nothing is in flight."""
        after, more = START, True
        answers: Sequence[BatchAnswer] = ()
        while True:
            pause, size = self._next_turn() if more else (0.0, 0)
            if answers or size:
                claimed = self._record_and_claim(answers, size, after)
                answers = ()
                more = more and bool(claimed or not size)
                after = claimed[-1].position if claimed else after
                self._hand_over(claimed)
            if self._in_flight:
                answers = self._collect_answers(pause)
            elif pause and self._stop_reason is None:
                self._run.stop.wait(pause)
                self._breaker.waited()
            elif self._stop_reason is not None or not more:
                return

    def _next_turn(self) -> tuple[float, int]:
        """Return the seconds until the next batches may go, and how many messages may go now; 0 while any must wait."""
        room = self._breaker.room(len(self._in_flight))
        if not room or self._stop_reason is not None:
            return 0.0, 0
        pause = self._seconds_to_wait(room)
        if pause or self._stop_reason is not None:
            return pause, 0
        size = self._throttle.allowed(room)
        if size and self._breaker.check_first:
            check = self._pool.submit(check_provider, self._provider, self._letters.sender, self._breaker.epoch)
            self._in_flight[check] = ()
            return 0.0, 0
        return 0.0, size

    def _seconds_to_wait(self, wanted: int) -> float:
        """Return the seconds to wait; set the reason to stop if that is too long or somebody asked to stop."""
        if self._run.stop:
            self._stop_reason = AskedToStopError("stopped on request")
            return 0.0
        self._stop_reason = self._outages.suspension()
        if self._stop_reason is not None or self._breaker.delay:
            return self._breaker.delay
        try:
            turn = self._run.retries.until_available(lambda: self._throttle.wait(wanted))
        except StoreError as err:
            self._stop_reason = err
            return 0.0
        if isinstance(turn, NotBefore):
            self._stop_reason = turn
            return 0.0
        return turn

    def _record_and_claim(
        self, answers: Sequence[BatchAnswer], size: int, after: DeliveryPosition
    ) -> Sequence[ClaimedDelivery]:
        now = self._observer.clock()
        recorded = [to_record(answer, self._breaker, now) for answer in answers]
        pause = self._pause_reason.what if self._pause_reason else ""
        claimed, stopped = self._recorder.record_and_claim(recorded, size=size, after=after, now=now, pause=pause)
        self._throttle.use(len(claimed))
        for answered in recorded:
            receipts = answered.receipts
            self._run.retries.until_recorded(partial(self._throttle.slow_if_throttled, receipts))
            self._observer.log.write_batch(self._send, answered.batch, receipts)
            self._settled += sum(receipt.status is not DeliveryStatus.DEFERRED for receipt in receipts)
        self._stop_reason = self._stop_reason or stopped
        if answers:
            self._observer.progress(self._settled, self._send.recipients)
        return claimed

    def _hand_over(self, claimed: Sequence[ClaimedDelivery]) -> None:
        for batch in batches(claimed, self._provider.batch_size):
            job = self._pool.submit(hand_over, self._provider, self._letters, batch, self._breaker.epoch)
            self._in_flight[job] = batch

    def _collect_answers(self, pause: float) -> Sequence[BatchAnswer]:
        """Wait for answers, or for ``pause`` seconds if that is not 0, and return those to record."""
        self._outages.wait(self._in_flight, pause)
        time.sleep(max(self._recorder.written + BREATH - time.monotonic(), 0))
        done = [future for future in self._in_flight if future.done()]
        for future in done:
            del self._in_flight[future]
        answers = [future.result() for future in done]
        refusals = list(self._serious_refusals(answers))
        answers = [answer for answer in answers if answer.batch]
        pause_reason = self._guard.reason_to_pause([receipt for answer in answers for receipt in answer.receipts])
        self._pause_reason = self._pause_reason or pause_reason
        self._stop_reason = self._pause_reason or self._stop_reason or next(iter(refusals), None)
        return answers

    def _serious_refusals(self, answers: Sequence[BatchAnswer]) -> Iterator[Exception]:
        """Pass the answers to the circuit breaker, and yield the refusals that are more than an outage."""
        for answer in answers:
            self._outages.record(answer.epoch, answer.receipts, answer.refusal)
            if not answer.batch and answer.refusal is None:
                self._breaker.checked()
            # If only the database was away, the deliveries are queued again, and the next transaction waits for it.
            if not isinstance(answer.refusal, OutageError | BusyError | UnreachableError | None):
                yield answer.refusal

    def _next_due(self) -> int | None:
        """Return the Unix time at which the next delivery is due, or None at the end of the send."""
        due = self._run.retries.until_available(lambda: self._store.deliveries.next_due(self._send.id))
        if due is None and self._recorder.ever_failed:  # the server may have committed after we gave up on it
            self._recorder.queue_lost_claims(stopping=False)
            due = self._run.retries.until_available(lambda: self._store.deliveries.next_due(self._send.id))
        if due is None and self._store.sends.get(self._send.id).uncertain is Uncertainty.RESEND:
            again = int(self._observer.clock().timestamp()) + self._provider.reports_within
            if self._run.retries.until_available(
                lambda: self._store.deliveries.resend_uncertain(self._send.id, due=again, resends=RESENDS)
            ):
                return again
        return due
