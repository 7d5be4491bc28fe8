"""Phrases with numbers, which compiled issues carry so that every edition has its own."""

import pytest

from newsletter.message.counted_words import CountedWords
from newsletter.translation.plurals import categories, plural_forms

ENGLISH = "{number} pick | {number} picks"
ARABIC = "0 | 1 | 2 | few | many | other"


def counted(phrase: str, language: str) -> CountedWords:
    forms, form_of = plural_forms(phrase, language)
    return CountedWords(forms=forms, form_of=form_of)


@pytest.mark.parametrize(
    ("phrase", "language", "number", "words"),
    [
        (ENGLISH, "en", 0, "0 picks"),
        (ENGLISH, "en", 1, "1 pick"),
        (ENGLISH, "en-GB", 101, "101 picks"),
        (ENGLISH, "fr", 0, "0 pick"),
        (ENGLISH, "xx", 1, "1 pick"),
        ("{number} wybór | {number} wybory | {number} wyborów", "pl", 22, "22 wybory"),
        ("{number} wybór | {number} wybory | {number} wyborów", "pl", 312, "312 wyborów"),
        ("{number} wybór | {number} wybory | {number} wyborów", "pl", 322, "322 wybory"),
        (ARABIC, "ar", 0, "0"),
        (ARABIC, "ar", 2, "2"),
        (ARABIC, "ar", 110, "few"),
        (ARABIC, "ar", 211, "many"),
        (ARABIC, "ar", 500, "other"),
        ("{number} items", "ru", 21, "21 items"),
        (ENGLISH, "ja", 1, "1 pick"),
        (ENGLISH, "ja", 8, "8 picks"),
        (ENGLISH, "ru", 3, "3 picks"),
    ],
)
def test_a_number_has_the_form_of_its_language(phrase: str, language: str, number: int, words: str) -> None:
    assert counted(phrase, language).words(number) == words


def test_counted_words_survive_json() -> None:
    words = counted(ARABIC, "ar")
    assert CountedWords.from_json(words.to_json()) == words


@pytest.mark.parametrize("language", ["ar", "de", "en", "es", "fr", "he", "pl", "ru"])
def test_every_category_of_a_language_stands_for_a_number(language: str) -> None:
    names, form_of = categories(language)
    assert set(form_of) | {len(names) - 1} == set(range(len(names)))
