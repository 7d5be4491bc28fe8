"""Words typed twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.checks.doubles import doubled_findings
from newsletter.errors import Place

TOP = Place(path="issues/entries/a.md", line=10)


def findings(text: str) -> list[tuple[str, int | None]]:
    return [(finding.rule, finding.place.line) for finding in doubled_findings(text, TOP)]


@pytest.mark.parametrize(
    "text",
    [
        "Over the the hills",
        "The the hills",
        "over the\nthe hills",
        "He went to to the house of his father and slept.",
        "She has a a house with the others and left.",
        "Er kam von von der Arbeit und schlief.",
        "Il est dans dans une maison et dort.",
        "La casa del del padre que duerme, una casa.",
        "“of of the and so on”",
        "We saw of of it.",
        "The trains trains of the night",
        "Er kam mit dem dem Zug, und es ist spät.",
        "Il est né près de de la gare, dans une maison.",
        "Это новый поезд поезд, и он не на месте.",
    ],
)
def test_a_word_typed_twice_is_reported(text: str) -> None:
    assert [rule for rule, _ in findings(text)] == ["word-doubled"]


@pytest.mark.parametrize(
    "text",
    [
        "He had had enough of that that the others and I had.",
        "What it is is simple, and what the rest was was not.",
        "I gave her her book, and the dog went on on the road.",
        "The band The The and the The Times of London",
        "Vitamin A a day, and the rest of it",
        "Nach dem Regen, wenn die Waren waren, was gebaut werden werden muss und ist.",
        "La mort de de Gaulle est dans une page, et se faire faire des habits.",
        "It was really really good of the others, and never never land.",
        "Yavaş yavaş gel, piano piano",
        "Die, die die Züge der Nacht kennen, und der der Fahrt folgt.",
        "Nous nous levons et vous vous couchez, dans une gare.",
        "To to samo, co wczoraj.",
        "Det er for for mange, at at vente.",
        "so so, no no, bye bye, very very late, Bora Bora, there there",
        "the `x` the, the *the*, the-the, “the” the, the. The",
        "the the [sic] hills, and the the the of it",
        "`the the` and https://example.org/the the hills",
        "```\nthe the\n```",
    ],
)
def test_a_correctly_doubled_word_is_not_reported(text: str) -> None:
    assert findings(text) == []


def test_a_doubled_word_is_reported_at_its_line() -> None:
    assert findings("One.\n\nTwo of the\nthe three.") == [("word-doubled", 13)]


@given(st.lists(st.sampled_from(["the", "The", "of", "and", "had", "die", "a", "`", "\n", "\n\n", ".", "[sic]", "’"])))
def test_any_text_can_be_checked(words: list[str]) -> None:
    text = " ".join(words)
    assert all(10 <= (line or 0) <= 10 + text.count("\n") for _, line in findings(text))


@given(st.lists(st.sampled_from(["the", "of", "and", "train", "night", "had", "that", "her", "is"]), unique=True))
def test_text_without_doubles_has_no_findings(words: list[str]) -> None:
    assert findings(" ".join(words)) == []
