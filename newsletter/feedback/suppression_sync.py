"""Copy suppressions from a provider's own list, and to it."""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime

from newsletter.domain.addresses import address_key
from newsletter.domain.subscriber import SuppressionReason
from newsletter.providers import SuppressionList
from newsletter.store import Store
from newsletter.tokens import Signer

_SHARED = (SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED)


def pull_suppressions(store: Store, of_provider: SuppressionList, signer: Signer | None) -> tuple[int, int]:
    """Suppress the addresses on the provider's list. Return the number of listed addresses and that of new ones.

    ``signer`` recognises addresses that were erased on request, which are not stored. Raise ProviderError or
    StoreError; addresses stored before that stay suppressed, and running it again completes the copy.
    """
    listed = 0

    def counted_entries() -> Iterator[tuple[str, SuppressionReason, datetime]]:
        nonlocal listed
        for entry in of_provider.entries():
            listed += 1
            yield entry

    new = store.suppressions.merge(counted_entries(), fingerprints=signer.fingerprints if signer else None)
    return listed, new


def push_suppressions(
    store: Store, of_provider: SuppressionList, *, progress: Callable[[int, int], object] = lambda *_: None
) -> int:
    """Add bounced and complaining addresses to the provider's list if they are missing there; return their number.

    Manual suppressions are not shared, since providers have no such reason. ``progress`` is called with the number of
    added addresses and the total. Raise ProviderError or StoreError; running it again continues.
    """
    listed = {address_key(address) for address, *_ in of_provider.entries()}
    missing = list(_missing(store, listed))
    for done, (address, reason) in enumerate(missing, 1):
        of_provider.add(address, reason)
        progress(done, len(missing))
    return len(missing)


def _missing(store: Store, listed: AbstractSet[str]) -> Iterator[tuple[str, SuppressionReason]]:
    for suppression in store.suppressions.stream():
        if suppression.reason in _SHARED and suppression.address_key not in listed:
            yield suppression.address_key, suppression.reason
