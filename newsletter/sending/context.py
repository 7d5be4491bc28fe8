"""Everything a send needs to deliver mail: provider, signer and settings. Also sends proofs."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from newsletter.domain.delivery import Receipt
from newsletter.domain.rate_limits import SendingSettings
from newsletter.domain.subscriber import Subscriber
from newsletter.message.mime import Email, Letter, Recipient, Wire
from newsletter.providers import Provider
from newsletter.tokens import Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A send's provider, link signer and settings.

    ``base_url`` is the address that readers' links start with. ``sending`` has the settings of the same name; quiet
    hours are in ``zone``. ``return_path`` is the address that bounces come back to, or empty for the sender's own.
    ``unsubscribe_mail`` is the address for unsubscribe requests, or empty if no mailbox is read.
    """

    provider: Provider
    provider_name: str
    signer: Signer
    base_url: str
    sending: SendingSettings = field(default_factory=SendingSettings)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    return_path: str = ""
    unsubscribe_mail: str = ""


def proof(post: Post, *, email: Email, reader: Subscriber, now: datetime, to: str | None = None) -> Receipt:
    """Send one message marked as a proof, with the reader's values, to ``to`` or to the reader, and return its receipt.

    Its links are signed with a key that no reader has. Raise ProviderError if the provider refuses altogether.
    """
    post.provider.check(email.sender.address)
    wire = Wire(email.proof(), now)
    key = secrets.token_hex(16)  # a new Message-ID for each proof, so that no mail client hides one as a duplicate
    values = reader.slot_values() | post.signer.links(post.base_url, wire.email.issue)(key)
    nobody = Recipient(subscriber=reader.id, key=key, address=to or reader.address, values=values)
    (receipt,) = post.provider.submit([Letter(wire, nobody)])
    return receipt
