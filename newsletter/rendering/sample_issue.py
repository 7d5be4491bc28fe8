"""Invented issues for checking themes: a full one with every field, and a bare one."""

import datetime
from dataclasses import replace

from newsletter.domain.issue import Entry, Issue, Passage, PassageKind, Section
from newsletter.domain.publication import Newsletter


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
        passages=(
            Passage(kind=PassageKind.FRAMING, markdown="A framing with *stress* and a [link](https://example.org/):"),
            Passage(kind=PassageKind.QUOTATION, markdown="[The] first paragraph. . . .\n\nThe second."),
        ),
    )
    bare = replace(entry, author=None, date=None, topics=(), image=None, image_alt=None, passages=entry.passages[:1])
    full_issue = Issue(
        slug="2026-11-23",
        date=datetime.date(2026, 11, 23),
        subject="A specimen",
        preheader="What a theme makes of everything.",
        number=144,
        note='Good morning, {{ subscriber.first_name | default("reader") }}.',
        sections=(Section(title="First", items=(entry, bare)), Section(title=None, items=(entry,))),
    )
    bare_issue = Issue(
        slug="2026-11-24", date=full_issue.date, subject="A specimen", sections=(Section(title=None, items=(bare,)),)
    )
    return full_issue, bare_issue
