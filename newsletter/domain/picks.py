"""List an issue's picks. No I/O."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.domain.blocks import Block, BlockKind
from newsletter.domain.edition import Edition
from newsletter.domain.issue import Entry, Issue
from newsletter.domain.item_positions import placed_items

MOST_PICKS = 12  # in a welcome, which is read on a phone
_WEB = re.compile(r"\s*https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A recommended piece: an entry or a link in a list, which has no ``slug``. ``gift`` is a link past its paywall."""

    title: str
    url: str
    source: str
    slug: str = ""
    gift: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstPicks:
    """The first picks of an issue. ``more`` is the number of the others."""

    issue: Issue
    picks: tuple[Pick, ...]
    more: int


def picks_of(issue: Issue) -> tuple[Pick, ...]:
    """Return all picks of an issue in the editor's order."""
    picks: list[Pick] = []
    for item in issue.items:
        if isinstance(item, Entry):
            picks.append(Pick(title=item.title, url=item.url, source=item.source, slug=item.slug, gift=item.gift))
        elif item.kind is BlockKind.LINKS:
            picks += [Pick(title=link.title, url=link.url, source=link.source) for link in item.links]
    return tuple(picks)


def first_picks(issue: Issue, most: int) -> FirstPicks:
    """Return the first picks of an issue that have a web address: at most this many, and one more if it is the last."""
    picks = tuple(pick for pick in picks_of(issue) if _WEB.match(pick.url))
    # "And 1 more" takes as much room as the pick itself.
    shown = picks if len(picks) <= most + 1 else picks[:most]
    return FirstPicks(issue=issue, picks=shown, more=len(picks) - len(shown))


def listed_by_positions(issue: Issue) -> Iterator[tuple[Edition, int]]:
    """Yield the number of links in each list, with the positions that the list goes with."""
    for item, positions in placed_items(issue):
        if isinstance(item, Block) and item.kind is BlockKind.LINKS:
            yield positions, len(item.links)
