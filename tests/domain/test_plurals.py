"""Numbers with their nouns."""

import pytest

from newsletter.domain.plurals import counted


@pytest.mark.parametrize(
    ("number", "noun", "printed"),
    [
        (1, "address", "1 address"),
        (2, "address", "2 addresses"),
        (0, "reader", "0 readers"),
        (2000, "delivery", "2,000 deliveries"),
        (3, "day", "3 days"),
        (2, "soft bounce", "2 soft bounces"),
    ],
)
def test_a_number_is_written_with_the_plural_of_its_noun(number: int, noun: str, printed: str) -> None:
    assert counted(number, noun) == printed
