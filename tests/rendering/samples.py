"""Invented issues in English and Hebrew that use every feature of the default theme, and a reader's values."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from newsletter.domain.blocks import Block, BlockKind, ListedLink
from newsletter.domain.issue import Entry, Issue, Passage, PassageKind, Section
from newsletter.domain.publication import Newsletter, ThemeSettings
from newsletter.message.mime import Email
from newsletter.message.template import fill_html, fill_text
from newsletter.rendering import load_theme, render, theme_names
from tests import make

NOWHERE = Path(__file__).parent / "golden"  # a root without templates: the packaged default theme

READER = {
    "subscriber.first_name": "Zoë & <Co>",
    "links.unsubscribe": "https://news.example.org/unsubscribe/2026-11-23/token",
    "links.preferences": "https://news.example.org/preferences/2026-11-23/token",
    "links.browser": "https://news.example.org/browser/2026-11-23/token",
}


def passages(framing: str, quotation: str = "") -> tuple[Passage, ...]:
    """Return a framing and, if it is not empty, a quotation."""
    parts = [Passage(kind=PassageKind.FRAMING, markdown=framing)]
    if quotation:
        parts.append(Passage(kind=PassageKind.QUOTATION, markdown=quotation))
    return tuple(parts)


SIGNAL = Entry(
    slug="signal-box",
    title="The last signal box & its kettle",
    url="https://example.org/review/signal-box?from=review&page=2",
    source="The Junction Review",
    author="Marguerite Osei",
    date=date(2026, 11, 17),
    topics=("Afghanistan", "nato", "Kettles"),
    image="https://example.org/images/box.jpg",
    image_alt="A signal box at dusk, one window lit",
    passages=passages(
        "For ninety years somebody has sat above the line at Nether Poole and pulled levers. "
        "Marguerite Osei spent the *last week* there, and [wrote it down](https://example.org/diary):",
        "[The signalman] makes tea for two trains a day. . . . Nobody has told the kettle.\n\n"
        'He said [the king](sic) had "passed once...." and would not be drawn further.',
    ),
)
CHALK = Entry(
    slug="chalk",
    title="Chalk",
    url="https://example.org/chalk",
    source="Slate & Co.",
    passages=passages(
        "Two links, [one](https://example.org/1) and [two](https://example.org/2).\n\n* a list\n* of two\n\n***\n\n"
        "And {{ subscriber.first_name }}, which is plain text here, with <b>no</b> tags & no entities."
    ),
)
OFFICE = Entry(
    slug="lost-property",
    title="A lost-property office keeps a philosophy",
    url="https://example.org/lost",
    source="Umbrella Quarterly",
    author="Jean-Baptiste Åkerlund",
    topics=("Asia",),
    passages=passages(
        "A short one, from an *office* that never throws anything away.", "We keep it. That is all. . . ."
    ),
)
HEBREW = Entry(
    slug="bridge",
    title="הגשר שמזמזם",
    url="https://example.org/bridge",
    source="The Pier (Review)",
    author="עדה כותבת",
    date=date(2026, 11, 17),
    topics=("גשרים", "NATO"),
    passages=passages(
        "כל גשר מזמזם, כותבת Ada Writer (לונדון), ומי שמקשיב *היטב* שומע מתי הוא עייף:",
        "[בחורף] הצליל גבוה יותר. . . .\n\nA sound bridge is dull to listen to.",
    ),
)


INTERVIEW = Entry(
    slug="interview",
    title="Ein Gespräch mit dem letzten Stellwerksmeister",
    url="https://example.org/interview",
    source="Radio Kurbel",
    author="Radio Kurbel",
    topics=("Railways",),
    label="listen",
    language="de",
    kind="audio",
    minutes=42,
    gift="https://example.org/interview?gift=1",
    passages=passages("He has pulled the same lever since 1971.", "Der Hebel zieht auch an mir."),
)
BLOCKS = (
    Block(
        kind=BlockKind.NOTE,
        title="A word in between",
        text='{{ subscriber.first_name | default("Reader") }}, *listen*.',
    ),
    Block(
        kind=BlockKind.LINKS,
        title="Also seen",
        text="Short ones, for the way home:",
        links=(
            ListedLink(title="A kettle & its cup", url="https://example.org/kettle", source="The Junction Review"),
            ListedLink(title="Nine clocks that never agreed", url="https://example.org/clocks?a=1&b=2", kind="video"),
            ListedLink(title="הגשר שמזמזם", url="https://example.org/bridge", source="The Pier (Review)"),
        ),
    ),
    Block(
        kind=BlockKind.QUOTE,
        text="A timetable is a promise that a stranger made to you. . . .\n\nI keep mine.",
        who="Marguerite Osei",
        where="The Junction Review",
        url="https://example.org/promise",
    ),
    Block(
        kind=BlockKind.SPONSOR,
        title="Lantern & Sons",
        text="Lamps for people who read *at night*. [See the small one](https://example.org/small).",
        url="https://example.org/lamps",
        image="https://example.org/images/lamp.jpg",
        image_alt="A reading lamp on a windowsill",
    ),
    Block(
        kind=BlockKind.IMAGE,
        text="The yard at *Nether Poole* in 1931",
        url="https://example.org/yard",
        image="https://example.org/images/yard.jpg",
        image_alt="A goods yard in the rain",
    ),
)


def everything() -> tuple[Issue, Newsletter]:
    """Return an issue with every kind of block and every field of an entry."""
    paid = replace(CHALK, minutes=6, paywall=True)
    note, *others = BLOCKS
    sections = (
        Section(title="In the yard", items=(SIGNAL, note, INTERVIEW)),
        Section(title=None, items=(*others, paid, OFFICE)),
        Section(title="The end", items=(replace(note, title="", text="That is all. Write to us."),)),
    )
    return make.issue(sections=sections), make.newsletter()


def english() -> tuple[Issue, Newsletter]:
    """Return an issue with two sections, one without a heading, and a note with a greeting."""
    issue = make.issue(
        sections=(Section(title="In the yard", items=(SIGNAL, CHALK)), Section(title=None, items=(OFFICE,))),
        note='Good morning, {{ subscriber.first_name | default("reader") }}.\n\nThree quiet things today.',
    )
    return issue, make.newsletter()


def hebrew() -> tuple[Issue, Newsletter]:
    """Return an issue written from right to left, with Latin words in it."""
    issue = make.issue(
        subject="גשרים וקומקומים",
        preheader="ועוד דברים שקטים",
        sections=(Section(title="בעיר", items=(HEBREW, SIGNAL)),),
        note='בוקר טוב, {{ subscriber.first_name | default("קוראים יקרים") }}.',
    )
    return issue, make.newsletter(name="העיתון השקט", language="he", postal_address="רחוב המבחן 1, Testville")


def in_theme(theme: str) -> tuple[Issue, Newsletter]:
    """Return the issue with every kind of block and every field of an entry, in another theme of the program."""
    issue, newsletter = everything()
    return issue, replace(newsletter, theme=ThemeSettings(name=theme))


def email(issue: Issue, newsletter: Newsletter) -> Email:
    """Render an issue with the theme that the newsletter names; by default, the program's default theme."""
    return render(issue, newsletter, load_theme(NOWHERE, newsletter))


def page(issue: Issue, newsletter: Newsletter, reader: Mapping[str, str] = READER) -> str:
    """Return an issue's HTML as one reader gets it."""
    return fill_html(email(issue, newsletter).html, reader)


def text(issue: Issue, newsletter: Newsletter) -> str:
    """Return an issue's text as one reader gets it."""
    return fill_text(email(issue, newsletter).text, READER)


GOLDEN: Mapping[str, Callable[[], tuple[Issue, Newsletter]]] = {
    "english": english,
    "everything": everything,
    "hebrew": hebrew,
    **{theme: partial(in_theme, theme) for theme in theme_names(NOWHERE) if theme != "default"},
}


def golden(name: str) -> dict[str, str]:
    """Return the content of an issue's golden files by their names."""
    return {f"{name}.html": page(*GOLDEN[name]()), f"{name}.txt": text(*GOLDEN[name]())}
