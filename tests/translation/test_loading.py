"""Catalogues, loaded from their files."""

import pytest

from newsletter.translation import catalogue, languages


def test_there_are_six_languages() -> None:
    assert languages() == ("ar", "de", "en", "es", "fr", "he")


@pytest.mark.parametrize(
    ("tag", "language", "direction"),
    [
        ("de", "de", "ltr"),
        ("de-AT", "de-AT", "ltr"),
        ("DE_ch", "de-ch", "ltr"),
        ("he", "he", "rtl"),
        ("iw", "he", "rtl"),
        ("ar-EG", "ar-EG", "rtl"),
        ("en-GB", "en-GB", "ltr"),
        ("de-<b>", "de", "ltr"),
        ("de-nowhere", "de", "ltr"),
        ("nl", "en", "ltr"),
        ("", "en", "ltr"),
        ("../de", "en", "ltr"),
    ],
)
def test_a_tag_gets_the_catalogue_of_its_language_or_english(tag: str, language: str, direction: str) -> None:
    words = catalogue(tag)
    assert (words.language, words.direction) == (language, direction)


def test_a_label_is_translated_and_an_unknown_one_stays_as_it_is() -> None:
    words = catalogue("de")
    assert words.label("Read more at {source}") == "Weiterlesen: {source}"
    assert words.label("{source} has more") == "{source} has more"


def test_values_are_filled_in_and_a_percent_sign_is_written_twice() -> None:
    words = catalogue("en")
    assert words.gettext("%(part)s is 50%%", part="This") == "This is 50%"
