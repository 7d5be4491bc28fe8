"""Erase a reader everywhere: in the database, in messages that the outbox keeps, and in SQLite's write-ahead log."""

from datetime import datetime

from newsletter.domain.addresses import address_key
from newsletter.domain.subscriber import Subscriber
from newsletter.providers import KeepsMessages
from newsletter.store import Store
from newsletter.tokens import Signer

_PATIENCE = 2.0  # seconds to wait for other connections that read the database


def erase(store: Store, signer: Signer, kept: KeepsMessages | None, reader: Subscriber, now: datetime) -> bool:
    """Erase a reader, keep keyed hashes of their addresses, and return whether the reader existed.

    If another connection reads the database, SQLite's log still has the addresses and ``Store.unscrubbed`` is true.
    Raises StoreError, ProviderError.
    """
    hashes = {hashed for _, hashed in store.readers.hashes(reader, signer.fingerprints)}

    def is_theirs(address: str) -> bool:
        return any(hashed in hashes for _, hashed in signer.fingerprints(address_key(address)))

    if kept:
        kept.forget(reader.key, is_theirs)
    erased = store.readers.erase(reader.key, now, signer.fingerprints)
    if kept:
        kept.forget(reader.key, is_theirs)  # messages that were submitted in the meantime
    store.scrub(_PATIENCE)
    return erased
