"""Readers' own actions, in both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.domain.consent import (
    ConfirmationKind,
    Consent,
    ConsentEvent,
    SignUpChoices,
    UnsubscribeRequest,
)
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Frequency, Subscriber, SubscriberStatus, SuppressionReason
from newsletter.store import ImportedDetails, MissingSignUpError, Store
from tests import ledger, make
from tests.store.subscribers.confirmation_requests import CHOICES, HOUR, NOW, SIGNER, request_confirmation


def test_a_confirmed_sign_up_adds_a_reader_with_consents(store: Store) -> None:
    about = request_confirmation(store)
    reader = store.self_service.confirm(about, about.choices, NOW + HOUR)
    assert (reader.address, reader.topics, reader.frequency) == ("Ada@example.com", ("asia", "nato"), Frequency.WEEKLY)
    assert store.self_service.confirm(about, SignUpChoices(), NOW + 2 * HOUR) == reader
    first, second = store.self_service.consents(reader.id)
    assert (first.event, first.at, first.how, first.wording) == (ConsentEvent.ASKED, NOW, "form", "Yes.")
    assert (second.event, second.at) == (ConsentEvent.CONFIRMED, NOW + HOUR)
    store.subscribers.remove("ada@example.com")
    with pytest.raises(MissingSignUpError, match="no longer exists"):
        store.self_service.confirm(about, about.choices, NOW)
    assert list(store.subscribers.stream()) == []


def test_signing_up_again_keeps_unstated_values(store: Store) -> None:
    store.subscribers.add(
        Subscriber(
            address="ada@example.com",
            last_name="Lovelace",
            excludes=("asia", "sport"),
            status=SubscriberStatus.UNSUBSCRIBED,
            attributes={"city": "Köln"},
        ),
        now=NOW,
    )
    about = request_confirmation(store)
    reader = store.self_service.confirm(about, about.choices, NOW)
    assert (reader.status, reader.first_name, reader.last_name) == (SubscriberStatus.CONFIRMED, "Ada", "Lovelace")
    assert (reader.topics, reader.excludes, reader.attributes) == (("asia", "nato"), ("sport",), {"city": "Köln"})


def test_a_reader_can_leave_and_return(store: Store) -> None:
    reader = store.subscribers.add(Subscriber(address="ada@example.com"), now=NOW)
    assert store.self_service.unsubscribe(
        [UnsubscribeRequest(key=reader.key, how="one click", issue="2026-11-23")], NOW
    )
    assert not store.self_service.unsubscribe(
        [UnsubscribeRequest(key=reader.key, how="one click", issue="2026-11-23")], NOW
    )
    assert store.sends.count_audience([EVERYONE], now=NOW).recipients == 0
    assert not store.self_service.undo_unsubscribe(reader.key, NOW + 2 * HOUR, within=HOUR, issue="2026-11-23")
    assert store.self_service.undo_unsubscribe(reader.key, NOW + HOUR, within=HOUR, issue="2026-11-23")
    assert not store.self_service.undo_unsubscribe(reader.key, NOW + HOUR, within=HOUR, issue="2026-11-23")
    assert store.sends.count_audience([EVERYONE], now=NOW).recipients == 1
    assert [consent.event for consent in store.self_service.consents(reader.id)] == ["unsubscribed", "returned"]


def test_erasing_keeps_a_hash_that_blocks_imports(store: Store) -> None:
    reader = store.subscribers.add(Subscriber(address="Ada@example.com", topics=("asia",)), now=NOW)
    store.self_service.unsubscribe([UnsubscribeRequest(key=reader.key, how="page", issue="2026-11-23")], NOW)
    store.suppressions.add("ada@example.com", SuppressionReason.COMPLAINED, now=NOW)
    request_confirmation(store, "ada@example.com", "1" * 32)
    request_confirmation(store, "ada@example.org", "2" * 32, kind=ConfirmationKind.MOVE, subscriber=reader.key)
    assert store.self_service.erase(reader.key, NOW, SIGNER.fingerprints)
    assert not store.self_service.erase(reader.key, NOW, SIGNER.fingerprints)
    assert store.subscribers.get("ada@example.com") is None
    assert not store.suppressions.has("ada@example.com")
    assert store.confirmations.next_messages(NOW, 10) == []
    assert store.confirmations.get("1" * 32) is store.confirmations.get("2" * 32) is None
    assert store.self_service.consents(reader.id) == []
    assert store.erasures.has("ada@example.com", SIGNER.fingerprints)
    assert store.erasures.key_ids() == {SIGNER.key}
    batch = [Subscriber(address="ADA@example.com"), Subscriber(address="ben@example.com")]
    done = (Consent(at=NOW, event=ConsentEvent.ASKED),)
    in_file = {"ada@example.com": ImportedDetails(suppressed=SuppressionReason.BOUNCED, consents=done)}
    counts = store.subscribers.merge([batch], details=in_file, fingerprints=SIGNER.fingerprints, now=NOW)
    assert (counts.added, counts.kept_away) == (1, 1)
    assert not store.suppressions.has("ada@example.com")
    about = request_confirmation(store, "ada@example.com", "4" * 32)
    store.self_service.confirm(about, CHOICES, NOW, fingerprints=SIGNER.fingerprints("ada@example.com"))
    assert not store.erasures.has("ada@example.com", SIGNER.fingerprints)


def test_a_removed_or_erased_reader_leaves_no_address_in_the_ledger(store: Store) -> None:
    _, ben = (store.subscribers.add(Subscriber(address=f"{name}@example.com"), now=NOW) for name in ("ada", "ben"))
    send = store.sends.freeze(
        compiled=make.compiled(), tailor=make.tailor(), date=NOW, segments=[EVERYONE], provider="outbox", now=NOW
    )
    batch = ledger.claim(store, send.id, size=10, now=int(NOW.timestamp()))
    refused = [
        Receipt(
            subscriber=delivery.subscriber, status=DeliveryStatus.REFUSED, detail=f"550 <{delivery.address}> unknown"
        )
        for delivery in batch
    ]
    ledger.record(store, send.id, refused, batch=batch)
    request_confirmation(store, "ada@example.com", "1" * 32)
    request_confirmation(store, "ben@example.com", "2" * 32)
    assert store.subscribers.remove("ada@example.com")
    assert store.self_service.erase(ben.key, NOW, SIGNER.fingerprints)
    assert sorted(store.deliveries.stream(send.id)) == [("", DeliveryStatus.REFUSED, "")] * 2
    assert store.confirmations.get("1" * 32) is store.confirmations.get("2" * 32) is None
    assert store.confirmations.next_messages(NOW, 10) == []


def test_a_pause_ends_by_itself(store: Store) -> None:
    reader = store.subscribers.add(Subscriber(address="ada@example.com"), now=NOW)
    far = NOW + timedelta(days=365 * 200)
    assert store.self_service.save_preferences(reader.key, replace(reader, paused_until=far), NOW) == replace(
        reader, paused_until=far
    )
    assert store.sends.count_audience([EVERYONE], now=NOW).recipients == 0
    assert store.subscribers.counts([EVERYONE], now=NOW) == {"everyone": 0}
    past = NOW - timedelta(days=365 * 20)
    store.self_service.save_preferences(reader.key, replace(reader, paused_until=past), NOW)
    assert store.sends.count_audience([EVERYONE], now=NOW).recipients == 1
    assert store.self_service.save_preferences("f" * 32, reader, NOW) is None


def test_a_reader_who_pauses_after_the_freeze_is_skipped(store: Store) -> None:
    ada, ben = (store.subscribers.add(Subscriber(address=f"{name}@example.com"), now=NOW) for name in ("ada", "ben"))
    send = store.sends.freeze(
        compiled=make.compiled(), tailor=make.tailor(), date=NOW, segments=[EVERYONE], provider="outbox", now=NOW
    )
    store.self_service.save_preferences(ada.key, replace(ada, paused_until=NOW + HOUR), NOW)
    claimed = ledger.claim(store, send.id, size=10, now=int(NOW.timestamp()))
    assert [delivery.subscriber for delivery in claimed] == [ben.id]
    ((issue, status, why),) = store.self_service.deliveries_of(ada.id)
    assert (issue, status, "paused" in why) == ("2026-11-23", "skipped", True)
