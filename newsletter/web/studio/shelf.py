"""The shelf beside an issue: entries that have not run, the reserve, blocks, and links that wait."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from newsletter.domain.blocks import Block
from newsletter.domain.captured_links import CapturedLink
from newsletter.domain.issue import Entry, Issue
from newsletter.domain.topics import Topics
from newsletter.errors import Severity
from newsletter.publishing.entry_list import unused_entries
from newsletter.web.preview.snapshot import Snapshot
from newsletter.web.studio.compose_items import KIND_LABELS, block_title
from newsletter.web.studio.paths import entry_path, text_path

AT_ONCE = 50  # cards; more are shown on request


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfCard:
    """An entry or block on the shelf; ``kind`` is empty for an entry, and ``path`` leads to where it is edited.

    ``topics`` are their names, ``timing`` says when an entry may run, if that is limited, or that its file can't be
    read.
    """

    slug: str
    title: str
    path: str
    kind: str = ""
    source: str = ""
    topics: tuple[str, ...] = ()
    minutes: int | None = None
    timing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The shelf as a filter and its length leave it: ``total`` fitting entries, of which ``cards`` are shown.

    ``reserve`` has the cards of entries that wait for a day that needs one, ``blocks`` those of block files that the
    issue doesn't have, and ``links`` those that nobody has decided on.
    """

    query: str
    cards: tuple[ShelfCard, ...]
    total: int
    reserve: tuple[ShelfCard, ...]
    blocks: tuple[ShelfCard, ...]
    links: tuple[CapturedLink, ...]


def shelf_of(
    snapshot: Snapshot, issue: Issue, links: Iterable[CapturedLink], *, query: str = "", most: int = AT_ONCE
) -> Shelf:
    """Return the shelf: what fits all words of a query, the newest first, and at most ``most`` cards of a kind."""
    words = query.casefold().split()
    topics = snapshot.settings.newsletter.topics
    unread = snapshot.once("unread", lambda: unread_paths(snapshot))
    unused = snapshot.once("unused", lambda: unused_entries(snapshot.settings.root, snapshot.manuscripts))
    fitting = [entry for entry in unused if _fits(words, _texts(entry))]
    ready = [entry for entry in fitting if not entry.reserve]
    reserve = [entry for entry in fitting if entry.reserve]
    here = {block.slug for block in issue.blocks}
    others = (block for slug, block in snapshot.manuscripts.blocks.items() if slug not in here)
    blocks = [block for block in others if _fits(words, (block.slug, block_title(block)))]
    fitting_links = [link for link in links if _fits(words, (link.title, link.facts.source, link.url))]
    return Shelf(
        query=query,
        cards=tuple(_card(entry, topics, unread) for entry in ready[:most]),
        total=len(ready),
        reserve=tuple(_card(entry, topics, unread) for entry in reserve[:most]),
        blocks=tuple(_block_card(block) for block in blocks[:most]),
        links=tuple(fitting_links[:most]),
    )


def unread_paths(snapshot: Snapshot) -> frozenset[str]:
    """Return the paths of the entries without a title of their own, because of an error in their file."""
    manuscripts = snapshot.manuscripts
    wrong = {finding.place.path for finding in manuscripts.findings if finding.severity is Severity.ERROR}
    return frozenset(entry.path for entry in manuscripts.entries.values() if not entry.title and entry.path in wrong)


def _texts(entry: Entry) -> tuple[str, ...]:
    return (entry.title, entry.source, entry.author or "", entry.slug, *entry.topics)


def _fits(words: Iterable[str], texts: Iterable[str]) -> bool:
    text = "\n".join(texts).casefold()
    return all(word in text for word in words)


def _card(entry: Entry, topics: Topics, unread: Collection[str]) -> ShelfCard:
    return ShelfCard(
        slug=entry.slug,
        title=entry.title or entry.slug,
        path=entry_path(entry.slug),
        source=entry.source,
        topics=tuple(topics.resolve(name).name for name in entry.topics),
        minutes=entry.minutes,
        timing="can’t be read" if entry.path in unread else _timing(entry),
    )


def _block_card(block: Block) -> ShelfCard:
    return ShelfCard(
        slug=block.slug, title=block_title(block), path=text_path(block.path), kind=KIND_LABELS[block.kind]
    )


def _timing(entry: Entry) -> str:
    parts = []
    if entry.not_before:
        parts.append(f"not before {entry.not_before:%-d %B, %H:%M}")
    if entry.best_before:
        parts.append(f"best before {entry.best_before:%-d %B}")
    return ", ".join(parts)
