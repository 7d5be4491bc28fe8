"""Batches to the provider, receipts to the ledger.

Every batch is committed as *submitting* before the provider sees it and its receipts after, so whoever comes next knows
what was queued, what is settled, and what may or may not have arrived.
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
    Send,
    Uncertainty,
    retry_delay,
)
from newsletter.domain.rate_limits import Limits
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

BREATH = 0.001  # seconds for which the ledger is left to others, such as readers who unsubscribe
THROTTLED = 5  # seconds until a reader is tried again whom a provider put off for its own sake
NO_RECEIPT = "the provider gave no receipt"
RESENDS = 2  # of an uncertain delivery: what three attempts had no answer to is held, whatever the policy


def run(
    store: Store,
    post: Post,
    send: Send,
    lease: Lease,
    requests: Requests,
    watch: Watch,
    said: Limits | None,
    breaker: Breaker | None = None,
) -> Send:
    """Hand over what is open, until the send ends or has to wait: it then has ``waits_until`` and a ``reason``.

    ``said`` is how much the provider takes; ``breaker`` is a new one unless it is given. Raises AskedToStopError where
    somebody asked for an end; StoppedError where they paused or cancelled the send, or another process took it over;
    ProviderError where the provider refuses altogether, and the send is paused; StoreError where the ledger cannot be
    written.
    """
    breaker = breaker or Breaker(post.provider.concurrency, post.provider.batch_size)
    return _Run(store, post, send, lease, requests, watch, said, breaker).go()


class _Run:
    def __init__(
        self,
        store: Store,
        post: Post,
        send: Send,
        lease: Lease,
        requests: Requests,
        watch: Watch,
        said: Limits | None,
        breaker: Breaker,
    ) -> None:
        self._store, self._provider, self._send, self._lease = store, post.provider, send, lease
        self._breaker, self._outages = breaker, Outages(breaker, send, watch)
        self._requests, self._watch = requests, watch
        lease.hurry(lambda: bool(requests))
        self._patience = Patience(requests, watch)
        self._letters = Letters(store, post, send, lease)
        self._turns = Turns(store, post, said, watch)
        self._settled = send.settled
        self._first = FirstAnswers.of(store, send.id)
        self._doubt: ProviderError | None = None  # the send is paused together with the answers that raise it
        self._stopped: Exception | WaitUntil | None = None
        self._in_flight: dict[Future[_Answer], Sequence[Claimed]] = {}
        self._in_doubt = False  # whether the last exchange failed, so that it may have been committed or not
        self._doubted = False  # whether one did at any time
        self._claimed = 0
        self._written = 0.0  # when the ledger was written last, by the monotonic clock

    def go(self) -> Send:
        self._watch.progress(self._settled, self._send.recipients)
        with ThreadPoolExecutor(self._provider.concurrency) as pool:
            in_vain = 0
            while True:
                before = self._claimed
                self._hand_over_what_is_due(pool)
                self._queue_what_was_claimed_in_vain()
                in_vain = 0 if self._claimed > before else in_vain + 1
                self._patience.whatever_it_takes(self._turns.leave)
                if self._stopped is not None:
                    return self._put_down(self._stopped)
                due = self._next_due()
                if due is None:
                    return self._patience.whatever_it_takes(lambda: self._store.sends.finish(self._send.id))
                until = datetime.fromtimestamp(due, UTC)
                left = (until - self._watch.clock()).total_seconds()
                if left > SHORT:
                    return self._put_down(WaitUntil(until=until, reason="what is open is due then"))
                # What is due and cannot be claimed is locked by another session.
                self._requests.wait(max(left, beside_locks(in_vain)))

    def _hand_over_what_is_due(self, pool: ThreadPoolExecutor) -> None:
        """Until nothing is due any more, or ``stopped``; everything that was handed over is then written down.

        Answers are written down, and the next deliveries claimed, in one transaction: each waits for the disk.
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
                in_flight[pool.submit(_look, self._provider, self._letters.sender, self._breaker.epoch)] = ()
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
                refusals = list(self._heard(answers))
                answers = [answer for answer in answers if answer.batch]
                doubt = self._first.doubt([receipt for answer in answers for receipt in answer.receipts])
                self._doubt = self._doubt or doubt
                self._stopped = self._doubt or self._stopped or next(iter(refusals), None)
            elif pause and self._stopped is None:
                self._requests.wait(pause)
                self._breaker.waited()
            elif self._stopped is not None or not more:
                return

    def _heard(self, answers: Sequence["_Answer"]) -> Iterator[Exception]:
        """Refusals that are more than an outage."""
        for answer in answers:
            self._outages.hear(answer.epoch, answer.receipts, answer.refusal)
            if not answer.batch and answer.refusal is None:
                self._breaker.looked()
            # Where only the database was away, the letters are queued again, and the next exchange waits for it.
            if not isinstance(answer.refusal, OutageError | BusyError | UnreachableError | None):
                yield answer.refusal

    def _until_the_next_turn(self, wanted: int) -> float:
        """Seconds; ``stopped`` where that is long, or somebody asked for an end."""
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
        """Write down, and claim. Raises StoreError where there is no room for answers: they are then uncertain."""
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
        """``exchange``. Where the one before failed, it may have claimed deliveries nevertheless: they are queued."""
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
                in_flight=readers if self._in_doubt else None,
                pause=self._doubt.what if self._doubt else "",
            )
        except BusyError:
            raise
        except StoreError:
            self._in_doubt = self._doubted = True
            raise
        self._in_doubt = False
        return exchanged

    def _queue_what_was_claimed_in_vain(self) -> None:
        """With nothing at the provider, *submitting* deliveries are those of a commit that was taken for a failure."""
        if not self._doubted:
            return
        self._in_doubt = True
        if self._stopped is None:
            self._patience.whatever_it_takes(lambda: self._try_to_exchange((), 0, START, 0))
        else:
            with suppress(StoreError):  # what stopped the send is reported; a later run takes these as uncertain
                self._try_to_exchange((), 0, START, 0)

    def _answered(self, answer: "_Answer", now: int) -> Answered:
        """What is written down of an answer, and when those who were deferred are tried again.

        A provider that throttles, or is not there, costs a reader none of their tries.
        """
        claimed = {one.subscriber: one for one in answer.batch}
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
        """When there is more to hand over, in seconds of Unix time; None at the end."""
        due = self._patience.while_busy(lambda: self._store.sends.next_due(self._send.id))
        if due is None and self._doubted:  # a commit may have been carried out after it was given up
            self._queue_what_was_claimed_in_vain()
            due = self._patience.while_busy(lambda: self._store.sends.next_due(self._send.id))
        if due is None and self._store.sends.get(self._send.id).uncertain is Uncertainty.RESEND:
            again = int(self._watch.clock().timestamp()) + self._provider.reports_within
            if self._patience.while_busy(
                lambda: self._store.sends.hand_over_again(self._send.id, due=again, resends=RESENDS)
            ):
                return again
        return due

    def _put_down(self, why: Exception | WaitUntil) -> Send:
        """Leave the send as it should be found: waiting, paused, or as it is, for whoever goes on. Raises errors."""
        if isinstance(why, OutageError):
            return self._try_later(why)
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

    def _try_later(self, why: OutageError) -> Send:
        """Try again in a while. The tries become rarer as long as nothing gets through in between."""
        controls, now, holder = self._store.controls, self._watch.clock(), self._lease.holder
        if self._settled > self._send.settled:
            self._patience.while_busy(partial(controls.answered, self._send.id))
        put_off = partial(controls.put_off, self._send.id, why.what, now=now, holder=holder, again=why.again or 0)
        if not self._patience.while_busy(put_off):
            raise why
        return self._store.sends.get(self._send.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What came of a batch, handed over in an ``epoch`` of the breaker; ``refusal`` is why nothing more is to be.

    Without a batch the provider was only asked whether it is there.
    """

    batch: Sequence[Claimed]
    receipts: Sequence[Receipt]
    epoch: int
    refusal: Exception | None = None

    @property
    def not_handed_over(self) -> Sequence[int]:
        """Readers who are queued again: the provider refused altogether, or their letters could not be read.

        Not after the send was lost to another process: it has settled them already.
        """
        if not isinstance(self.refusal, ProviderError | StoreError):
            return ()
        answered = {receipt.subscriber for receipt in self.receipts}
        return [claimed.subscriber for claimed in self.batch if claimed.subscriber not in answered]


def _batches(claimed: Sequence[Claimed], size: int) -> Iterator[Sequence[Claimed]]:
    return (claimed[first : first + size] for first in range(0, len(claimed), size))


def _look(provider: Provider, sender: str, epoch: int) -> _Answer:
    """Ask the provider what costs no message."""
    try:
        provider.check(sender)
    except ProviderError as err:
        return _Answer(batch=(), receipts=(), epoch=epoch, refusal=err)
    return _Answer(batch=(), receipts=(), epoch=epoch)


def _hand_over(provider: Provider, letters: Letters, batch: Sequence[Claimed], epoch: int) -> _Answer:
    receipts: list[Receipt] = []
    failed: Exception | None = None
    try:
        receipts.extend(_handed_over(provider, letters, batch))
    except (ProviderError, StoppedError, StoreError) as err:
        return _Answer(batch=batch, receipts=receipts, epoch=epoch, refusal=err)
    except Exception as err:  # noqa: BLE001  the provider's own fault, which costs nobody an answer that is known
        failed = err
    answered = {receipt.subscriber for receipt in receipts}
    receipts += [
        Receipt(subscriber=claimed.subscriber, status=DeliveryStatus.UNCERTAIN, detail=NO_RECEIPT)
        for claimed in batch
        if claimed.subscriber not in answered
    ]
    return _Answer(batch=batch, receipts=receipts, epoch=epoch, refusal=failed)


def _handed_over(provider: Provider, letters: Letters, batch: Sequence[Claimed]) -> Iterable[Receipt]:
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
