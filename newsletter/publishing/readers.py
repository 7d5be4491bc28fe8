"""What the publisher does to readers by hand; ``subscriptions`` has what readers do themselves."""

from datetime import datetime

from newsletter import bootstrap
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import StoreError
from newsletter.store import Store


class ErasedReaderError(StoreError):
    """A reader who had their data deleted, so that only they can sign up again."""

    code = "reader-erased"

    def __init__(self, *, address: str) -> None:
        self.address = address
        super().__init__(f"the owner of {address} had their data deleted", hint="only they can sign up again")


def add_reader(store: Store, reader: Subscriber, *, now: datetime) -> Subscriber:
    """Add a reader and return them as stored.

    Raise ErasedReaderError if they had their data deleted, SettingsError if the secret that would tell is missing, and
    StoreError if there is a reader with that address.
    """
    signer = bootstrap.signer_of_erasures(store)
    if signer and store.erasures.has(reader.address, signer.fingerprints):
        raise ErasedReaderError(address=reader.address)
    return store.subscribers.add(reader, now)
