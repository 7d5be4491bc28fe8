"""Suppressing an address, and allowing it to be mailed again, by hand."""

from datetime import datetime

from newsletter.domain.people import Act, Person, require
from newsletter.domain.subscriber import SuppressionReason
from newsletter.feedback import remove_suppression
from newsletter.providers import SuppressionList
from newsletter.publishing.readers.readers import note_change
from newsletter.store import Store


def suppress_address(
    store: Store, person: Person, address: str, *, now: datetime, reason: SuppressionReason = SuppressionReason.MANUAL
) -> bool:
    """Suppress an address, whether a reader has it or not, and return whether that is new."""
    require(person, Act.CHANGE_READERS)
    is_new = store.suppressions.add(address, reason, now)
    if is_new:
        reader = store.subscribers.get(address)
        note_change(store, person, Act.CHANGE_READERS, reader, "suppressed", now=now, reason=reason.value)
    return is_new


def lift_suppression(
    store: Store, person: Person, address: str, *, now: datetime, of_provider: SuppressionList | None = None
) -> None:
    """Allow an address to be mailed again, and remove it from the provider's own list, if that is given.

    Raise NotSuppressedError if the address isn't suppressed, and ProviderError.
    """
    require(person, Act.CHANGE_READERS)
    remove_suppression(store, address, of_provider=of_provider)
    everywhere = of_provider is not None
    reader = store.subscribers.get(address)
    note_change(store, person, Act.CHANGE_READERS, reader, "suppression lifted", now=now, everywhere=everywhere)
