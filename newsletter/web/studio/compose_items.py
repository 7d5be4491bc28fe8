"""An issue's sections and their items, as the compose page shows them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from newsletter.content import OutlinedItem, OutlinedSection
from newsletter.domain.balance import Balance
from newsletter.domain.blocks import Block, BlockKind
from newsletter.domain.issue import Entry, Issue, Item
from newsletter.domain.topics import Topics
from newsletter.errors import Finding
from newsletter.web.studio.finding_places import PlacedFindings
from newsletter.web.studio.paths import entry_path, text_path

KIND_LABELS = {
    BlockKind.NOTE: "Note",
    BlockKind.LINKS: "List of links",
    BlockKind.QUOTE: "Quote",
    BlockKind.SPONSOR: "Sponsor",
    BlockKind.IMAGE: "Picture",
}
_LONGEST_NAME = 80  # characters of a block's text that stand for its title


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueItem:
    """An entry or block in an issue's list; ``missing`` if nothing that can be read has its name.

    ``kind`` is empty for an entry. ``path`` leads to where it is edited. ``overrides`` are the names of the fields
    that the issue changes. ``number`` counts the issue's entries from 1. ``source_count`` is the number of entries
    from its source, in this issue and those of the 30 days before.
    """

    key: str
    title: str
    kind: str = ""
    path: str = ""
    source: str = ""
    source_count: int = 0
    topics: tuple[str, ...] = ()
    minutes: int | None = None
    number: int | None = None
    pinned: bool = False
    overrides: tuple[str, ...] = ()
    missing: bool = False
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueSection:
    """A section of an issue's list; ``name`` is its title, or its number in words if it has none."""

    key: str
    title: str
    name: str
    items: tuple[IssueItem, ...]
    findings: tuple[Finding, ...] = ()


def items_by_key(outline: Iterable[OutlinedSection], issue: Issue) -> dict[str, Item | None]:
    """Return an issue's items by their keys in its outline; None for those that don't exist or can't be read."""
    by_slug: dict[str, Item] = {item.slug: item for item in issue.items if item.slug}
    inline = [block for block in issue.blocks if not block.slug]
    items: dict[str, Item | None] = {}
    for outlined in (item for section in outline for item in section.items):
        if outlined.slug:
            items[outlined.key] = by_slug.get(outlined.slug)
        elif inline and inline[0].kind == outlined.block_kind:
            items[outlined.key] = inline.pop(0)
        else:  # a block that can't be read, as a finding says
            items[outlined.key] = None
    return items


def section_name(section: OutlinedSection, number: int, total: int) -> str:
    """Return what to call a section: its title, or its number if it has none."""
    return section.title or ("The issue" if total == 1 else f"Section {number}")


class IssueItems:
    """A view of an issue's items: what the page shows of each, and of the sections that have them."""

    def __init__(
        self, issue: Issue, items: Mapping[str, Item | None], topics: Topics, placed: PlacedFindings, balance: Balance
    ) -> None:
        self._issue, self._items, self._topics, self._placed = issue, items, topics, placed
        self._numbers = {entry.slug: number for number, entry in enumerate(issue.entries, 1)}
        self._overrides = override_names(issue)
        self._sources = {source.name.casefold(): source.here + source.earlier for source in balance.sources}

    def sections(self, outline: Sequence[OutlinedSection]) -> tuple[IssueSection, ...]:
        """Return the sections in an issue's outline."""
        empty = iter(self._placed.empty_sections)
        return tuple(
            IssueSection(
                key=section.key,
                title=section.title or "",
                name=section_name(section, number, len(outline)),
                items=tuple(map(self._shown, section.items)),
                findings=() if section.items else _next(empty),
            )
            for number, section in enumerate(outline, 1)
        )

    def _shown(self, outlined: OutlinedItem) -> IssueItem:
        item = self._items.get(outlined.key)
        findings = self._placed.items.get(outlined.key, ())
        if item is None:
            return IssueItem(
                key=outlined.key,
                title=outlined.slug or "A block that can’t be read",
                kind="" if outlined.slug else "Block",
                path=text_path(self._issue.path, findings[0].place.line if findings else None),
                missing=True,
                findings=findings,
            )
        topics = tuple(self._topics.resolve(name).name for name in item.topics)
        if isinstance(item, Block):
            return IssueItem(
                key=outlined.key,
                title=block_title(item),
                kind=KIND_LABELS[item.kind],
                path=text_path(item.path, item.lines.get("")),
                topics=topics,
                findings=findings,
            )
        return self._entry(outlined.key, item, topics, findings)

    def _entry(self, key: str, entry: Entry, topics: tuple[str, ...], findings: tuple[Finding, ...]) -> IssueItem:
        return IssueItem(
            key=key,
            title=entry.title or entry.slug,
            path=entry_path(entry.slug),
            source=entry.source,
            source_count=self._sources.get(entry.source.casefold(), 0),
            topics=topics,
            minutes=entry.minutes,
            number=self._numbers.get(entry.slug),
            pinned=entry.slug in self._issue.pinned,
            overrides=self._overrides.get(entry.slug, ()),
            findings=findings,
        )


def _next(findings: Iterator[Finding]) -> tuple[Finding, ...]:
    finding = next(findings, None)
    return (finding,) if finding else ()


def block_title(block: Block) -> str:
    """Return what to call a block: its title, or the beginning of its text."""
    text = block.title or " ".join(block.text.split()) or block.slug or KIND_LABELS[block.kind]
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1].rstrip() + "…"


def override_names(issue: Issue) -> Mapping[str, tuple[str, ...]]:
    """Return the names of the fields that an issue changes, by the slugs of the entries."""
    names: dict[str, tuple[str, ...]] = {}
    for line in issue.lines:
        head, _, rest = line.partition(".")
        slug, _, field = rest.partition(".")
        if head == "overrides" and field:
            names[slug] = (*names.get(slug, ()), field)
    return names
