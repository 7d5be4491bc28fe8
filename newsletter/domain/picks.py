"""What an issue recommends, as a list: its entries, and the links of its lists. No I/O."""

from dataclasses import dataclass

from newsletter.domain.blocks import BlockKind
from newsletter.domain.issue import Entry, Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """A recommended piece. ``slug`` is its entry's, empty for a link in a list."""

    title: str
    url: str
    source: str
    slug: str = ""


def picks_of(issue: Issue) -> tuple[Recommendation, ...]:
    """Return all picks of an issue in the editor's order."""
    picks: list[Recommendation] = []
    for item in (item for section in issue.sections for item in section.items):
        if isinstance(item, Entry):
            picks.append(Recommendation(title=item.title, url=item.url, source=item.source, slug=item.slug))
        elif item.kind is BlockKind.LINKS:
            picks += [Recommendation(title=link.title, url=link.url, source=link.source) for link in item.links]
    return tuple(picks)
