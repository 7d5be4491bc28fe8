"""Find the address of the client behind trusted proxies."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.requests import Request

from newsletter.domain.clients import Client

Network = IPv4Network | IPv6Network


def client_of(request: Request) -> Client:
    """Return the client that sent a request, as the guard or the gateway before the routes has found it."""
    return Client(request.client.host if request.client else "")


def client_address(peer: str, forwarded: Sequence[str], proxies: Collection[Network]) -> str:
    """Return the client's address: the peer's, or followed back through X-Forwarded-For while hops are trusted.

    An untrusted client's own X-Forwarded-For comes before what our proxies append, so it is never reached.
    """
    client = peer
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    while hops and _trusted(client, proxies):
        hop_address = parse_address(hops.pop())
        if hop_address is None:
            break
        client = str(hop_address)
    return client


def _trusted(text: str, proxies: Collection[Network]) -> bool:
    address = parse_address(text)
    return address is not None and any(address in network for network in proxies)


@lru_cache(maxsize=1024)
def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return an IP address, an IPv4-mapped one as IPv4; None if the text isn't one."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
