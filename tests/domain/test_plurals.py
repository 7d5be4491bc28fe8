"""Numbers with their nouns."""

import pytest

from newsletter.domain.plurals import capitalised, counted, share


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


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        (0, 0, "none"),
        (0, 19, "none"),
        (1, 19, "some"),
        (19, 19, "all"),
        (7, 20, "35%"),
        (1, 2000, "under 1%"),
        (2000, 2000, "100%"),
    ],
)
def test_a_share_tells_no_number(part: int, whole: int, words: str) -> None:
    assert share(part, whole) == words


def test_only_the_first_letter_becomes_a_capital() -> None:
    assert [capitalised(words) for words in ("", "the SMTP relay", "élan", "2 readers")] == [
        "",
        "The SMTP relay",
        "Élan",
        "2 readers",
    ]
