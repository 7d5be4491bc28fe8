"""Suppressions, shared with a provider's own list."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from newsletter.domain.addresses import address_key
from newsletter.domain.subscriber import SuppressionReason
from newsletter.providers import SuppressionList
from newsletter.store import Store
from newsletter.tokens import Signer

_SHARED = (SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED)


def pull(store: Store, of_provider: SuppressionList, signer: Signer | None) -> tuple[int, int]:
    """Suppress here what the provider has on its list: how many those are, and how many are new.

    ``signer`` tells who was erased at their wish; of them nothing is kept. Raises ProviderError, and what was read
    before stays.
    """
    found = 0

    def counted() -> Iterator[tuple[str, SuppressionReason, datetime]]:
        nonlocal found
        for one in of_provider.each():
            found += 1
            yield one

    new = store.suppressions.merge(counted(), fingerprints=signer.fingerprints if signer else None)
    return found, new


def push(store: Store, of_provider: SuppressionList, *, tell: Callable[[int, int], object] = lambda *_: None) -> int:
    """Put on the provider's list what bounced or was complained of and is not there yet; how many were put.

    What an operator suppressed by hand stays here: no provider asks for it. ``tell`` is given what is done, and the
    whole. Raises ProviderError; doing it again goes on.
    """
    there = {address_key(address) for address, *_ in of_provider.each()}
    missing = list(_missing(store, there))
    for done, (address, reason) in enumerate(missing, 1):
        of_provider.add(address, reason)
        tell(done, len(missing))
    return len(missing)


def _missing(store: Store, there: Iterable[str]) -> Iterator[tuple[str, SuppressionReason]]:
    known = frozenset(there)
    for one in store.suppressions.each():
        if one.reason in _SHARED and one.address_key not in known:
            yield one.address_key, one.reason
