"""Changes of readers' addresses, in both databases."""

from dataclasses import replace

import pytest

from newsletter.domain.consent import (
    ConfirmationKind,
    ServiceKind,
)
from newsletter.domain.subscriber import Subscriber, SuppressionReason
from newsletter.store import AddressSuppressedError, AddressTakenError, Store
from tests.store.subscribers.confirmation_requests import NOW, SIGNER, request_confirmation


def test_a_reader_can_change_their_address(store: Store) -> None:
    reader = store.subscribers.add(Subscriber(address="ada@example.com", topics=("asia",)), now=NOW)
    store.subscribers.add(Subscriber(address="ben@example.com"), now=NOW)
    store.suppressions.add("gone@example.com", SuppressionReason.BOUNCED, now=NOW)
    moving = {"kind": ConfirmationKind.MOVE, "subscriber": reader.key}
    with pytest.raises(AddressTakenError):
        store.address_changes.change(
            request_confirmation(store, "Ben@example.com", "1" * 32, **moving), NOW, SIGNER.fingerprints
        )
    with pytest.raises(AddressSuppressedError, match="is suppressed"):
        store.address_changes.change(
            request_confirmation(store, "gone@example.com", "2" * 32, **moving), NOW, SIGNER.fingerprints
        )
    about = request_confirmation(store, "Ada@example.org", "3" * 32, **moving)
    for _ in range(2):
        after = store.address_changes.change(about, NOW, SIGNER.fingerprints)
        assert after == replace(reader, address="Ada@example.org")
    kinds = [message.kind for message in store.confirmations.next_messages(NOW, 10)]
    assert kinds.count(ServiceKind.MOVED) == 1
    assert store.subscribers.get("ADA@example.org") == after
