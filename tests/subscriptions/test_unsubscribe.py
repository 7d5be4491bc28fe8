"""Unsubscribing, and undoing it."""

from datetime import timedelta

import pytest

from newsletter.domain.consent import UnsubscribeRequest
from newsletter.domain.subscriber import Subscriber, SubscriberStatus
from newsletter.errors import TokenError
from newsletter.store import Store
from newsletter.subscriptions import undo_ticket, undo_unsubscription, unsubscribe
from newsletter.tokens import ExpiredError, Signer
from tests import make

NOW = make.WHEN
ISSUE = "2026-11-23"
SIGNER = Signer(make.SECRET)


def status(store: Store, reader: Subscriber) -> SubscriberStatus:
    stored = store.subscribers.by_key(reader.key)
    assert stored is not None
    return stored.status


def test_each_reader_is_told_whether_anything_changed(store: Store) -> None:
    ada, ben = (store.subscribers.add(Subscriber(address=f"{name}@example.com"), now=NOW) for name in ("ada", "ben"))
    first = [UnsubscribeRequest(key=key, how="page", issue=ISSUE) for key in (ada.key, "f" * 32)]
    assert unsubscribe(store, first, NOW) == [True, False]
    both = [UnsubscribeRequest(key=reader.key, how="page", issue=ISSUE) for reader in (ada, ben)]
    assert unsubscribe(store, both, NOW) == [False, True]
    assert {status(store, reader) for reader in (ada, ben)} == {SubscriberStatus.UNSUBSCRIBED}


def test_undoing_takes_the_readers_own_ticket_within_an_hour(store: Store) -> None:
    ada, ben = (store.subscribers.add(Subscriber(address=f"{name}@example.com"), now=NOW) for name in ("ada", "ben"))
    unsubscribe(store, [UnsubscribeRequest(key=reader.key, how="page", issue=ISSUE) for reader in (ada, ben)], NOW)
    ticket = undo_ticket(SIGNER, ada.key, NOW)
    with pytest.raises(TokenError, match="another reader"):
        undo_unsubscription(store, SIGNER, ben.key, ticket, issue=ISSUE, now=NOW)
    with pytest.raises(ExpiredError):
        undo_unsubscription(store, SIGNER, ada.key, ticket, issue=ISSUE, now=NOW + timedelta(hours=1, seconds=1))
    assert undo_unsubscription(store, SIGNER, ada.key, ticket, issue=ISSUE, now=NOW + timedelta(minutes=59))
    assert status(store, ada) is SubscriberStatus.CONFIRMED
    assert status(store, ben) is SubscriberStatus.UNSUBSCRIBED
    assert not undo_unsubscription(store, SIGNER, ada.key, ticket, issue=ISSUE, now=NOW + timedelta(minutes=59))
