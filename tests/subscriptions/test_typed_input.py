"""Names that strangers type, and addresses that are shown to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.subscriptions import masked, parse_name


@given(st.text())
def test_a_name_is_one_line_without_a_link_or_refused(text: str) -> None:
    try:
        first, last = parse_name(text)
    except ValueError:
        return
    name = f"{first} {last}".strip()
    assert len(name) <= 80
    assert not set(name) & set("@<>{}[]\\=\r\n\0")
    assert "://" not in name


@given(st.emails())
def test_a_masked_address_shows_three_characters_and_what_follows_the_last_dot(address: str) -> None:
    local, _, domain = address.rpartition("@")
    shown = masked(address)
    assert shown == f"{local[0]}•••@{domain[0]}•••.{domain.rpartition('.')[2]}"


def test_a_name_that_is_refused_is_explained_in_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"^Please enter a name without an address or a link\.$"):
        parse_name("https://example.org")
