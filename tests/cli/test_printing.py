"""Words and numbers as commands print them."""

import pytest

from newsletter.cli import printing


@pytest.mark.parametrize(
    ("number", "thing", "printed"),
    [
        (1, "address", "1 address"),
        (2, "address", "2 addresses"),
        (0, "reader", "0 readers"),
        (2000, "delivery", "2,000 deliveries"),
        (3, "day", "3 days"),
        (2, "soft bounce", "2 soft bounces"),
    ],
)
def test_a_number_of_things_is_written_with_their_plural(number: int, thing: str, printed: str) -> None:
    assert printing.count(number, thing) == printed
