"""Lines of a headline: as few and as even as possible, and no word is lost."""

from hypothesis import given
from hypothesis import strategies as st

from newsletter.cards.typesetting import even_lines, first_lines

TEXTS = st.text(alphabet="ab é-–\u00a0קק", min_size=1, max_size=60).map(str.strip).filter(bool)


@given(text=TEXTS, width=st.integers(5, 40))
def test_lines_fit_and_keep_every_word(text: str, width: int) -> None:
    lines = even_lines(text, width, len)
    assert all(len(line) <= width for line in lines)
    if not any(line.endswith("…") for line in lines):
        assert "".join("".join(lines).split()) == "".join(text.split())


@given(text=TEXTS, width=st.integers(5, 40), most=st.integers(1, 4))
def test_a_shortened_text_has_no_more_lines_than_allowed(text: str, width: int, most: int) -> None:
    lines = first_lines(text, most, width, len)
    assert 1 <= len(lines) <= most
    assert all(len(line) <= width for line in lines)


def test_lines_are_even() -> None:
    assert even_lines("aaaa bbbb cccc dddd", 100, lambda text: 6 * len(text)) == ["aaaa bbbb", "cccc dddd"]


def test_a_line_ends_after_a_hyphen_and_never_at_a_no_break_space() -> None:
    assert even_lines("well-known", 6, len) == ["well-", "known"]
    assert first_lines("a\u00a0b c", 1, 4, len) == ["a\u00a0b…"]


def test_a_word_that_is_too_long_is_cut() -> None:
    assert even_lines("Donaudampfschiff", 8, len) == ["Donauda…"]
