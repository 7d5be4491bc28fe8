"""Suppressions and held bounces, as an operator changes them."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from newsletter.domain.events import Bounce, Event, EventKind
from newsletter.domain.subscriber import SuppressionReason
from newsletter.feedback import apply_held_bounces, discard_held_bounces, remove_suppression
from newsletter.feedback.held_bounces import NoHeldBouncesError
from newsletter.feedback.suppression_sync import NotSuppressedError
from newsletter.store import Store, open_store
from tests.databases import new_sqlite
from tests.make import WHEN

ADA = "ada@example.com"


class ListOfProvider:
    """A provider's suppression list in memory."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = set(addresses)

    def entries(self) -> Iterator[tuple[str, SuppressionReason, datetime]]:
        """Yield each address as bounced."""
        for address in sorted(self.addresses):
            yield address, SuppressionReason.BOUNCED, WHEN

    def add(self, address: str, reason: SuppressionReason) -> None:
        """Add an address."""
        self.addresses.add(address)

    def remove(self, address: str) -> bool:
        """Remove an address and return whether it was listed."""
        was_listed = address in self.addresses
        self.addresses.discard(address)
        return was_listed


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    with open_store(new_sqlite(tmp_path / "newsletter.db")) as opened:
        yield opened


def test_a_suppression_is_removed_here_and_at_the_provider(store: Store) -> None:
    store.suppressions.add(ADA, SuppressionReason.MANUAL, WHEN)
    listed = ListOfProvider(ADA)
    remove_suppression(store, ADA)
    assert (store.suppressions.has(ADA), listed.addresses) == (False, {ADA})
    remove_suppression(store, ADA, of_provider=listed)  # it is enough that the provider has it
    assert listed.addresses == set()
    with pytest.raises(NotSuppressedError) as refused:
        remove_suppression(store, ADA, of_provider=listed)
    assert refused.value.fields == {"address": ADA}


def test_a_decision_about_held_bounces_needs_some(store: Store) -> None:
    bounce = Event(key="k", provider="ses", kind=EventKind.BOUNCED, bounce=Bounce.PERMANENT, at=WHEN, address=ADA)
    store.events.record([bounce], soft_bounces=3, now=WHEN)  # a single bounce suppresses and isn't held
    for decide in (apply_held_bounces, discard_held_bounces):
        with pytest.raises(NoHeldBouncesError, match=r"^no bounces are held$"):
            decide(store)
        with pytest.raises(NoHeldBouncesError, match=r"^no bounces at example\.com are held$") as refused:
            decide(store, "example.com")
        assert refused.value.fields == {"domain": "example.com"}
    assert store.suppressions.has(ADA)
