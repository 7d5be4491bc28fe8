"""Adding, removing and erasing readers by hand; ``subscriptions`` has what readers do themselves.

The audit log names a reader by their key, so that it has nothing to erase.
"""

from dataclasses import dataclass
from datetime import datetime

from newsletter import bootstrap
from newsletter.domain.consent import Consent
from newsletter.domain.people import Act, Person, require
from newsletter.domain.subscriber import Subscriber, SuppressionReason
from newsletter.errors import NotFoundError, StoreError
from newsletter.settings import Settings
from newsletter.store import Store
from newsletter.subscriptions import Leftover, erase, files_with


class ErasedReaderError(StoreError):
    """A reader who had their data deleted, so that only they can sign up again."""

    code = "reader-erased"

    def __init__(self, *, address: str) -> None:
        self.address = address
        super().__init__(f"the owner of {address} had their data deleted", hint="only they can sign up again")


class UnknownReaderError(StoreError):
    """An address that no reader has."""

    code = "reader-unknown"

    def __init__(self, *, address: str) -> None:
        self.address = address
        super().__init__(f"{address} is not a subscriber")


class ReaderGoneError(NotFoundError):
    """A key that no reader has any longer: they have been removed."""

    code = "reader-gone"

    def __init__(self) -> None:
        super().__init__("this reader no longer exists", hint="look for them by their address")


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """A reader's removal, and what is left of their address.

    ``was_reader`` is false if only a suppression was added. ``log_is_clean`` is false if another process reads the
    database, so that its log still has the address. ``leftovers`` are files that have it, or can't be searched.
    """

    address: str
    was_reader: bool
    log_is_clean: bool
    leftovers: tuple[Leftover, ...]


def add_reader(
    store: Store, person: Person, reader: Subscriber, *, now: datetime, consent: Consent | None = None
) -> Subscriber:
    """Add a reader, with the record of their consent if there is one, and return them as stored.

    Raise ErasedReaderError if they had their data deleted, SettingsError if the secret that would tell is missing, and
    ReaderExistsError or AddressSuppressedError if the address has a reader or is suppressed.
    """
    require(person, Act.CHANGE_READERS)
    refuse_erased(store, reader.address)
    added = store.subscribers.add(reader, now, [consent] if consent else [])
    note_change(store, person, Act.CHANGE_READERS, added, "added", now=now)
    return added


def refuse_erased(store: Store, address: str) -> None:
    """Raise ErasedReaderError if an address's owner had their data deleted, SettingsError if a secret is missing."""
    signer = bootstrap.signer_of_erasures(store)
    if signer and store.erasures.has(address, signer.fingerprints):
        raise ErasedReaderError(address=address)


def note_change(
    store: Store, person: Person, act: Act, reader: Subscriber | None, what: str, *, now: datetime, **detail: object
) -> None:
    """Note in the audit log what a person did to a reader, or to an address that no reader has."""
    thing = f"reader {reader.key}" if reader else "an address that no reader has"
    store.audit.add(person, act, thing, now=now, detail={"what": what, **detail})


def remove_reader(
    settings: Settings, store: Store, person: Person, address: str, *, now: datetime, suppress: bool = False
) -> Removal:
    """Remove a reader and everything known about them; with ``suppress``, also never mail the address again.

    A later import can bring a reader back who isn't suppressed. Raise UnknownReaderError if that changes nothing.
    """
    require(person, Act.ERASE_READERS)
    reader = store.subscribers.get(address)
    is_newly_suppressed = suppress and store.suppressions.add(address, SuppressionReason.MANUAL, now)
    was_reader = store.subscribers.remove(address)
    if not (was_reader or is_newly_suppressed):
        raise UnknownReaderError(address=address)
    note_change(store, person, Act.ERASE_READERS, reader, "removed", now=now, suppressed=suppress)
    if not was_reader:
        return Removal(address=address, was_reader=False, log_is_clean=True, leftovers=())
    return _removal(settings, store, address)


def erase_reader(settings: Settings, store: Store, person: Person, address: str, *, now: datetime) -> Removal:
    """Delete a reader's data, keeping only keyed hashes of their addresses, so that only they can sign up again.

    Raise UnknownReaderError if no reader has the address, SettingsError if the secret for the hashes is missing, and
    ProviderError if the outbox's messages can't be deleted.
    """
    require(person, Act.ERASE_READERS)
    signer = bootstrap.open_signer()
    reader = store.subscribers.get(address)
    if reader is None:
        raise UnknownReaderError(address=address)
    erase(store, signer, bootstrap.open_kept_messages(settings), reader, now)
    note_change(store, person, Act.ERASE_READERS, reader, "erased", now=now)
    return _removal(settings, store, reader.address)


def _removal(settings: Settings, store: Store, address: str) -> Removal:
    return Removal(
        address=address,
        was_reader=True,
        log_is_clean=store.scrub(),
        leftovers=tuple(files_with(address, bootstrap.searched_files(settings))),
    )
