"""Which words of a quotation its page no longer has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain import quoted_words
from newsletter.domain.quotation_drift import WordChange, quotation_drift

PAGE = """
Night train to Lisbon
By Ada Writer, 17 November 2026

An aeroplane gives you back the hours it did not use. A night train does something odder: it takes the night.
“Nobody sleeps well on it,” the attendant says. She has worked the line for twenty-six years.
The timetable was made by people who liked arriving. You can tell by the minutes, which are never round.
Don’t ask her about the co-operative café — she’ll tell you.
"""


@pytest.mark.parametrize(
    "quotation",
    [
        "A night train does something odder: it takes the night.",
        "a NIGHT train, does something odder; it *takes* the night",
        "A night train . . . takes the night.",
        "A night train … takes the night.",
        "A night train ... takes the night.",
        "A night train [...] takes the night.",
        "A night train […] takes the night.",
        "A night train (…) takes the night.",
        "A night train [. . .] takes the night.",
        ". . . takes the night . . . Nobody sleeps well on it . . .",
        "[T]he attendant says. She has worked the line",
        "[The woman] has worked the line for twenty-six years.",
        "She [the attendant] has worked the line for twenty-six years.",
        "She [sic] has worked the line for [more than] years.",
        "She has work[s] the line",
        '"Nobody sleeps well on it," the attendant says.',
        "„Nobody sleeps well on it“, the attendant says.",
        "Don't ask her about the co-operative café -- she'll tell you.",
        "Don’t ask her about the co-operative cafe\u0301 – she’ll tell\u00ad you.",
        "A night train does something odder\n\nThe timetable was made by people",
        "The timetable was made by people … An aeroplane gives you back the hours",  # in the editor's order
        "The [timetable](https://paper.example/times) was made by \\[people\\] who liked arriving",
        "- who liked arriving\n- which are never round",
        "arriving",
        "",
        "* * *",
        "[…]",
    ],
)
def test_what_an_editor_may_change_is_no_difference(quotation: str) -> None:
    assert not quotation_drift(quotation, PAGE)


@pytest.mark.parametrize(
    ("quotation", "quoted", "page"),
    [
        (
            "A night train does something stranger: it takes the night.",
            "does something stranger: it takes",
            "does something odder: it takes",
        ),
        ("Nobody slept well on it, the attendant says.", "Nobody slept well on", "Nobody sleeps well on"),
        ("She has worked for twenty-six years.", "has worked for twenty", "has worked the line for twenty"),
        (
            "You can always tell by the minutes, which are never round.",
            "You can always tell by",
            "You can tell by",
        ),
        (
            "The timetable was made by people who liked arriving late.",
            "liked arriving late",
            "liked arriving. You",
        ),
        (
            "Some timetable was made by people who liked arriving.",
            "Some timetable was",
            "The timetable was",
        ),
    ],
)
def test_changed_words_are_shown_with_their_neighbours(quotation: str, quoted: str, page: str) -> None:
    drift = quotation_drift(quotation, PAGE)
    assert (drift.changes, drift.gone) == ((WordChange(quoted=quoted, page=page),), ())


def test_several_changes_are_all_shown() -> None:
    drift = quotation_drift("A day train does something odder: it takes the day. … liked leaving. You can tell", PAGE)
    assert [(change.quoted, change.page) for change in drift.changes] == [
        ("A day train does", "A night train does"),
        ("takes the day", "takes the night"),
        ("liked leaving. You can", "liked arriving. You can"),
    ]


def test_a_passage_that_is_gone_is_named() -> None:
    drift = quotation_drift(
        "The sea was calm and the ship sailed on into the long blue evening of May … the night", PAGE
    )
    assert drift.changes == ()
    assert drift.gone == ("The sea was calm and the ship sailed on into the long …",)


def test_a_few_words_that_are_gone_have_no_similar_passage() -> None:
    assert quotation_drift("very odd indeed", PAGE).gone == ("very odd indeed",)


def test_other_text_of_the_page_counts_word_for_word_only() -> None:
    assert not quotation_drift("in a caption below the picture", PAGE, lambda: "See it in a caption below the picture.")
    drift = quotation_drift("in a caption above the picture", PAGE, lambda: "See it in a caption below the picture.")
    assert drift.gone == ("in a caption above the picture",)


@pytest.mark.parametrize(
    ("page", "same", "changed"),
    [
        ("夜行列車は夜を運んでいく。誰も眠れない。", "夜行列車は……眠れない", "夜行列車は朝を運んでいく"),
        (
            "Der Nachtzug nimmt sich die Nacht. Niemand schläft gut.",
            "Niemand [im Zug] schläft gut",
            "Der Nachtzug nahm sich die Nacht",
        ),
        ("רכבת הלילה לוקחת את הלילה איתה", "רכבת הלילה (...) את הלילה", "רכבת היום לוקחת את הלילה"),
        ("قطار الليل يأخذ الليل معه دائما", "قطار الليل … معه دائما", "قطار النهار يأخذ الليل معه"),
        ("รถไฟกลางคืนพากลางคืนไป", "กลางคืนพา", "รถไฟกลางวันพากลางคืน"),
        ("रात की गाड़ी रात ले जाती है", "रात की […] ले जाती है", "रात की नाव रात ले जाती है"),
    ],
)
def test_other_languages_are_compared_too(page: str, same: str, changed: str) -> None:
    assert not quotation_drift(same, page)
    assert quotation_drift(changed, page).changes


WORDS = st.lists(st.sampled_from(["the", "night", "train", "to", "Lisbon", "takes", "longer"]), min_size=1)


@given(WORDS, st.data())
def test_a_quotation_of_any_part_is_found(words: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    assert not quotation_drift(" ".join(words[first : last + 1]), ", ".join(words))


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_texts_can_be_compared(quotation: str, page: str) -> None:
    drift = quotation_drift(quotation, page)
    assert bool(drift) == bool(drift.changes or drift.gone)


def test_a_huge_page_of_the_same_words_is_compared_in_time() -> None:
    page, quotation = "the night " * 60_000, "the night the day " * 400
    assert quotation_drift(quotation, page)


def test_a_word_that_a_page_repeats_is_normalized_once(monkeypatch: pytest.MonkeyPatch) -> None:
    normalized: list[str] = []
    key = quoted_words._key

    def noted(word: str) -> str:
        normalized.append(word)
        return key(word)

    monkeypatch.setattr(quoted_words, "_key", noted)
    assert not quotation_drift("the night train", "The night train leaves. " * 1000)
    assert sorted(normalized) == ["The", "leaves", "night", "night", "the", "train", "train"]
