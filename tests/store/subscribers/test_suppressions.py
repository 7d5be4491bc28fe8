"""Addresses that are never mailed, in both databases."""

from newsletter.domain.subscriber import SuppressionReason
from newsletter.store import Store
from tests import make


def test_an_address_is_suppressed_once_for_the_first_reason(store: Store) -> None:
    assert not store.suppressions.has("ada@example.com")
    assert store.suppressions.add("Ada@Example.com", SuppressionReason.BOUNCED, now=make.WHEN)
    assert not store.suppressions.add("ada@example.com", SuppressionReason.MANUAL, now=make.WHEN)
    assert store.suppressions.has("ADA@example.com")
    assert [(suppression.address_key, suppression.reason) for suppression in store.suppressions.stream()] == [
        ("ada@example.com", SuppressionReason.BOUNCED)
    ]


def test_an_invalid_address_can_be_suppressed(store: Store) -> None:
    assert store.suppressions.add(" Not an address ", SuppressionReason.MANUAL, now=make.WHEN)
    assert store.suppressions.has("not an address")


def test_suppressions_are_listed_in_order(store: Store) -> None:
    for number in range(30, 10, -1):
        store.suppressions.add(f"r{number}@example.com", SuppressionReason.MANUAL, now=make.WHEN)
    assert [suppression.address_key for suppression in store.suppressions.stream()] == [
        f"r{number}@example.com" for number in range(11, 31)
    ]
