"""Collect the links that an issue sends to readers, with the quotations that their pages should have."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from newsletter.checks import Calendar
from newsletter.content import Manuscripts
from newsletter.domain.blocks import Block
from newsletter.domain.issue import Entry, Issue, Item, PassageKind
from newsletter.domain.markdown_parser import authors_markdown
from newsletter.errors import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """A quotation in Markdown, and where it is."""

    markdown: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingLink:
    """A link that readers get. ``subject`` names it in messages: "the link", "the gift link", "a link".

    ``item`` is the name of its entry or block, or empty. ``gift_of`` is the address of the page that a gift link opens,
    and ``paywall`` says that its entry has to be paid for.
    """

    url: str
    place: Place
    subject: str
    item: str = ""
    quotations: tuple[Quotation, ...] = ()
    gift_of: str = ""
    paywall: bool = False


def links_of_issue(issue: Issue) -> tuple[OutgoingLink, ...]:
    """Return the links of an issue: of its note, its entries and its blocks. Each address is in it once per place."""
    return (*_in_markdown(issue.note, issue.place("note"), ""), *links_of_items(issue.items))


def links_of_items(items: Iterable[Item]) -> tuple[OutgoingLink, ...]:
    """Return the links of entries and blocks."""
    return tuple(link for item in items for link in (_of_entry(item) if isinstance(item, Entry) else _of_block(item)))


def unsent_links(read: Manuscripts, calendar: Calendar) -> tuple[OutgoingLink, ...]:
    """Return the links that are still to be sent: of issues dated today or later, and of entries that are in none."""
    coming = [issue for issue in read.issues if issue.date >= calendar.today and not calendar.was_sent(issue)]
    used = {entry.slug for issue in read.issues for entry in issue.entries}
    unused = [entry for entry in read.entries.values() if entry.slug not in used]
    links = (*(link for issue in coming for link in links_of_issue(issue)), *links_of_items(unused))
    return tuple(dict.fromkeys(links))


def _of_entry(entry: Entry) -> Iterator[OutgoingLink]:
    quotations = tuple(
        Quotation(markdown=passage.markdown, place=Place(path=entry.path, line=passage.line))
        for passage in entry.passages
        if passage.kind is PassageKind.QUOTATION
    )
    if _is_web(entry.gift):
        place = entry.place("gift")
        yield OutgoingLink(
            url=entry.gift.strip(),
            place=place,
            subject="the gift link",
            item=entry.slug,
            quotations=quotations,
            gift_of=entry.url,
        )
    elif _is_web(entry.url):
        yield OutgoingLink(
            url=entry.url.strip(),
            place=entry.place("url"),
            subject="the link",
            item=entry.slug,
            quotations=quotations,
            paywall=entry.paywall,
        )
    for passage in entry.passages:
        yield from _in_markdown(passage.markdown, Place(path=entry.path, line=passage.line), entry.slug)


def _of_block(block: Block) -> Iterator[OutgoingLink]:
    if _is_web(block.url):
        yield OutgoingLink(url=block.url.strip(), place=block.place("url"), subject="the link", item=block.name)
    for link in block.links:
        if _is_web(link.url):
            place = Place(path=block.path, line=link.line)
            yield OutgoingLink(url=link.url.strip(), place=place, subject="a link", item=block.name)
    yield from _in_markdown(block.text, block.place("text"), block.name)


def _in_markdown(markdown: str, place: Place, item: str) -> Iterator[OutgoingLink]:
    if "://" not in markdown:
        return
    for block in authors_markdown().parse(markdown):
        for token in block.children or ():
            url = str(token.attrs.get("href", "")) if token.type == "link_open" else ""
            if _is_web(url) and "{{" not in url and "%7B%7B" not in url:
                yield OutgoingLink(url=url, place=place, subject="a link", item=item)


def _is_web(url: str) -> bool:
    return url.strip().lower().startswith(("http://", "https://"))
