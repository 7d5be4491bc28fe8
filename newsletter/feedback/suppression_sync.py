"""Synchronisation of suppressions with a provider's own list."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from newsletter.domain.addresses import address_key
from newsletter.domain.subscriber import SuppressionReason
from newsletter.providers import SuppressionList
from newsletter.store import Store
from newsletter.tokens import Signer

_SHARED = (SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED)


def pull(store: Store, of_provider: SuppressionList, signer: Signer | None) -> tuple[int, int]:
    """Suppress the addresses on the provider's list. Return how many are listed, and how many were new.

    ``signer`` recognises addresses that were erased on request, which are not stored. Raise ProviderError; addresses
    read before that stay suppressed.
    """
    listed = 0

    def counted() -> Iterator[tuple[str, SuppressionReason, datetime]]:
        nonlocal listed
        for entry in of_provider.entries():
            listed += 1
            yield entry

    new = store.suppressions.merge(counted(), fingerprints=signer.fingerprints if signer else None)
    return listed, new


def push(store: Store, of_provider: SuppressionList, *, tell: Callable[[int, int], object] = lambda *_: None) -> int:
    """Add bounced and complaining addresses to the provider's list if they are missing there; return their number.

    Manual suppressions are not shared, since providers have no such reason. ``tell`` is called with the number done and
    the total. Raise ProviderError; running it again continues.
    """
    there = {address_key(address) for address, *_ in of_provider.entries()}
    missing = list(_missing(store, there))
    for done, (address, reason) in enumerate(missing, 1):
        of_provider.add(address, reason)
        tell(done, len(missing))
    return len(missing)


def _missing(store: Store, there: Iterable[str]) -> Iterator[tuple[str, SuppressionReason]]:
    known = frozenset(there)
    for suppression in store.suppressions.each():
        if suppression.reason in _SHARED and suppression.address_key not in known:
            yield suppression.address_key, suppression.reason
