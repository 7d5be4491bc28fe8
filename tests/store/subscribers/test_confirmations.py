"""Pending confirmations and the queue of service mail, in both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from newsletter.domain.consent import (
    MailRequest,
    RequestLimit,
    ServiceKind,
    ServiceMessage,
)
from newsletter.store import Store
from tests.store.subscribers.confirmation_requests import HOUR, NOW, request_confirmation


def test_a_confirmation_is_read_back_unchanged(store: Store) -> None:
    about = request_confirmation(store)
    assert store.confirmations.get(about.key) == about
    assert store.confirmations.get("b" * 32) is None


def test_simultaneous_requests_send_one_message(store: Store) -> None:
    limits = (
        RequestLimit(subject="address", times=1, hours=24, quiet=True),
        RequestLimit(subject="client", times=1000, hours=1),
    )

    def ask(number: int) -> bool:
        message = ServiceMessage(kind=ServiceKind.VISIT, address="ada@example.com", created=NOW)
        return store.confirmations.request([MailRequest(message=message, limits=limits)]) == [None]

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(ask, range(60))) == 1
    assert len(store.confirmations.next_messages(NOW, 100)) == 1


def test_a_message_is_taken_once_until_deferred_or_done(store: Store) -> None:
    request_confirmation(store)
    assert store.confirmations.has_due(NOW)
    (message,) = store.confirmations.next_messages(NOW, 10)
    assert message.attempts == 1
    assert store.confirmations.next_messages(NOW, 10) == []
    store.confirmations.record_attempts([(message, NOW + HOUR)])
    assert not store.confirmations.has_due(NOW + HOUR / 2)
    (again,) = store.confirmations.next_messages(NOW + HOUR, 10)
    assert again == replace(message, attempts=2)
    store.confirmations.record_attempts([(again, None)])
    assert store.confirmations.next_messages(NOW + 2 * HOUR, 10) == []


def test_unconfirmed_sign_ups_are_deleted_after_a_month(store: Store) -> None:
    about = request_confirmation(store)
    store.confirmations.tidy(NOW + timedelta(days=29))
    assert store.confirmations.get(about.key)
    store.confirmations.tidy(NOW + timedelta(days=31))
    assert store.confirmations.get(about.key) is None
