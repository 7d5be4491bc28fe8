"""The IP address behind a request, and the number of requests that it and its networks may make. No I/O."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


@dataclass(frozen=True, slots=True)
class Client:
    """The IP address behind a request. It isn't stored; requests are counted by keyed hash for an hour."""

    address: str

    def places(self) -> Iterator[tuple[str, int]]:
        """Yield the client and its networks, each with the number of requests it may make per hour."""
        try:
            address = ip_address(self.address)
        except ValueError:
            yield self.address, _PER_CLIENT
            return
        for length, times in _NETWORKS[type(address)]:
            yield str(ip_network((address, length), strict=False)), times


_PER_CLIENT = 20
# Prefix lengths: a household, a neighbourhood at one provider, and a large network, through whose households and
# neighbourhoods an attacker might rotate.
_NETWORKS = {
    IPv4Address: ((32, _PER_CLIENT), (24, 100), (16, 500)),
    IPv6Address: ((64, _PER_CLIENT), (48, 100), (32, 200)),
}
