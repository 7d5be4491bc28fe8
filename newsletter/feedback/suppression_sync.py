"""Share suppressions with a provider's own list: copy them from it and to it, and remove one from both."""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime

from newsletter.domain.addresses import address_key
from newsletter.domain.subscriber import SuppressionReason
from newsletter.errors import StoreError
from newsletter.providers import SuppressionList
from newsletter.store import Store
from newsletter.tokens import Signer

_SHARED = (SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED)


class NotSuppressedError(StoreError):
    """A request to lift the suppression of an address that isn't suppressed."""

    code = "suppression-missing"

    def __init__(self, *, address: str) -> None:
        self.address = address
        super().__init__(f"{address} is not suppressed")


def remove_suppression(store: Store, address: str, *, of_provider: SuppressionList | None = None) -> None:
    """Allow an address to be mailed again: here and, if given, on the provider's list.

    Raise NotSuppressedError if neither has it, ProviderError or StoreError; then running it again completes the change.
    """
    was_listed = of_provider is not None and of_provider.remove(address)
    if not (store.suppressions.remove(address) or was_listed):
        raise NotSuppressedError(address=address)


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
