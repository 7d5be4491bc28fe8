"""Which positions of an edition each entry and block of an issue goes with."""

import pytest

from newsletter.domain.blocks import Block, BlockKind
from newsletter.domain.issue import Section
from newsletter.domain.item_positions import heading_positions, item_positions
from tests import make

ENTRY = make.entry()
NOTE, LINKS, QUOTE, SPONSOR, IMAGE = (Block(kind=kind) for kind in BlockKind)
TOPICAL = Block(kind=BlockKind.SPONSOR, topics=("NATO",))


@pytest.mark.parametrize(
    ("title", "items", "positions", "heading"),
    [
        ("A heading", (ENTRY, NOTE, QUOTE, IMAGE), ((0,), (0,), (0,), (0,)), (0,)),
        ("A heading", (ENTRY, LINKS, SPONSOR), ((0,), (), ()), ()),
        ("A heading", (ENTRY, TOPICAL, NOTE), ((0,), (1,), (0, 1)), (0, 1)),
        ("A heading", (TOPICAL, ENTRY), ((1,), (0,)), (0, 1)),
        ("A heading", (NOTE,), ((),), ()),
        ("A heading", (), (), ()),
        (None, (ENTRY, NOTE, LINKS, TOPICAL), ((0,), (), (), (1,)), ()),
    ],
)
def test_blocks_go_with_the_entries_below_their_heading(
    title: str | None, items: tuple[Block, ...], positions: tuple[tuple[int, ...], ...], heading: tuple[int, ...]
) -> None:
    (placed,) = item_positions(make.issue(sections=(Section(title=title, items=items),)))
    assert placed == positions
    assert heading_positions(placed) == heading
