"""The readers and requests behind the links in mail."""

from datetime import timedelta

import pytest

from newsletter.domain.consent import Confirmation, ConfirmationKind, ServiceKind, ServiceMessage
from newsletter.domain.consent import MailRequest as Request
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import TokenError
from newsletter.store import Store
from newsletter.subscriptions import PersonalLinks, change_address
from newsletter.tokens import ExpiredError, Purpose, Signer, TicketPurpose
from tests import make

NOW = make.WHEN
SIGNER = Signer(make.SECRET)


@pytest.fixture
def links(store: Store) -> PersonalLinks:
    return PersonalLinks(store, SIGNER)


def requested(store: Store, kind: ConfirmationKind, *, subscriber: str = "") -> Confirmation:
    """A sign-up or address change for new@example.com that waits for its confirmation."""
    confirmation = Confirmation(
        key="5" * 32, kind=kind, address="new@example.com", requested=NOW, how="form", subscriber=subscriber
    )
    message = ServiceMessage(kind=ServiceKind.CONFIRM, address=confirmation.address, created=NOW, about="5" * 32)
    assert store.confirmations.request([Request(message=message, limits=(), about=confirmation)]) == [None]
    return confirmation


def test_a_message_link_opens_its_reader_until_they_are_gone(store: Store, links: PersonalLinks) -> None:
    reader = store.subscribers.add(Subscriber(address="ada@example.com"), now=NOW)
    token = SIGNER.sign(Purpose.PREFERENCES, "2026-11-23", reader.key)
    assert links.reader_of_message(Purpose.PREFERENCES, "2026-11-23", token) == reader
    with pytest.raises(TokenError):
        links.reader_of_message(Purpose.UNSUBSCRIBE, "2026-11-23", token)
    store.subscribers.remove(reader.address)
    assert links.reader_of_message(Purpose.PREFERENCES, "2026-11-23", token) is None


def test_a_visit_lasts_for_a_day_and_ends_when_the_address_changes(store: Store, links: PersonalLinks) -> None:
    reader = store.subscribers.add(Subscriber(address="ada@example.com"), now=NOW)
    ticket = SIGNER.ticket(TicketPurpose.VISIT, reader.key, NOW)
    assert links.visitor(ticket, NOW + timedelta(hours=24)) == reader
    with pytest.raises(ExpiredError):
        links.visitor(ticket, NOW + timedelta(hours=24, seconds=1))
    move = requested(store, ConfirmationKind.MOVE, subscriber=reader.key)
    assert change_address(store, SIGNER, move, NOW + timedelta(hours=1)) is not None
    with pytest.raises(ExpiredError):
        links.visitor(ticket, NOW + timedelta(hours=2))
    later = SIGNER.ticket(TicketPurpose.VISIT, reader.key, NOW + timedelta(hours=2))
    visitor = links.visitor(later, NOW + timedelta(hours=2))
    assert visitor is not None
    assert visitor.address == "new@example.com"


def test_each_link_confirms_its_own_kind_of_request_only(store: Store, links: PersonalLinks) -> None:
    confirmation = requested(store, ConfirmationKind.SIGN_UP)
    ticket = SIGNER.ticket(TicketPurpose.CONFIRM, confirmation.key, NOW)
    assert links.sign_up(ticket, NOW) == confirmation
    for redeem in (links.address_change, links.undo):
        with pytest.raises(TokenError, match="not one of ours"):
            redeem(ticket, NOW)
    for errand, redeem in ((TicketPurpose.MOVE, links.address_change), (TicketPurpose.UNDO_MOVE, links.undo)):
        with pytest.raises(TokenError, match="this address change no longer exists"):
            redeem(SIGNER.ticket(errand, confirmation.key, NOW), NOW)
    with pytest.raises(TokenError, match="this sign-up no longer exists"):
        links.sign_up(SIGNER.ticket(TicketPurpose.CONFIRM, "6" * 32, NOW), NOW)


def test_an_expired_sign_up_can_be_mailed_again_until_it_is_confirmed(store: Store, links: PersonalLinks) -> None:
    confirmation = requested(store, ConfirmationKind.SIGN_UP)
    ticket, late = SIGNER.ticket(TicketPurpose.CONFIRM, confirmation.key, NOW), NOW + timedelta(days=4)
    with pytest.raises(ExpiredError):
        links.sign_up(ticket, late)
    assert links.expired_sign_up(ticket, late) == confirmation
    store.self_service.confirm(confirmation, confirmation.choices, NOW)
    assert links.expired_sign_up(ticket, late) is None


def test_a_sign_up_does_not_change_an_address(store: Store) -> None:
    with pytest.raises(ValueError, match="doesn't change an address"):
        change_address(store, SIGNER, requested(store, ConfirmationKind.SIGN_UP), NOW)
