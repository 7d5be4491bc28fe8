"""Mailing a reader a link: to confirm their subscription, or their new address; and unsubscribing one who asked to."""

from datetime import datetime

from newsletter import bootstrap
from newsletter.domain.consent import SignUpChoices, UnsubscribeRequest
from newsletter.domain.people import Act, Person, require
from newsletter.domain.subscriber import Subscriber, SubscriberStatus, SuppressionReason
from newsletter.publishing.readers.readers import ReaderGoneError, note_change, refuse_erased
from newsletter.store import AddressSuppressedError, AddressTakenError, ReaderExistsError, Store
from newsletter.subscriptions import BY_STAFF, mail_address_change, mail_confirmation


def ask_to_confirm(
    store: Store, person: Person, address: str, *, now: datetime, choices: SignUpChoices | None = None
) -> None:
    """Mail an address a link that confirms the subscription: for the first time, or again.

    A confirmation lifts a bounce, but not a complaint or a person's decision. Raise ReaderExistsError if they are
    confirmed, AddressSuppressedError, ErasedReaderError, MailedRecentlyError and SettingsError.
    """
    require(person, Act.CHANGE_READERS)
    signer = bootstrap.open_signer()
    refuse_erased(store, address)
    reader = store.subscribers.get(address)
    suppression = store.suppressions.get(address)
    if suppression and suppression.reason is not SuppressionReason.BOUNCED:
        raise AddressSuppressedError(address=address, reason=suppression.reason)
    if reader and reader.status is SubscriberStatus.CONFIRMED and not suppression:
        raise ReaderExistsError(address=address, status=reader.status)
    mail_confirmation(store, signer, address, choices or _choices_of(reader), now=now)
    note_change(store, person, Act.CHANGE_READERS, reader, "confirmation mailed", now=now)


def ask_to_change_address(store: Store, person: Person, key: str, address: str, *, now: datetime) -> None:
    """Mail a link to a reader's new address; the reader has it once they follow the link.

    Raise ReaderGoneError, AddressTakenError, AddressSuppressedError, MailedRecentlyError and SettingsError.
    """
    require(person, Act.CHANGE_READERS)
    signer = bootstrap.open_signer()
    reader = known_reader(store, key)
    other = store.subscribers.get(address)
    if other is not None and other.id != reader.id:
        raise AddressTakenError("another reader has this address", hint="remove one of the two")
    if suppression := store.suppressions.get(address):
        raise AddressSuppressedError(address=address, reason=suppression.reason)
    mail_address_change(store, signer, reader, address, now=now)
    note_change(store, person, Act.CHANGE_READERS, reader, "new address to be confirmed", now=now)


def unsubscribe_reader(store: Store, person: Person, key: str, *, now: datetime) -> Subscriber:
    """Unsubscribe a reader who asked to. Only they can subscribe again. Raise ReaderGoneError."""
    require(person, Act.CHANGE_READERS)
    reader = known_reader(store, key)
    if store.self_service.unsubscribe([UnsubscribeRequest(key=key, how=BY_STAFF)], now):
        note_change(store, person, Act.CHANGE_READERS, reader, "unsubscribed", now=now)
    return reader


def known_reader(store: Store, key: str) -> Subscriber:
    """Return the reader with a key. Raise ReaderGoneError."""
    reader = store.subscribers.by_key(key)
    if reader is None:
        raise ReaderGoneError()
    return reader


def _choices_of(reader: Subscriber | None) -> SignUpChoices:
    if reader is None:
        return SignUpChoices()
    return SignUpChoices(
        first_name=reader.first_name,
        last_name=reader.last_name,
        topics=reader.topics,
        frequency=reader.frequency,
        language=reader.language,
    )
