"""Whether two values of a field are the same to an editor."""

from datetime import date

import pytest

from newsletter.domain.changes import FieldValue
from newsletter.editing.field_values import same_value


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [
        ("author", None, ""),
        ("title", "Two  clocks ", "Two clocks"),
        ("date", date(2026, 11, 23), "2026-11-23"),
        ("minutes", 7, "7"),
        ("topics", ("Railways", "Cities"), "Railways,Cities"),
        ("topics", ("Railways", "Cities"), "Railways\r\nCities\r\n"),
        ("topics", (), ""),
        ("topics", None, ""),
        ("paywall", True, "true"),
        ("paywall", None, "false"),
        ("tailored", False, "false"),
        ("framing", "One.\n\nTwo.", "\r\nOne.\r\n\r\nTwo.\r\n"),
        ("overrides.night-train.framing", None, "\n"),
        ("note", None, None),
    ],
)
def test_a_form_shows_them_alike(name: str, value: FieldValue, other: FieldValue) -> None:
    assert same_value(name, value, other)
    assert same_value(name, other, value)


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [
        ("title", "Two clocks", "Two Clocks"),
        ("topics", ("Railways", "Cities"), ("Cities", "Railways")),
        ("tailored", None, "false"),
        ("framing", "One.\n\nTwo.", "One.\nTwo."),
        ("framing", "    code", "code"),
        ("minutes", 7, None),
    ],
)
def test_a_form_shows_them_differently(name: str, value: FieldValue, other: FieldValue) -> None:
    assert not same_value(name, value, other)
