"""Erase a reader everywhere: their rows, messages that the outbox keeps, and what SQLite's log has of them."""

from newsletter.domain.addresses import address_key
from newsletter.domain.subscriber import Subscriber
from newsletter.providers import KeepsMessages
from newsletter.store import Store
from newsletter.tokens import Signer

_PATIENCE = 2.0  # seconds that a reader waits while somebody else reads the database


def erase(store: Store, signer: Signer, kept: KeepsMessages | None, reader: Subscriber) -> bool:
    """Erase a reader and keep keyed hashes of their addresses; return whether there was one.

    If others are in the way, SQLite's log still has them, and ``Store.unscrubbed`` says so. Raises StoreError,
    ProviderError.
    """
    hashes = {hashed for _, hashed in store.readers.hashes(reader, signer.fingerprints)}

    def is_theirs(address: str) -> bool:
        return any(hashed in hashes for _, hashed in signer.fingerprints(address_key(address)))

    if kept:
        kept.forget(reader.key, is_theirs)
    erased = store.readers.erase(reader.key, signer.fingerprints)
    if kept:
        kept.forget(reader.key, is_theirs)  # what was handed over meanwhile
    store.scrub(_PATIENCE)
    return erased
