"""The slots for values of an edition."""

import pytest

from newsletter.message.edition_slots import COUNT_SLOT, EditionValues, number_slot, title_position, title_slot

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


def test_a_titles_position_is_read_from_its_slot() -> None:
    assert [title_position(title_slot(at)) for at in (0, 7, 99, 100)] == [0, 7, 99, None]
    assert [title_position(name) for name in (COUNT_SLOT, number_slot(3), "edition.titles[x]")] == [None] * 3
