"""Invented issues for checking themes: a full one with every field, and a bare one."""

import datetime
from dataclasses import replace

from newsletter.domain.blocks import Block, BlockKind, ListedLink
from newsletter.domain.issue import Entry, Issue, Passage, PassageKind, Section
from newsletter.domain.publication import Newsletter

SPECIMENS = {kind: f"Specimen {kind.value}" for kind in BlockKind}


def sample_issues(newsletter: Newsletter) -> tuple[Issue, ...]:
    """Return a full issue and a bare one."""
    entry = Entry(
        slug="specimen",
        title="A title of some length, with “quotes” & an ampersand",
        url="https://example.org/specimen",
        source="The Specimen Review",
        author="Ada Writer",
        date=datetime.date(2026, 11, 17),
        topics=tuple(topic.slug for topic in newsletter.topics)[:2] or ("Specimens", "Examples"),
        image="https://example.org/specimen.jpg",
        image_alt="A specimen",
        label="listen",
        language="he",
        kind="audio",
        minutes=12,
        paywall=True,
        gift="https://example.org/specimen?gift",
        passages=(
            Passage(kind=PassageKind.FRAMING, markdown="A framing with *stress* and a [link](https://example.org/):"),
            Passage(kind=PassageKind.QUOTATION, markdown="[The] first paragraph. . . .\n\nThe second."),
        ),
    )
    bare = Entry(
        slug="bare",
        title=entry.title,
        url=entry.url,
        source=entry.source,
        paywall=True,
        passages=entry.passages[:1],
    )
    full_issue = Issue(
        slug="2026-11-23",
        date=datetime.date(2026, 11, 23),
        subject="A specimen",
        preheader="What a theme makes of everything.",
        number=144,
        note='Good morning, {{ subscriber.first_name | default("reader") }}.',
        sections=(
            Section(title="First", items=(entry, bare, *_blocks(entry.topics))),
            Section(title=None, items=(entry, *_blocks(()))),
        ),
    )
    bare_issue = Issue(
        slug="2026-11-24", date=full_issue.date, subject="A specimen", sections=(Section(title=None, items=(bare,)),)
    )
    return full_issue, bare_issue


def _blocks(topics: tuple[str, ...]) -> tuple[Block, ...]:
    """Return a block of each kind with all its fields; its words are those of ``SPECIMENS``."""
    link = ListedLink(
        title="A listed specimen", url="https://example.org/listed", source="The Specimen Review", kind="video"
    )
    url, image, image_alt = "https://example.org/", "https://example.org/specimen.jpg", "A specimen"
    return tuple(
        replace(block, text=SPECIMENS[block.kind], topics=topics)
        for block in (
            Block(kind=BlockKind.NOTE, title="A title"),
            Block(kind=BlockKind.LINKS, title="A title", links=(link, link)),
            Block(kind=BlockKind.QUOTE, url=url, who="Ada Writer", where="The Specimen Review"),
            Block(kind=BlockKind.SPONSOR, title="Specimens & Sons", url=url, image=image, image_alt=image_alt),
            Block(kind=BlockKind.IMAGE, url=url, image=image, image_alt=image_alt),
        )
    )
