"""Build the views of a section's items: entries and blocks with their prose finished."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import count, zip_longest

from newsletter.domain.blocks import Block, BlockKind
from newsletter.domain.issue import Entry, Issue, PassageKind
from newsletter.domain.item_positions import heading_positions, item_positions
from newsletter.message.edition_slots import number_slot
from newsletter.message.template import Slot
from newsletter.rendering.bidi import direction_of_title
from newsletter.rendering.clean_text import clean, one_line, web_address
from newsletter.rendering.link_words import access_notes, kind_words, link_target, link_words, verb
from newsletter.rendering.markdown_direction import direction_of_block
from newsletter.rendering.prose_writer import ProseWriter, quoted
from newsletter.rendering.views import (
    BlockView,
    ContentsRow,
    ContentsView,
    EntryView,
    Label,
    LinkView,
    PassageView,
    SectionView,
    TopicView,
)
from newsletter.translation.locales import direction_of

CONTENTS_FROM = 4  # entries; fewer are seen at a glance


class ItemBuilder:
    """A builder of an issue's sections for one part of the email. ``labels`` are the theme's."""

    def __init__(self, prose: ProseWriter, labels: Mapping[str, Label]) -> None:
        self._prose, self._labels = prose, labels

    def sections(self, issue: Issue) -> Iterator[SectionView]:
        """Yield the sections."""
        indices = count()
        for section, positions in zip(issue.sections, item_positions(issue), strict=True):
            title = one_line(section.title or "")
            level = 3 if title else 2
            items = tuple(
                self._entry(item, index, at, level)
                if isinstance(item, Entry)
                else self._block(item, issue, index, at, level)
                for item, at, index in zip(section.items, positions, indices, strict=False)
            )
            yield SectionView(title=title, items=items, positions=heading_positions(positions))

    # Entries ----------------------------------------------------------------------------------------------------------

    def _entry(self, entry: Entry, index: int, positions: tuple[int, ...], level: int) -> EntryView:
        prose = self._prose
        title, source, author = one_line(entry.title), one_line(entry.source), one_line(entry.author or "")
        date = [prose.date(entry.date)] if entry.date else []
        writer = [prose.isolate(author)] if author not in ("", source) else []
        access = list(access_notes(self._labels, entry))
        own = direction_of(entry.language) if entry.language else ""
        gift = web_address(entry.gift)
        return EntryView(
            title=title,
            url=link_target(entry),
            source=source,
            author=author,
            date="".join(date),
            facts=(*writer, *date, *access),
            undated_facts=(*writer, *access),
            image=web_address(entry.image or ""),
            image_alt=one_line(entry.image_alt or ""),
            image_size=entry.image_size,
            topics=tuple(self._topic(topic) for topic in entry.topics),
            passages=tuple(self._passages(entry, own)),
            language=entry.language,
            direction=own or direction_of_title(title, prose.direction),
            kind=one_line(entry.kind),
            label=verb(self._labels, entry),
            more=link_words(self._labels, entry),
            minutes=entry.minutes,
            paywall=entry.paywall and not gift,
            gift=bool(gift),
            level=level,
            number=prose.placeholders.slot(Slot(number_slot(positions[0]))),
            index=index,
            positions=positions,
        )

    def _topic(self, name: str) -> TopicView:
        topic = self._prose.newsletter.topics.resolve(name)
        url = f"{self._prose.newsletter.base_url}/topics/{topic.slug}/"
        return TopicView(name=self._prose.unbroken(one_line(topic.name)), url=url)

    def _passages(self, entry: Entry, own: str) -> Iterable[PassageView]:
        """Yield an entry's passages. ``own`` is the direction of its language, or "" if the file states none."""
        waiting, announced = "", False
        for passage, following in zip_longest(entry.passages, entry.passages[1:]):
            quotation, markdown = passage.kind is PassageKind.QUOTATION, clean(passage.markdown)
            known = own if quotation else ""
            if self._prose.markup:
                body = self._prose.plain(markdown, known)
            else:
                quotation_follows = following is not None and following.kind is PassageKind.QUOTATION
                text, addresses = self._prose.before_quotation(
                    markdown, quotation_follows=quotation_follows, direction=known
                )
                body = quoted(text) if quotation else text
                body = f"{body}\n\n{waiting}" if waiting else body
                waiting = addresses
            yield PassageView(
                quotation=quotation,
                body=body,
                direction=known or direction_of_block(markdown, self._prose.direction),
                language=entry.language if quotation else "",
                announced=quotation and announced,
            )
            announced = passage.announces

    # Blocks -----------------------------------------------------------------------------------------------------------

    def _block(self, block: Block, issue: Issue, index: int, positions: tuple[int, ...], level: int) -> BlockView:
        prose, title = self._prose, one_line(block.title)
        if block.has_merge_fields:
            body = prose.addressed(block.text, issue)
        elif block.kind is BlockKind.QUOTE:
            body = prose.quotation(block.text)
        else:
            body = prose.plain(block.text)
        return BlockView(
            kind=block.kind.value,
            title=title,
            body=body,
            direction=direction_of_block(clean(block.text), prose.direction),
            who=one_line(block.who),
            where=one_line(block.where),
            url=web_address(block.url),
            links=tuple(self._links(block)),
            image=web_address(block.image or ""),
            image_alt=one_line(block.image_alt or ""),
            image_size=block.image_size,
            level=level,
            index=index,
            positions=positions,
        )

    def _links(self, block: Block) -> Iterator[LinkView]:
        for link in block.links:
            title = one_line(link.title)
            yield LinkView(
                title=title,
                url=web_address(link.url),
                source=self._prose.unbroken(one_line(link.source)),
                kind=kind_words(self._labels, link.kind, self._prose.newsletter.language),
                direction=direction_of_title(title, self._prose.direction),
            )


def contents_of(sections: tuple[SectionView, ...], prose: ProseWriter) -> ContentsView | None:
    """Return the contents. Short issues get contents too, because editions are cut from the full issue."""
    entries = [entry for section in sections for entry in section.entries]
    if not entries:
        return None
    rows = tuple(
        ContentsRow(
            number=entry.number,
            title=entry.title,
            url=entry.url,
            source=prose.unbroken(entry.source),
            index=entry.index,
            positions=entry.positions,
            least=CONTENTS_FROM,
        )
        for entry in entries
    )
    return ContentsView(rows=rows, positions=tuple(range(len(rows))), least=CONTENTS_FROM)
