"""Erase a reader: in the database, in SQLite's write-ahead log, and in the messages that the outbox keeps.

Other files with an address, such as exports, are found by ``leftover_files``.
"""

from datetime import datetime

from newsletter.domain.addresses import address_key
from newsletter.domain.subscriber import Subscriber
from newsletter.providers import KeptMessages
from newsletter.store import Store
from newsletter.tokens import Signer

_PATIENCE = 2.0  # seconds to wait for other connections that read the database


def erase(store: Store, signer: Signer, kept: KeptMessages | None, reader: Subscriber, now: datetime) -> bool:
    """Erase a reader, keeping keyed hashes of the addresses they have and had; return whether the reader existed.

    Wait up to two seconds for other connections that read the database. If one still does, SQLite's log has the
    addresses until ``Store.scrub`` returns true; ``Store.unscrubbed`` is true until then. ``kept`` holds the messages
    that were sent, None if the provider keeps none. Raise StoreError and ProviderError.
    """
    hashes = {hashed for _, hashed in store.erasures.hashes_of(reader, signer.fingerprints)}

    def is_theirs(address: str) -> bool:
        return any(hashed in hashes for _, hashed in signer.fingerprints(address_key(address)))

    if kept:
        kept.forget(reader.key, is_theirs)
    erased = store.self_service.erase(reader.key, now, signer.fingerprints)
    if kept:
        kept.forget(reader.key, is_theirs)  # messages that were submitted in the meantime
    store.scrub(_PATIENCE)
    return erased
