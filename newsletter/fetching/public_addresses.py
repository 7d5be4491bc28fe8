"""Decide which network addresses are on the public internet."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

IPAddress = IPv4Address | IPv6Address
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052 §2.1: an IPv4 address in the last 32 bits
# RFC 4291 §2.4: all others, such as IPv4-compatible and site-local ones, and NAT64 prefixes of a network's own
# (RFC 8215), lead nowhere, or to a network of somebody's own.
_UNICAST = IPv6Network("2000::/3")
# Some releases of Python count these as global: RFC 6890, RFC 7526, RFC 9637.
_SPECIAL = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"), IPv6Network("3fff::/20"))


def is_public(address: IPAddress) -> bool:
    """Return whether an address is on the public internet. An IPv4 address embedded in an IPv6 one must be too."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None and not is_public(inner):
            return False
        if address.ipv4_mapped is not None or address in _NAT64:
            return True
        if address not in _UNICAST:
            return False
    special = any(address in network for network in _SPECIAL)
    return address.is_global and not address.is_multicast and not special
