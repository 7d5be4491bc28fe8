"""Build a send's letters from its frozen content."""

from collections.abc import Sequence
from functools import lru_cache

from newsletter.domain.delivery import ClaimedDelivery
from newsletter.domain.send import Send
from newsletter.message.link_slots import READER
from newsletter.message.mime import Letter, Recipient, Wire
from newsletter.message.verp import return_path, unsubscribe_address
from newsletter.sending.context import SendContext
from newsletter.store import Lease, Store
from newsletter.tokens import LinkMaker


class LetterBuilder:
    """A builder of a send's letters, which keeps the latest editions encoded.

    Raise TokenError if the secret that the send began with is missing.
    """

    def __init__(self, store: Store, context: SendContext, send: Send, lease: Lease) -> None:
        self._store, self._context, self._send = store, context, send
        self.ensure_held = lease.ensure_held
        self._compiled, self._date = store.frozen.content(send.id)
        self.sender = self._compiled.sender.address
        full = self._compiled.email()  # it has every part, so every slot
        self.slots = full.slots
        self._links = link_maker(context, send, naming=READER in self.slots, votes=full.votes)
        # Batches are ordered by edition, so each thread needs one or two. A wire is as large as its message.
        self._wire = lru_cache(maxsize=2 * context.provider.concurrency)(self._build_wire)

    def recipient(self, claimed: ClaimedDelivery) -> Recipient:
        """Return the recipient of a claimed delivery. Raise ValueError if no links can be made of the reader's key."""
        values = self._links(claimed.key)
        values.update(claimed.values)
        return Recipient(
            subscriber=claimed.subscriber,
            key=claimed.key,
            address=claimed.address,
            values=values,
            mac=self._links.message_mac(claimed.key, claimed.address),
            return_path=self._return_path(claimed),
            unsubscribe_mail=self._unsubscribe_mail(claimed),
        )

    def letter(self, recipient: Recipient, edition: int) -> Letter:
        """Return the letter to a recipient with the edition of that number."""
        return Letter(self._wire(edition), recipient, self.ensure_held)

    def _return_path(self, claimed: ClaimedDelivery) -> str:
        base, signer = self._context.return_path, self._context.signer
        if not base:
            return ""
        return return_path(base, signer, issue=self._send.issue, key=claimed.key, address=claimed.address)

    def _unsubscribe_mail(self, claimed: ClaimedDelivery) -> str:
        base, signer = self._context.unsubscribe_mail, self._context.signer
        return base and unsubscribe_address(base, signer, issue=self._send.issue, key=claimed.key)

    def _build_wire(self, number: int) -> Wire:
        return Wire(self._compiled.email(self._store.frozen.edition(self._send.id, number)), self._date)


def link_maker(context: SendContext, send: Send, *, naming: bool = False, votes: Sequence[str] = ()) -> LinkMaker:
    """Return the maker of readers' links, with the URL and secret that the send began with.

    Raise TokenError if that secret is missing.
    """
    base_url = send.base_url or context.base_url
    return context.signer.links(base_url, send.issue, key=send.signing_key, naming=naming, votes=votes)
