"""Subscribers' values for the slots of a message."""

from newsletter.domain.subscriber import Subscriber


def test_an_attribute_never_hides_the_name_or_the_address() -> None:
    reader = Subscriber(address="ada@example.org", first_name="Ada", attributes={"email": "x", "city": "Turin"})
    assert reader.slot_values() == {
        "subscriber.city": "Turin",
        "subscriber.email": "ada@example.org",
        "subscriber.first_name": "Ada",
        "subscriber.last_name": "",
        "subscriber.name": "Ada",
    }
