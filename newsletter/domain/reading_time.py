"""Estimate an issue's reading time. No I/O."""

import re
from collections.abc import Iterator

from newsletter.domain.edition import Edition
from newsletter.domain.issue import Entry, Issue, Item
from newsletter.domain.item_positions import placed_items

WORDS_PER_MINUTE = 230  # silent reading of non-fiction in English takes 238 (Brysbaert 2019); a message has pauses
_TARGET = re.compile(r"\]\([^)\s]*\)")  # of a link
_WORD = re.compile(r"\w\S*")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")  # Japanese and Chinese, without spaces
_SIGNS_PER_WORD = 2


def word_count(markdown: str) -> int:
    """Return the number of words that a reader sees of Markdown; two Chinese characters count as one."""
    seen = _TARGET.sub("]", markdown)
    spaced, signs = (seen, 0) if seen.isascii() else _UNSPACED.subn(" ", seen)
    return len(_WORD.findall(spaced)) + signs // _SIGNS_PER_WORD


def minutes_of(words: int) -> int:
    """Return the reading time in minutes, at least 1."""
    return max(1, round(words / WORDS_PER_MINUTE))


def issue_minutes(issue: Issue) -> int:
    """Return the reading time of a full issue in minutes, at least 1."""
    return minutes_of(sum(words for _, words in words_by_positions(issue)))


def words_by_positions(issue: Issue) -> Iterator[tuple[Edition, int]]:
    """Yield the numbers of words of the note and of each entry and block, with the positions that each goes with."""
    yield (), word_count(issue.note)
    for item, positions in placed_items(issue):
        yield positions, sum(map(word_count, _texts(item)))


def _texts(item: Item) -> Iterator[str]:
    yield item.title
    if isinstance(item, Entry):
        yield from (passage.markdown for passage in item.passages)
    else:
        yield item.text
        yield from (link.title for link in item.links)
