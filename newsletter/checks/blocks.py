"""Checks of blocks: notes, lists of links, quotes, sponsors and images."""

from collections.abc import Iterable, Iterator

from newsletter.checks.links import address_findings
from newsletter.checks.parts import (
    addressed_findings,
    field_findings,
    image_address_findings,
    line_findings,
    linked_name_findings,
    prose_findings,
    title_findings,
)
from newsletter.checks.places import is_readable
from newsletter.checks.rules import make_finding
from newsletter.checks.topics import named_topic_findings
from newsletter.domain.blocks import Block, BlockKind, ListedLink
from newsletter.domain.issue import Issue
from newsletter.domain.topics import Topics
from newsletter.domain.web_addresses import canonical_address
from newsletter.errors import Finding, Place

_FIELDS = ("title", "who", "where", "image_alt")
_TEXTS = {BlockKind.LINKS: "introduction", BlockKind.QUOTE: "quotation", BlockKind.IMAGE: "caption"}
_DETOUR = "url-detour"  # sponsors count who comes from where


def block_findings(block: Block, topics: Topics) -> Iterator[Finding]:
    """Yield a block's findings that don't depend on its issue. The reader of files has reported missing fields."""
    if not is_readable(block):
        return
    is_paid = block.kind is BlockKind.SPONSOR
    yield from (finding for finding in _findings(block) if not (is_paid and finding.rule == _DETOUR))
    yield from named_topic_findings(block, topics)


def all_blocks(blocks: Iterable[Block], issues: Iterable[Issue]) -> Iterator[Block]:
    """Yield the blocks that have files, used or not, and those that stand in issues."""
    yield from blocks
    yield from (block for issue in issues for block in issue.blocks if not block.slug)


def listed_link_findings(issue: Issue) -> Iterator[Finding]:
    """Yield links of lists that lead to the same page as an entry of the issue or another listed link."""
    if not any(block.links for block in issue.blocks):
        return
    first = {canonical_address(entry.url): f'the entry "{entry.slug}"' for entry in issue.entries}
    for block in issue.blocks:
        for link in block.links:
            address = canonical_address(link.url)
            if address and (earlier := first.get(address)):
                what = f'"{link.title}" has the same url as {earlier} in {issue.path}'
                yield make_finding("url-repeated", _place(block, link), what)
            first.setdefault(address, f'"{link.title}"')


def _findings(block: Block) -> Iterator[Finding]:
    place = block.place("text")
    if block.has_merge_fields:
        where = "note" if block.kind is BlockKind.NOTE else "sponsor's text"
        yield from addressed_findings(block.text, place, where)
    else:
        yield from prose_findings(block.text, place, _TEXTS[block.kind], quotation=block.kind is BlockKind.QUOTE)
    yield from field_findings(block, _FIELDS)
    yield from title_findings(block.title, block.place("title"))
    if block.url:
        yield from address_findings(block.url, block.place("url"), "the url")
    for link in block.links:
        yield from _link(link, _place(block, link))
    yield from image_address_findings(block)
    if block.kind is BlockKind.QUOTE and block.text.strip() and not (block.who or block.where):
        yield make_finding("quote-who", block.place(), "the quote has no `who`")


def _link(link: ListedLink, place: Place) -> Iterator[Finding]:
    yield from address_findings(link.url, place, "the url")
    yield from title_findings(link.title, place)
    for name, text in (("title", link.title), ("source", link.source), ("kind", link.kind)):
        yield from line_findings(text, place, name)
    yield from linked_name_findings(link.title, link.url, place, "title")


def _place(block: Block, link: ListedLink) -> Place:
    return Place(path=block.path, line=link.line)
