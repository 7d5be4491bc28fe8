"""Proofs: an issue as one reader will get it, mailed to an editor."""

import secrets
from datetime import datetime

from newsletter.domain.delivery import Receipt
from newsletter.domain.subscriber import Subscriber
from newsletter.message.mime import Email, Letter, Recipient, Wire
from newsletter.sending.context import SendContext


def send_proof(
    context: SendContext,
    *,
    email: Email,
    reader: Subscriber,
    now: datetime,
    to: str | None = None,
    mark: str = "[Proof]",
) -> Receipt:
    """Send one message as a proof, with the reader's values, to ``to`` or to the reader, and return its receipt.

    Its subject begins with ``mark``, and its links are signed with a key that no reader has. Raise ProviderError if the
    provider refuses altogether.
    """
    context.provider.check_sender(email.sender.address)
    wire = Wire(email.proof(mark), now)
    key = secrets.token_hex(16)  # a new Message-ID for each proof, so that no mail client hides one as a duplicate
    values = reader.slot_values() | context.signer.links(context.base_url, wire.email.issue, votes=email.votes)(key)
    recipient = Recipient(subscriber=reader.id, key=key, address=to or reader.address, values=values)
    (receipt,) = context.provider.submit([Letter(wire, recipient)])
    return receipt
