"""An operator's decision about held bounces: suppress their addresses, or discard the bounces."""

from newsletter.domain.addresses import address_key
from newsletter.errors import StoreError
from newsletter.store import Store


class NoHeldBouncesError(StoreError):
    """A decision about held bounces when none are held, or none at the ``domain``."""

    code = "bounces-not-held"

    def __init__(self, *, domain: str) -> None:
        self.domain = domain
        super().__init__(f"no bounces{f' at {domain}' if domain else ''} are held")


def apply_held_bounces(store: Store, domain: str = "") -> int:
    """Suppress the addresses of held bounces and return their number.

    With a ``domain``, or an address at it, only its bounces count. Raise NoHeldBouncesError if there are none.
    """
    return _at_least_one(store.held_bounces.apply(_host(domain)), domain)


def discard_held_bounces(store: Store, domain: str = "") -> int:
    """Delete held bounces and return their number; their addresses will be mailed again.

    With a ``domain``, or an address at it, only its bounces count. Raise NoHeldBouncesError if there are none.
    """
    return _at_least_one(store.held_bounces.discard(_host(domain)), domain)


def _at_least_one(number: int, domain: str) -> int:
    if not number:
        raise NoHeldBouncesError(domain=domain)
    return number


def _host(domain: str) -> str:
    """Return a domain as the keys of addresses have it; empty for all domains."""
    return address_key(f"anyone@{domain.rpartition('@')[2]}").rpartition("@")[2] if domain else ""
