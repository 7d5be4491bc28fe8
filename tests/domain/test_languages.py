"""Language tags, and the newsletter's language for a reader."""

import pytest

from newsletter.domain.languages import covers, language_for, parse_language
from tests import make


@pytest.mark.parametrize("tag", ["en", "de-AT", "zh-Hant-TW", "es-419", "sl-rozaj-biske", "DE-at"])
def test_tags_are_kept_as_they_are_written(tag: str) -> None:
    assert parse_language(tag) == tag


@pytest.mark.parametrize("text", ["", "German", "de_AT", "de-", "x", "de\n", "ｄｅ", "de-AT-AT-AT", "en; drop table"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write a language tag such as en"):
        parse_language(text)


def test_a_language_covers_its_varieties() -> None:
    assert [covers("de", tag) for tag in ("de", "DE", "de-AT", "de-Latn-AT", "den", "", "d")] == [True] * 4 + [
        False
    ] * 3
    assert not covers("de-AT", "de")


@pytest.mark.parametrize(
    ("tag", "languages", "closest"),
    [
        ("de-AT", ("en", "de"), "de"),
        ("de-AT-1996", ("en", "de", "de-AT"), "de-AT"),
        ("de-CH", ("en", "de", "de-AT"), "de"),
        ("pt", ("en", "pt-BR", "pt-PT"), "pt-BR"),
        ("", ("en", "de"), "en"),
        ("fr", ("de", "en"), "de"),
        ("EN-gb", ("de", "en"), "en"),
    ],
)
def test_a_reader_gets_the_closest_language(tag: str, languages: tuple[str, ...], closest: str) -> None:
    assert language_for(tag, languages) == closest


def test_a_newsletter_appears_in_each_of_its_languages() -> None:
    newsletter = make.newsletter(language="en", other_languages=("de", "he"))
    assert newsletter.languages == ("en", "de", "he")
    assert newsletter.in_language("") is newsletter
    assert newsletter.in_language("EN") is newsletter
    assert newsletter.in_language("de").languages == ("de", "en", "he")
    assert newsletter.in_language("de").in_language("en") == newsletter
