"""Lines of a headline: as few and as even as possible, and no word is lost."""

from hypothesis import given
from hypothesis import strategies as st

from newsletter.cards.typesetting import even_lines, first_lines

TEXTS = st.text(alphabet="ab é-–\u00a0קק", min_size=1, max_size=60).map(str.strip).filter(bool)


@given(text=TEXTS, width=st.integers(5, 40))
def test_lines_fit_and_keep_every_word(text: str, width: int) -> None:
    lines = even_lines(text, 99, width, len)
    if lines is None:
        assert any(line.endswith("…") for line in first_lines(text, 99, width, len))
    else:
        assert all(len(line) <= width for line in lines)
        assert "".join("".join(lines).split()) == "".join(text.split())
        assert even_lines(text, len(lines) - 1, width, len) is None


@given(text=TEXTS, width=st.integers(5, 40), most=st.integers(1, 4))
def test_a_shortened_text_has_no_more_lines_than_allowed(text: str, width: int, most: int) -> None:
    lines = first_lines(text, most, width, len)
    assert 1 <= len(lines) <= most
    assert all(len(line) <= width for line in lines)


def test_lines_are_even() -> None:
    assert even_lines("aaaa bbbb cccc dddd", 9, 100, lambda text: 6 * len(text)) == ["aaaa bbbb", "cccc dddd"]


def test_a_line_ends_after_a_hyphen_and_never_at_a_no_break_space() -> None:
    assert even_lines("well-known", 2, 6, len) == ["well-", "known"]
    assert first_lines("a\u00a0b c", 1, 4, len) == ["a\u00a0b…"]


def test_a_word_that_is_too_long_is_cut() -> None:
    assert even_lines("Donaudampfschiff", 9, 8, len) is None
    assert first_lines("Donaudampfschiff", 1, 8, len) == ["Donauda…"]
    assert first_lines("Cafe\u0301haus", 1, 5, len) == ["Caf…"], "a letter keeps its accent"


def test_a_long_word_is_measured_a_few_times_only() -> None:
    measured: list[str] = []

    def width(text: str) -> float:
        measured.append(text)
        return len(text)

    for text in ("x" * 3000, "word " * 600):
        measured.clear()
        assert even_lines(text, 3, 20, width) is None
        first_lines(text.strip(), 3, 20, width)
        assert sum(map(len, measured)) < 60_000
