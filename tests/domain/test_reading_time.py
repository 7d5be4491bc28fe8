"""How long it takes to read an issue."""

import pytest

from newsletter.domain.blocks import Block, BlockKind, ListedLink
from newsletter.domain.issue import Section
from newsletter.domain.reading_time import minutes_of, word_count, words_by_positions
from tests import make


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("", 0),
        ("One — two . . . three!", 3),
        ("See [the *long* diary](https://example.org/a-b-c) now", 5),
        ("夜行列車が戻る", 3),
        ("* a list\n* of two\n\n***", 4),
    ],
)
def test_words_are_counted_as_a_reader_sees_them(markdown: str, words: int) -> None:
    assert word_count(markdown) == words


@pytest.mark.parametrize(("words", "minutes"), [(0, 1), (230, 1), (460, 2), (2300, 10)])
def test_a_message_takes_at_least_a_minute(words: int, minutes: int) -> None:
    assert minutes_of(words) == minutes


def test_each_piece_counts_in_the_editions_that_have_it() -> None:
    links = Block(
        kind=BlockKind.LINKS, text="Two more:", links=(ListedLink(title="A kettle", url="https://example.org"),)
    )
    note = Block(kind=BlockKind.NOTE, text="Good bye.", topics=("NATO",))
    issue = make.issue(note="Hello, reader.", sections=(Section(title="Heading", items=(make.entry(), links, note)),))
    # The title and words of the entry; the introduction and titles of the list.
    assert list(words_by_positions(issue)) == [((), 2), ((0,), 12), ((), 4), ((1,), 2)]
