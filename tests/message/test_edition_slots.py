"""The slots for values of an edition."""

import pytest

from newsletter.domain.edition import Edition
from newsletter.message.counted_words import CountedWords
from newsletter.message.edition_slots import (
    COUNT_SLOT,
    MINUTES_SLOT,
    PICKS_SLOT,
    EditionLength,
    EditionValues,
    number_slot,
    title_position,
    title_slot,
)

TITLES = ("Moss", "Rail", "Tide")


@pytest.mark.parametrize(
    ("slot", "value"),
    [
        (COUNT_SLOT, "2"),
        (title_slot(0), "Tide"),
        (title_slot(1), "Moss"),
        (title_slot(2), None),
        (number_slot(0), "2"),
        (number_slot(1), None),
        (number_slot(2), "1"),
        ("edition.unknown[0]", None),
    ],
)
def test_an_edition_has_its_own_titles_numbers_and_count(slot: str, value: str | None) -> None:
    assert EditionValues(edition=(2, 0), titles=TITLES).value(slot) == value


@pytest.mark.parametrize(
    ("edition", "picks", "minutes"), [((0, 1, 2, 3), "8", "4"), ((1,), "3", "2"), ((2, 3), "6", "1")]
)
def test_the_length_counts_entries_and_the_lists_of_an_edition(edition: Edition, picks: str, minutes: str) -> None:
    phrase = CountedWords(forms=("{number}",), form_of=(0,) * 200)
    length = EditionLength(
        words=(((), 230), ((0,), 460), ((1,), 230)), picks=phrase, minutes=phrase, lists=(((), 2), ((3,), 3))
    )
    values = EditionValues(edition=edition, titles=TITLES, length=length)
    assert (values.value(PICKS_SLOT), values.value(MINUTES_SLOT)) == (picks, minutes)


def test_a_titles_position_is_read_from_its_slot() -> None:
    assert [title_position(title_slot(at)) for at in (0, 7, 99, 100)] == [0, 7, 99, None]
    assert [title_position(name) for name in (COUNT_SLOT, number_slot(3), "edition.titles[x]")] == [None] * 3
