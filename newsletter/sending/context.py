"""What goes out by whom; and proofs, one message to an editor."""

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
    """What every send needs beside its audience: the provider and its name, who signs links, and where they lead.

    ``sending`` is the pace that newsletter.toml sets, its quiet hours by the clock of ``zone``; ``return_path`` the
    address that takes all bounces, empty for the sender's own; ``unsubscribe_mail`` the address that takes requests to
    unsubscribe, empty if no mailbox is read.
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
