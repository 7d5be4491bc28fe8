"""Under what an address is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.audience import parse_address
from newsletter.store.rows import address_key


def slowly(address: str) -> str:
    """By the full grammar of addresses."""
    try:
        return parse_address(address)[1]
    except ValueError:
        return address.strip().casefold()


@given(
    st.from_regex(r"[A-Za-z0-9._+-]{1,20}@[A-Za-z0-9.-]{1,30}", fullmatch=True)
    | st.from_regex(r"[a-z]{1,5}@(xn--)?[a-z0-9-]{1,10}\.(de|XN--P1AI|example)", fullmatch=True)
    | st.text(max_size=30)
)
def test_the_quick_way_finds_the_same(address: str) -> None:
    assert address_key(address) == slowly(address)


@pytest.mark.parametrize("address", ["Ada@xn--bcher-kva.example", "ada@XN--bcher-kva.example", "ada@bücher.example"])
def test_a_domain_has_one_key_in_both_forms(address: str) -> None:
    assert address_key(address) == "ada@bücher.example"
