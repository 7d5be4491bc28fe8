"""Subscribers' merge values."""

from newsletter.domain.subscriber import Subscriber


def test_a_further_column_never_hides_the_name_or_the_address() -> None:
    reader = Subscriber(address="ada@example.org", first_name="Ada", attributes={"email": "x", "city": "Turin"})
    assert reader.merge_values() == {
        "city": "Turin",
        "email": "ada@example.org",
        "first_name": "Ada",
        "last_name": "",
        "name": "Ada",
    }
