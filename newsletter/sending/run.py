"""Batches to the provider, receipts to the ledger.

Every batch is committed as *submitting* before the provider sees it and its receipts after, so whoever comes next knows
what was queued, what is settled, and what may or may not have arrived.
"""

import secrets
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from newsletter.audience import Segment, Subscriber
from newsletter.compiled import CompiledIssue
from newsletter.delivery import START, Claimed, DeliveryStatus, Receipt, Send, SendStatus
from newsletter.edition import Tailor
from newsletter.errors import NewsletterError, ProviderError, SendError
from newsletter.message import Email, Letter, Recipient, Wire
from newsletter.providers import Provider
from newsletter.sending.plan import refuse_second
from newsletter.store import Store
from newsletter.tokens import Signer

Progress = Callable[[int, int], None]
"""Called with the deliveries settled so far and the size of the audience."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What every send needs beside its audience: the provider and its name, who signs links, and where they lead."""

    provider: Provider
    provider_name: str
    signer: Signer
    base_url: str


def start(
    store: Store,
    post: Post,
    *,
    compiled: CompiledIssue,
    tailor: Tailor,
    segments: Sequence[Segment],
    now: datetime,
    progress: Progress,
) -> Send:
    """Freeze audience, editions and content, and send. Returns the send as it ended.

    Raises SendError where the issue has a send already or this one was interrupted, ProviderError where the provider
    refuses altogether. In each case the ledger says what was done, and ``resume`` goes on.
    """
    refuse_second(store.sends.find(compiled.issue))
    post.provider.check(compiled.sender.address)
    send = store.sends.freeze(
        compiled=compiled, tailor=tailor, date=now, segments=segments, provider=post.provider_name
    )
    return _run(store, post, send, progress)


def resume(store: Store, post: Post, *, issue: str, progress: Progress) -> Send:
    """Go on with a send that did not finish, with the content it froze. Raises as ``start`` does."""
    send = store.sends.find(issue)
    if send is None:
        raise SendError(f"issue {issue} has no send to resume", mend=f"start one: `newsletter send {issue}`")
    if send.status is SendStatus.FINISHED:
        refuse_second(send)
    if send.provider != post.provider_name:
        raise SendError(
            f"the send of issue {issue} began with the provider {send.provider}, the settings now name"
            f" {post.provider_name}",
            mend="a send ends with the provider that it began with: set [provider] name back until it has",
        )
    compiled, _ = store.sends.content(send.id)
    post.provider.check(compiled.sender.address)
    store.sends.interrupted(send.id, repeatable=post.provider.repeatable)
    return _run(store, post, send, progress)


def proof(post: Post, *, email: Email, reader: Subscriber, now: datetime, to: str | None = None) -> Receipt:
    """One message that says it is a proof, with the reader's values, to the reader or to an editor's address.

    Its links are signed for nobody. Raises ProviderError.
    """
    post.provider.check(email.sender.address)
    wire = Wire(email.proof(), now)
    key = secrets.token_hex(16)  # another Message-ID for each proof, so no client hides one
    values = {f"subscriber.{name}": value for name, value in reader.merge_values().items()}
    values |= post.signer.links(post.base_url, wire.email.issue)(key)
    nobody = Recipient(subscriber=reader.id, key=key, address=to or reader.address, values=values)
    (receipt,) = post.provider.submit([Letter(wire, nobody)])
    return receipt


def _run(store: Store, post: Post, send: Send, progress: Progress) -> Send:
    letters = _Letters(store, post, send)
    settled = sum(send.counts.get(status, 0) for status in _SETTLED)
    progress(settled, send.recipients)
    in_flight: set[Future[_Answer]] = set()
    stopped: NewsletterError | None = None
    last = START
    with _stop_requests() as asked_to_stop, ThreadPoolExecutor(post.provider.concurrency) as pool:
        while True:
            if stopped is None and asked_to_stop():
                stopped = SendError("stopped on request", mend=f"go on with `newsletter send {send.issue} --resume`")
            while stopped is None and len(in_flight) < post.provider.concurrency:
                batch = store.sends.claim(send.id, slots=letters.slots, size=post.provider.batch_size, after=last)
                if not batch:
                    break
                last = batch[-1].place
                in_flight.add(pool.submit(_hand_over, post.provider, letters, batch))
            if not in_flight:
                break
            done, in_flight = wait(in_flight, return_when=FIRST_COMPLETED)
            for future in done:
                answer = future.result()
                store.sends.record(send.id, answer.receipts, batch=answer.batch)
                store.sends.release(send.id, answer.without_receipt)
                stopped = stopped or answer.refusal
                settled += len(answer.receipts)
                progress(settled, send.recipients)
    if stopped is not None:
        raise stopped
    return store.sends.finish(send.id)


@contextmanager
def _stop_requests() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C or SIGTERM asked for an end meanwhile; they interrupt nothing here.

    A KeyboardInterrupt between a provider's answer and the ledger would lose the answer. Python handles signals in the
    main thread alone, and what a parent has them ignore (nohup, a shell's background) stays ignored.
    """
    asked: list[int] = []
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, lambda number, _frame: asked.append(number))
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_SETTLED = (DeliveryStatus.SUBMITTED, DeliveryStatus.REFUSED, DeliveryStatus.SKIPPED, DeliveryStatus.UNCERTAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What came of a batch; ``refusal`` is why some of it has no receipt."""

    batch: Sequence[Claimed]
    receipts: Sequence[Receipt]
    refusal: ProviderError | None = None

    @property
    def without_receipt(self) -> Sequence[int]:
        """Readers who were not handed over, because the provider refused altogether."""
        if self.refusal is None:
            return ()
        answered = {receipt.subscriber for receipt in self.receipts}
        return [claimed.subscriber for claimed in self.batch if claimed.subscriber not in answered]


class _Letters:
    """What was frozen, ready for the wire: an edition once, as long as its readers come."""

    def __init__(self, store: Store, post: Post, send: Send) -> None:
        self._store, self._send = store, send.id
        self._compiled, self._date = store.sends.content(send.id)
        self._links = post.signer.links(post.base_url, send.issue)
        self.slots = self._compiled.email().slots  # the full issue has every part, so every slot
        # Batches come by edition, so each thread is at one or two; a wire has the size of its message.
        self._wire = lru_cache(maxsize=2 * post.provider.concurrency)(self._made)

    def to(self, claimed: Claimed) -> Letter:
        """The letter of a delivery."""
        values = self._links(claimed.key)
        values.update(claimed.values)
        return Letter(
            self._wire(claimed.edition),
            Recipient(subscriber=claimed.subscriber, key=claimed.key, address=claimed.address, values=values),
        )

    def _made(self, number: int) -> Wire:
        return Wire(self._compiled.email(self._store.sends.edition(self._send, number)), self._date)


def _hand_over(provider: Provider, letters: _Letters, batch: Sequence[Claimed]) -> _Answer:
    receipts: list[Receipt] = []
    try:
        receipts.extend(provider.submit([letters.to(claimed) for claimed in batch]))
    except ProviderError as err:
        return _Answer(batch=batch, receipts=receipts, refusal=err)
    return _Answer(batch=batch, receipts=receipts)
