"""The picks of an issue: its entries and the links of its lists."""

from typing import Any

import pytest

from newsletter.domain.blocks import BlockKind, ListedLink
from newsletter.domain.issue import Section
from newsletter.domain.picks import first_picks, listed_by_positions, picks_of
from tests import make

LINKS = (ListedLink(title="A", url="https://example.org/a"), ListedLink(title="B", url="https://example.org/b"))


def test_entries_and_listed_links_are_picks_in_the_editors_order() -> None:
    links = make.block(BlockKind.LINKS, links=LINKS)
    made = make.issue(links, make.block(BlockKind.NOTE), make.entry("soil", title="Soil"))
    assert [(pick.title, pick.slug) for pick in picks_of(made)] == [("A", ""), ("B", ""), ("Soil", "soil")]


def test_a_list_counts_where_it_is() -> None:
    topical = make.block(BlockKind.LINKS, links=LINKS[:1], topics=("NATO",))
    everywhere = make.block(BlockKind.LINKS, links=LINKS)
    made = make.issue(sections=(Section(title="Soil", items=(make.entry(), topical, everywhere)),))
    assert list(listed_by_positions(made)) == [((1,), 1), ((), 2)]


@pytest.mark.parametrize(
    ("count", "shown", "more"), [(0, 0, 0), (1, 1, 0), (5, 5, 0), (6, 6, 0), (7, 5, 2), (100, 5, 95)]
)
def test_a_single_pick_more_is_shown(count: int, shown: int, more: int) -> None:
    items: tuple[Any, ...] = tuple(make.entry(f"e{number}") for number in range(count))
    begun = first_picks(make.issue(sections=(Section(title=None, items=items),)), 5)
    assert (len(begun.picks), begun.more) == (shown, more)
