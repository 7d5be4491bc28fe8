"""Hand batches to the provider and record its receipts in the ledger.

Every batch is committed as *submitting* before the provider sees it, and its receipts are committed after. So the next
process knows what is queued, what is settled, and what may or may not have arrived.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from newsletter.domain.delivery import (
    START,
    Answered,
    Claimed,
    DeliveryStatus,
    Place,
    Receipt,
    Uncertainty,
    retry_delay,
)
from newsletter.domain.rate_limits import Limits
from newsletter.domain.send import Send
from newsletter.errors import (
    AskedToStopError,
    BusyError,
    NewsletterError,
    OutageError,
    ProviderError,
    StoppedError,
    StoreError,
    UnreachableError,
)
from newsletter.message.mime import Letter
from newsletter.providers import Provider
from newsletter.sending.bounce_guard import FirstAnswers
from newsletter.sending.circuit_breaker import Breaker
from newsletter.sending.context import Post
from newsletter.sending.messages import Letters
from newsletter.sending.observer import Watch
from newsletter.sending.outages import Outages
from newsletter.sending.retrying import Patience, beside_locks
from newsletter.sending.stop_signals import Requests
from newsletter.sending.throttle import SHORT, Turns, WaitUntil
from newsletter.store import Lease, Store

BREATH = 0.001  # seconds between two writes, so that others can write too: readers who unsubscribe, for instance
THROTTLED = 5  # seconds until a delivery is retried after the provider throttled it
NO_RECEIPT = "the provider gave no receipt"
RESENDS = 2  # of an uncertain delivery: after three attempts without an answer it is held, whatever the policy


def run(
    store: Store,
    post: Post,
    send: Send,
    lease: Lease,
    requests: Requests,
    watch: Watch,
    provider_limits: Limits | None,
    breaker: Breaker | None = None,
) -> Send:
    """Hand over what is open, until the send ends or has to wait: it then has ``waits_until`` and a ``reason``.

    ``provider_limits`` are the provider's own rate limits. Raise AskedToStopError if somebody asked this process to
    stop; StoppedError if somebody paused or cancelled the send, or another process took it over; ProviderError if the
    provider refuses altogether (the send is then paused); StoreError if the ledger can't be written.
    """
    breaker = breaker or Breaker(post.provider.concurrency, post.provider.batch_size)
    return _Run(store, post, send, lease, requests, watch, provider_limits, breaker).go()


class _Run:
    def __init__(
        self,
        store: Store,
        post: Post,
        send: Send,
        lease: Lease,
        requests: Requests,
        watch: Watch,
        provider_limits: Limits | None,
        breaker: Breaker,
    ) -> None:
        self._store, self._provider, self._send, self._lease = store, post.provider, send, lease
        self._breaker, self._outages = breaker, Outages(breaker, send, watch)
        self._requests, self._watch = requests, watch
        lease.hurry(lambda: bool(requests))
        self._patience = Patience(requests, watch)
        self._letters = Letters(store, post, send, lease)
        self._turns = Turns(store, post, provider_limits, watch)
        self._settled = send.settled
        self._first = FirstAnswers.of(store, send.id)
        self._doubt: ProviderError | None = None  # recorded as a pause together with the answers that cause it
        self._stopped: Exception | WaitUntil | None = None
        self._in_flight: dict[Future[_Answer], Sequence[Claimed]] = {}
        self._exchange_failed = False  # the last exchange; it may have been committed all the same
        self._ever_failed = False  # any exchange of this run
        self._claimed = 0
        self._written = 0.0  # monotonic time of the last write to the ledger

    def go(self) -> Send:
        self._watch.progress(self._settled, self._send.recipients)
        with ThreadPoolExecutor(self._provider.concurrency) as pool:
            empty_rounds = 0
            while True:
                before = self._claimed
                self._hand_over_due(pool)
                self._queue_lost_claims()
                empty_rounds = 0 if self._claimed > before else empty_rounds + 1
                self._patience.whatever_it_takes(self._turns.leave)
                if self._stopped is not None:
                    return self._end_run(self._stopped)
                due = self._next_due()
                if due is None:
                    return self._patience.whatever_it_takes(lambda: self._store.sends.finish(self._send.id))
                until = datetime.fromtimestamp(due, UTC)
                left = (until - self._watch.clock()).total_seconds()
                if left > SHORT:
                    return self._end_run(WaitUntil(until=until, reason="the next deliveries are due then"))
                # Deliveries that are due and can't be claimed are locked by another session.
                self._requests.wait(max(left, beside_locks(empty_rounds)))

    def _hand_over_due(self, pool: ThreadPoolExecutor) -> None:
        """Hand over batches until nothing is due or the run is ``stopped``, and record all answers.

        One transaction records answers and claims the next deliveries, because each transaction waits for the disk.
        """
        last = START
        in_flight = self._in_flight
        answers: list[_Answer] = []
        more = True
        while True:
            free = self._breaker.room(len(in_flight)) if more else 0
            pause = self._until_the_next_turn(free) if free and self._stopped is None else 0.0
            size = self._turns.size(free) if free and not pause and self._stopped is None else 0
            if size and self._breaker.look_first:
                in_flight[pool.submit(_check, self._provider, self._letters.sender, self._breaker.epoch)] = ()
                size = 0
            if answers or size:
                claimed = self._exchange(answers, size, last)
                more = more and bool(claimed or not size)
                answers = []
                for batch in _batches(claimed, self._provider.batch_size):
                    last = batch[-1].place
                    job = pool.submit(_hand_over, self._provider, self._letters, batch, self._breaker.epoch)
                    in_flight[job] = batch
            if in_flight:
                self._outages.wait(in_flight, pause)
                time.sleep(max(self._written + BREATH - time.monotonic(), 0))
                done = [future for future in in_flight if future.done()]
                for future in done:
                    del in_flight[future]
                answers = [future.result() for future in done]
                refusals = list(self._serious_refusals(answers))
                answers = [answer for answer in answers if answer.batch]
                doubt = self._first.doubt([receipt for answer in answers for receipt in answer.receipts])
                self._doubt = self._doubt or doubt
                self._stopped = self._doubt or self._stopped or next(iter(refusals), None)
            elif pause and self._stopped is None:
                self._requests.wait(pause)
                self._breaker.waited()
            elif self._stopped is not None or not more:
                return

    def _serious_refusals(self, answers: Sequence["_Answer"]) -> Iterator[Exception]:
        """Pass the answers to the breaker, and yield the refusals that are more than an outage."""
        for answer in answers:
            self._outages.hear(answer.epoch, answer.receipts, answer.refusal)
            if not answer.batch and answer.refusal is None:
                self._breaker.looked()
            # If only the database was away, the deliveries are queued again, and the next exchange waits for it.
            if not isinstance(answer.refusal, OutageError | BusyError | UnreachableError | None):
                yield answer.refusal

    def _until_the_next_turn(self, wanted: int) -> float:
        """Return the seconds to wait; set ``stopped`` if that is too long or somebody asked to stop."""
        if self._requests:
            self._stopped = AskedToStopError("stopped on request")
            return 0.0
        self._stopped = self._outages.later()
        if self._stopped is not None or self._breaker.delay:
            return self._breaker.delay
        try:
            turn = self._patience.while_busy(lambda: self._turns.wait(wanted))
        except StoreError as err:
            self._stopped = err
            return 0.0
        if isinstance(turn, WaitUntil):
            self._stopped = turn
            return 0.0
        return turn

    def _exchange(self, answers: Sequence["_Answer"], size: int, last: Place) -> Sequence[Claimed]:
        """Record answers and claim the next deliveries. Raise StoreError if answers can't be recorded: they are
        uncertain then.
        """
        now = int(self._watch.clock().timestamp())
        answered = [self._answered(answer, now) for answer in answers]
        patiently = self._patience.whatever_it_takes if answers else self._patience.while_busy
        claimed: Sequence[Claimed] = ()
        stopped: NewsletterError | None = None
        try:
            claimed, stopped = patiently(lambda: self._try_to_exchange(answered, size, last, now))
        except StoreError as err:
            if answers:
                raise
            stopped = err
        self._written = time.monotonic()
        self._claimed += len(claimed)
        if size:
            patiently(partial(self._turns.taken, len(claimed)))
        for written in answered:
            patiently(partial(self._turns.answered, written.receipts))
            self._watch.journal.recorded(self._send, written.batch, written.receipts)
            self._settled += sum(receipt.status is not DeliveryStatus.DEFERRED for receipt in written.receipts)
        self._stopped = self._stopped or stopped
        if answers:
            self._watch.progress(self._settled, self._send.recipients)
        return claimed

    def _try_to_exchange(
        self, answered: Sequence[Answered], size: int, last: Place, now: int
    ) -> tuple[Sequence[Claimed], StoppedError | None]:
        """Call ``exchange`` once. If the last call failed and was committed all the same, queue what it claimed."""
        readers = [claimed.subscriber for batch in self._in_flight.values() for claimed in batch]
        try:
            exchanged = self._store.sends.exchange(
                self._send.id,
                answered,
                slots=self._letters.slots,
                size=size,
                after=last,
                now=now,
                holder=self._lease.holder,
                in_flight=readers if self._exchange_failed else None,
                pause=self._doubt.what if self._doubt else "",
            )
        except BusyError:
            raise
        except StoreError:
            self._exchange_failed = self._ever_failed = True
            raise
        self._exchange_failed = False
        return exchanged

    def _queue_lost_claims(self) -> None:
        """Queue deliveries that a failed exchange claimed after all: with none in flight, only they are submitting."""
        if not self._ever_failed:
            return
        self._exchange_failed = True
        if self._stopped is None:
            self._patience.whatever_it_takes(lambda: self._try_to_exchange((), 0, START, 0))
        else:
            with suppress(StoreError):  # the reason for the stop is reported; a later run marks these uncertain
                self._try_to_exchange((), 0, START, 0)

    def _answered(self, answer: "_Answer", now: int) -> Answered:
        """Return what to record of an answer, with the time of the next try for each deferred delivery.

        An attempt that the provider throttled, or that fell into an outage, doesn't count against the reader.
        """
        claimed = {delivery.subscriber: delivery for delivery in answer.batch}
        receipts: list[Receipt] = []
        due, deferrals, returned = {}, {}, list(answer.not_handed_over)
        for receipt in answer.receipts:
            reader = receipt.subscriber
            if receipt.lost and self._breaker.concerns_others(reader):
                returned.append(reader)
                continue
            if receipt.status is DeliveryStatus.DEFERRED:
                times = claimed[reader].deferrals + (not receipt.throttled)
                delay = THROTTLED if receipt.throttled else retry_delay(times)
                if delay is None:
                    words = f"given up after {times} attempts: {receipt.detail}"
                    receipts.append(replace(receipt, status=DeliveryStatus.REFUSED, detail=words))
                    continue
                due[reader], deferrals[reader] = now + delay, times
            receipts.append(receipt)
        return Answered(batch=answer.batch, receipts=receipts, due=due, deferrals=deferrals, returned=returned)

    def _next_due(self) -> int | None:
        """Return the Unix time at which the next delivery is due, or None at the end of the send."""
        due = self._patience.while_busy(lambda: self._store.sends.next_due(self._send.id))
        if due is None and self._ever_failed:  # the server may have committed an exchange after we gave up on it
            self._queue_lost_claims()
            due = self._patience.while_busy(lambda: self._store.sends.next_due(self._send.id))
        if due is None and self._store.sends.get(self._send.id).uncertain is Uncertainty.RESEND:
            again = int(self._watch.clock().timestamp()) + self._provider.reports_within
            if self._patience.while_busy(
                lambda: self._store.sends.hand_over_again(self._send.id, due=again, resends=RESENDS)
            ):
                return again
        return due

    def _end_run(self, why: Exception | WaitUntil) -> Send:
        """End this run: record that the send waits or is paused, and return it or raise what stopped it."""
        if isinstance(why, OutageError):
            return self._suspend(why)
        if isinstance(why, ProviderError) and why.again is not None:
            why = WaitUntil(until=self._watch.clock() + timedelta(seconds=why.again), reason=why.what)
        if isinstance(why, WaitUntil):
            wait = partial(self._store.controls.wait, self._send.id, why.until, why.reason, holder=self._lease.holder)
            self._patience.while_busy(wait)
            return self._store.sends.get(self._send.id)
        if isinstance(why, ProviderError) and why is not self._doubt:
            pause = partial(self._store.controls.pause_held, self._send.id, why.what, holder=self._lease.holder)
            self._patience.while_busy(pause)
        raise why

    def _suspend(self, why: OutageError) -> Send:
        """Schedule the next try. The tries become rarer as long as nothing gets through in between."""
        controls, now, holder = self._store.controls, self._watch.clock(), self._lease.holder
        if self._settled > self._send.settled:
            self._patience.while_busy(partial(controls.answered, self._send.id))
        put_off = partial(controls.put_off, self._send.id, why.what, now=now, holder=holder, again=why.again or 0)
        if not self._patience.while_busy(put_off):
            raise why
        return self._store.sends.get(self._send.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """The provider's answer to a batch that was handed over in an ``epoch`` of the breaker.

    ``refusal`` is why nothing more may be handed over. Without a batch, the provider was only checked.
    """

    batch: Sequence[Claimed]
    receipts: Sequence[Receipt]
    epoch: int
    refusal: Exception | None = None

    @property
    def not_handed_over(self) -> Sequence[int]:
        """The readers to queue again: the provider refused altogether, or their editions could not be read.

        Empty if another process took the send over, since it has settled them already.
        """
        if not isinstance(self.refusal, ProviderError | StoreError):
            return ()
        answered = {receipt.subscriber for receipt in self.receipts}
        return [claimed.subscriber for claimed in self.batch if claimed.subscriber not in answered]


def _batches(claimed: Sequence[Claimed], size: int) -> Iterator[Sequence[Claimed]]:
    return (claimed[first : first + size] for first in range(0, len(claimed), size))


def _check(provider: Provider, sender: str, epoch: int) -> _Answer:
    """Check the provider, which costs no message."""
    try:
        provider.check(sender)
    except ProviderError as err:
        return _Answer(batch=(), receipts=(), epoch=epoch, refusal=err)
    return _Answer(batch=(), receipts=(), epoch=epoch)


def _hand_over(provider: Provider, letters: Letters, batch: Sequence[Claimed], epoch: int) -> _Answer:
    receipts: list[Receipt] = []
    failed: Exception | None = None
    try:
        receipts.extend(_submit(provider, letters, batch))
    except (ProviderError, StoppedError, StoreError) as err:
        return _Answer(batch=batch, receipts=receipts, epoch=epoch, refusal=err)
    except Exception as err:  # noqa: BLE001  a bug in the provider must not lose the receipts that it gave
        failed = err
    answered = {receipt.subscriber for receipt in receipts}
    receipts += [
        Receipt(subscriber=claimed.subscriber, status=DeliveryStatus.UNCERTAIN, detail=NO_RECEIPT)
        for claimed in batch
        if claimed.subscriber not in answered
    ]
    return _Answer(batch=batch, receipts=receipts, epoch=epoch, refusal=failed)


def _submit(provider: Provider, letters: Letters, batch: Sequence[Claimed]) -> Iterable[Receipt]:
    made: list[Letter] = []
    for claimed in batch:
        try:
            recipient = letters.recipient(claimed)
        except ValueError as err:
            why = f"the message cannot be made: {err}"
            yield Receipt(subscriber=claimed.subscriber, status=DeliveryStatus.REFUSED, detail=why)
        else:
            made.append(letters.to(recipient, claimed.edition))
    letters.ask()
    yield from provider.submit(made)
