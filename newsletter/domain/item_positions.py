"""Map each item to its positions in an edition. No I/O."""

from collections.abc import Iterator
from itertools import count

from newsletter.domain.blocks import Block
from newsletter.domain.edition import Edition
from newsletter.domain.issue import Entry, Issue, Item


def item_positions(issue: Issue) -> tuple[tuple[Edition, ...], ...]:
    """Return for each section the positions of its items: an edition has an item if it has one of its positions.

    An item without positions is in every edition. Entries have the positions from 0, and blocks with topics those
    behind the entries. A note, quote or image below a heading goes with the entries and such blocks of its section.
    """
    entries, blocks = count(), count(len(issue.entries))
    placed = []
    for section in issue.sections:
        own = tuple(_own(item, entries, blocks) for item in section.items)
        section_positions = tuple(at for positions in own for at in positions) if section.title else ()
        placed.append(
            tuple(
                section_positions
                if isinstance(item, Block) and not positions and not item.in_every_edition
                else positions
                for item, positions in zip(section.items, own, strict=True)
            )
        )
    return tuple(placed)


def placed_items(issue: Issue) -> Iterator[tuple[Item, Edition]]:
    """Yield each item in the editor's order with its positions."""
    for section, placed in zip(issue.sections, item_positions(issue), strict=True):
        yield from zip(section.items, placed, strict=True)


def heading_positions(items: tuple[Edition, ...]) -> Edition:
    """Return the positions of a section's heading: it is shown when any of its items is."""
    if not all(items):
        return ()
    return tuple(sorted({at for positions in items for at in positions}))


def _own(item: Item, entries: Iterator[int], blocks: Iterator[int]) -> Edition:
    if isinstance(item, Entry):
        return (next(entries),)
    return (next(blocks),) if item.topics else ()
