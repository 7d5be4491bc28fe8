"""Rehearse an issue: build every reader's message and hand it to a provider that mails nobody."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import islice

from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.edition import Edition, Tailor
from newsletter.domain.segment import Segment
from newsletter.domain.send_errors import NobodyError
from newsletter.message.compiled_issue import CompiledIssue
from newsletter.message.link_slots import READER
from newsletter.message.mime import Letter, Recipient, Wire
from newsletter.providers import Provider
from newsletter.store import Store
from newsletter.tokens import throwaway_signer

_WIRES = 8  # editions encoded for the wire and kept at once


def rehearse(
    store: Store,
    provider: Provider,
    *,
    compiled: CompiledIssue,
    tailor: Tailor,
    segments: Sequence[Segment],
    base_url: str,
    now: datetime,
    progress: Callable[[int], None],
) -> Sequence[Receipt]:
    """Hand every message to the provider and return the receipts of those it refused.

    Freeze nothing and record no send. The links are signed with a throw-away key, so they open nothing. Call
    ``progress`` with the number of messages so far. Raise SendError if nobody would get the issue, and ProviderError
    if the provider refuses altogether.
    """
    provider.check_sender(compiled.sender.address)
    full = compiled.email()
    links = throwaway_signer().links(base_url, compiled.issue, naming=READER in full.slots, votes=full.votes)
    done, refused = 0, []

    @lru_cache(maxsize=_WIRES)
    def wire(edition: Edition) -> Wire:
        return Wire(compiled.email(edition), now)

    for readers in store.sends.stream_recipients(segments, tailor, now):
        letters = (
            Letter(
                wire(edition),
                Recipient(
                    subscriber=reader.subscriber,
                    key=reader.key,
                    address=reader.address,
                    mac=links.message_mac(reader.key, reader.address),
                    values=links(reader.key) | dict(reader.values),
                ),
            )
            for edition, reader in readers
        )
        while batch := list(islice(letters, provider.batch_size)):
            receipts = provider.submit(batch)
            refused += [receipt for receipt in receipts if receipt.status is not DeliveryStatus.SUBMITTED]
            done += len(batch)
            progress(done)
    if not done:
        raise NobodyError(issue=compiled.issue)
    return refused
