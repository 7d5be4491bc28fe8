"""The rate limits on signing in. Requests are counted under keyed hashes: no address of a client is stored."""

from collections.abc import Sequence
from datetime import datetime

from newsletter.domain.addresses import address_key
from newsletter.domain.clients import Client
from newsletter.domain.consent import RequestLimit
from newsletter.errors import NewsletterError
from newsletter.store import Store
from newsletter.tokens import Signer

_CEREMONIES = 3  # times as many as requests for links: each sign-in and each confirmation is one
# Links to an address: times, hours. Whoever knows an address can ask for links to it, and must not use up those of its
# owner: a network has few for an address, and all networks together have more.
_LINKS_FROM_A_NETWORK = ((4, 1), (10, 24))
_LINKS = ((20, 1), (60, 24))


class TooManySignInsError(NewsletterError):
    """A client or its network has tried to sign in too often; it must wait up to an hour."""

    code = "too-many-sign-ins"

    def __init__(self) -> None:
        super().__init__("too many attempts to sign in came from your network", hint="try again in an hour")


def admit_client(store: Store, signer: Signer, client: Client, now: datetime) -> None:
    """Count an attempt to use a passkey or a link. Raise TooManySignInsError if there were too many."""
    _admit(store, _client_limits(signer, client, "ceremony", _CEREMONIES), now)


def admit_link_request(store: Store, signer: Signer, address: str, client: Client, now: datetime) -> bool:
    """Count a request for a link, and return whether its address has had few enough.

    Raise TooManySignInsError if the client or its network has made too many.
    """
    _admit(store, _client_limits(signer, client, "link", 1), now)
    subject = f"staff link {address_key(address)}"
    network = [place for place, _ in client.places()][:2][-1]
    limits = [
        *_address_limits(signer, f"{subject} from {network}", _LINKS_FROM_A_NETWORK),
        *_address_limits(signer, subject, _LINKS),
    ]
    return store.sign_in_attempts.admit(limits, now) is None


def _admit(store: Store, limits: Sequence[RequestLimit], now: datetime) -> None:
    if store.sign_in_attempts.admit(limits, now) is not None:
        raise TooManySignInsError()


def _address_limits(signer: Signer, subject: str, links: Sequence[tuple[int, int]]) -> list[RequestLimit]:
    fingerprint = signer.fingerprint(subject)
    return [RequestLimit(subject=fingerprint, times=times, hours=hours, quiet=True) for times, hours in links]


def _client_limits(signer: Signer, client: Client, kind: str, factor: int) -> list[RequestLimit]:
    return [
        RequestLimit(subject=signer.fingerprint(f"staff {kind} {place}"), times=times * factor, hours=1)
        for place, times in client.places()
    ]
