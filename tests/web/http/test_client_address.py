"""The address of a client behind trusted proxies."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.web.http.client_address import client_address

OURS = [ip_network("127.0.0.0/8"), ip_network("10.1.0.0/16"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("127.0.0.1", ["198.51.100.1, 203.0.113.7"], "203.0.113.7"),  # the first one is the client's own
        ("127.0.0.1", ["198.51.100.1", "203.0.113.7, 10.1.2.3"], "203.0.113.7"),
        ("127.0.0.1", ["10.1.9.9, 203.0.113.7"], "203.0.113.7"),
        ("192.0.2.1", ["203.0.113.7"], "192.0.2.1"),  # not a proxy of ours
        ("127.0.0.1", ["203.0.113.7, nonsense"], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.7:1234"], "127.0.0.1"),
        ("::ffff:127.0.0.1", ["2001:db8::7"], "2001:db8::7"),
        ("fd00::1", ["::ffff:203.0.113.7"], "203.0.113.7"),
        ("", ["203.0.113.7"], ""),
    ],
)
def test_a_clients_address_is_read_from_trusted_proxies_only(peer: str, forwarded: list[str], client: str) -> None:
    assert client_address(peer, forwarded, OURS) == client


@given(st.lists(st.text(max_size=40) | st.ip_addresses().map(str), max_size=5))
def test_forged_headers_never_change_a_clients_address(written: list[str]) -> None:
    assert client_address("127.0.0.1", [*written, "203.0.113.7"], OURS) == "203.0.113.7"
    assert client_address("203.0.113.7", written, OURS) == "203.0.113.7"
    assert client_address("203.0.113.7", written, []) == "203.0.113.7"
