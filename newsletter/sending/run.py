"""Batches to the provider, receipts to the ledger.

Every batch is committed as *submitting* before the provider sees it and its receipts after, so whoever comes next knows
what was queued, what is settled, and what may or may not have arrived.
"""

import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.audience import Segment, Subscriber
from newsletter.compiled import CompiledIssue
from newsletter.delivery import DeliveryStatus, Receipt, Send, SendStatus
from newsletter.errors import NewsletterError, ProviderError, SendError
from newsletter.message import Email, Recipient, Wire
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
    store: Store, post: Post, *, compiled: CompiledIssue, segments: Sequence[Segment], now: datetime, progress: Progress
) -> Send:
    """Freeze audience and content, and send. Returns the send as it ended.

    Raises SendError where the issue has a send already or this one was interrupted, ProviderError where the provider
    refuses altogether. In each case the ledger says what was done, and ``resume`` goes on.
    """
    refuse_second(store.sends.find(compiled.issue))
    post.provider.check(compiled.sender.address)
    send = store.sends.freeze(compiled=compiled, date=now, segments=segments, provider=post.provider_name)
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
    letter = _Letter(email.proof(), post, now)
    nobody = replace(reader, key=secrets.token_hex(16))  # another Message-ID for each proof, so no client hides one
    recipient = replace(letter.to(nobody), address=to or reader.address)
    (receipt,) = post.provider.submit(letter.wire, [recipient])
    return receipt


def _run(store: Store, post: Post, send: Send, progress: Progress) -> Send:
    compiled, date = store.sends.content(send.id)
    letter = _Letter(compiled.email(), post, date)
    settled = sum(send.counts.get(status, 0) for status in _SETTLED)
    progress(settled, send.recipients)
    in_flight: set[Future[_Answer]] = set()
    stopped: NewsletterError | None = None
    last = 0
    with ThreadPoolExecutor(post.provider.concurrency) as pool:
        while True:
            try:
                while stopped is None and len(in_flight) < post.provider.concurrency:
                    batch = store.sends.claim(send.id, size=post.provider.batch_size, after=last)
                    if not batch:
                        break
                    last = batch[-1].id
                    in_flight.add(pool.submit(_hand_over, post.provider, letter, batch))
                if not in_flight:
                    break
                done, in_flight = wait(in_flight, return_when=FIRST_COMPLETED)
            except KeyboardInterrupt:
                stopped = SendError("stopped on request", mend=f"go on with `newsletter send {send.issue} --resume`")
                continue
            for future in done:
                answer = future.result()
                store.sends.record(send.id, answer.receipts)
                store.sends.release(send.id, answer.without_receipt)
                stopped = stopped or answer.refusal
                settled += len(answer.receipts)
                progress(settled, send.recipients)
    if stopped is not None:
        raise stopped
    return store.sends.finish(send.id)


_SETTLED = (DeliveryStatus.SUBMITTED, DeliveryStatus.REFUSED, DeliveryStatus.SKIPPED, DeliveryStatus.UNCERTAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What came of a batch; ``refusal`` is why the rest has no receipt."""

    receipts: Sequence[Receipt]
    without_receipt: Sequence[int] = ()
    refusal: ProviderError | None = None


class _Letter:
    """An email ready for the wire, and what makes each reader's values for it."""

    def __init__(self, email: Email, post: Post, date: datetime) -> None:
        self.wire = Wire(email, date)
        self._links = post.signer.links(post.base_url, email.issue)

    def to(self, reader: Subscriber) -> Recipient:
        """The reader as a recipient."""
        values = self._links(reader.key)
        for name, value in reader.merge_values().items():
            values[f"subscriber.{name}"] = value
        return Recipient(subscriber=reader.id, key=reader.key, address=reader.address, values=values)


def _hand_over(provider: Provider, letter: _Letter, batch: Sequence[Subscriber]) -> _Answer:
    receipts: list[Receipt] = []
    try:
        receipts.extend(provider.submit(letter.wire, [letter.to(reader) for reader in batch]))
    except ProviderError as err:
        answered = {receipt.subscriber for receipt in receipts}
        rest = [reader.id for reader in batch if reader.id not in answered]
        return _Answer(receipts=receipts, without_receipt=rest, refusal=err)
    return _Answer(receipts=receipts)
