"""What was frozen, ready for the wire."""

from functools import lru_cache

from newsletter.domain.delivery import Claimed, Send
from newsletter.message.link_tracking import READER
from newsletter.message.mime import Letter, Recipient, Wire
from newsletter.message.verp import return_path, unsubscribe_address
from newsletter.sending.context import Post
from newsletter.store import Lease, Store
from newsletter.tokens import Links


class Letters:
    """The letters of a send: an edition is made once, as long as its readers come. Raises TokenError."""

    def __init__(self, store: Store, post: Post, send: Send, lease: Lease) -> None:
        self._store, self._post, self._send = store, post, send
        self.ask = lease.ask
        self._compiled, self._date = store.frozen.content(send.id)
        self.sender = self._compiled.sender.address
        self.slots = self._compiled.email().slots  # the full issue has every part, so every slot
        self._links = links(post, send, naming=READER in self.slots)
        # Batches come by edition, so each thread is at one or two; a wire has the size of its message.
        self._wire = lru_cache(maxsize=2 * post.provider.concurrency)(self._made)

    def recipient(self, claimed: Claimed) -> Recipient:
        """Whom a letter goes to. Raises ValueError where the reader's key makes no links."""
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

    def to(self, recipient: Recipient, edition: int) -> Letter:
        """The letter to a reader of an edition, by its number."""
        return Letter(self._wire(edition), recipient, self.ask)

    def _return_path(self, claimed: Claimed) -> str:
        base, signer = self._post.return_path, self._post.signer
        if not base:
            return ""
        return return_path(base, signer, issue=self._send.issue, key=claimed.key, address=claimed.address)

    def _unsubscribe_mail(self, claimed: Claimed) -> str:
        base, signer = self._post.unsubscribe_mail, self._post.signer
        return base and unsubscribe_address(base, signer, issue=self._send.issue, key=claimed.key)

    def _made(self, number: int) -> Wire:
        return Wire(self._compiled.email(self._store.frozen.edition(self._send.id, number)), self._date)


def links(post: Post, send: Send, *, naming: bool = False) -> Links:
    """What makes the links of a send's readers, as it began. Raises TokenError where its secret is not there."""
    return post.signer.links(send.base_url or post.base_url, send.issue, key=send.signing_key, naming=naming)
