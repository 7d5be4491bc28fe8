"""The gallery's issues: the sample newsletter's own, with blocks and pictures, and one in Hebrew."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from newsletter import content, settings
from newsletter.domain.blocks import Block, BlockKind, ListedLink
from newsletter.domain.issue import Entry, Issue, Passage, PassageKind, Section
from newsletter.domain.publication import Newsletter

ROOT = Path(__file__).parents[2]
PICTURES = "https://example.org/gallery/"

Made = tuple[Issue, Newsletter]

SPONSOR = Block(
    kind=BlockKind.SPONSOR,
    title="Halyard & Daughters",
    url="https://example.org/halyard",
    text="Rope, twine and the right knot for it. Our winter catalogue weighs 400 grams, and every page ties in a bow.",
)
QUOTE = Block(
    kind=BlockKind.QUOTE,
    text="Nobody reads a timetable for pleasure until the train has been cancelled.",
    who="Ines Marlow",
    where="a letter to the editors",
)
LINKS = Block(
    kind=BlockKind.LINKS,
    title="Also read",
    links=(
        ListedLink(
            title="The town that voted on its own noise", url="https://example.org/noise", source="Parish & Port"
        ),
        ListedLink(
            title="How to fold a map so that it stays folded", url="https://example.org/fold", source="The Legend"
        ),
        ListedLink(title="A short history of the second spoon", url="https://example.org/spoon", source="Table Talk"),
        ListedLink(
            title="What the lighthouse keeper’s cat was paid, and by whom",
            url="https://example.org/cat",
            source="The Pier",
        ),
    ),
)
GOODBYE = Block(
    kind=BlockKind.NOTE,
    text="That is all for today. If somebody sent you this, they think well of you: *see if they are right*.",
)
PICTURE = Block(
    kind=BlockKind.IMAGE,
    image=f"{PICTURES}sea-wide.jpg",
    image_alt="The harbour at dusk, with hills behind it",
    text="The harbour at a quarter past five. Photograph: Tomas Reyl.",
)


@cache
def _manuscripts() -> tuple[Newsletter, Mapping[str, Entry], Issue]:
    read = content.read_manuscripts(ROOT)
    return settings.load(ROOT).newsletter, read.entries, read.issues[-1]


def _with_facts(entry: Entry, at: int) -> Entry:
    """Return an entry with a reading time, and some with a label, a kind or a paywall, or without a quotation."""
    facts: Mapping[int, Mapping[str, Any]] = {
        2: {"label": "listen", "kind": "audio", "minutes": 34},
        4: {"paywall": True},
        6: {"label": "watch", "kind": "video", "minutes": 12},
        7: {"kind": "paper"},
    }
    plain: Mapping[str, Any] = {"label": "", "kind": "", "paywall": False, "gift": "", "image": None, "image_alt": None}
    changes: dict[str, Any] = {**plain, "minutes": 4 + at * 7 % 13, **facts.get(at, {})}
    if at in (2, 3, 5, 7):
        framing = entry.passages[0]
        changes["passages"] = (replace(framing, markdown=framing.markdown.rstrip(":") + "."),)
    return replace(entry, **changes)


def usual() -> Made:
    """Return eight entries in three sections, with a block of each kind but a picture."""
    newsletter, _, latest = _manuscripts()
    sections, at = [], 0
    for section in latest.sections:
        entries = [_with_facts(entry, at + 1 + place) for place, entry in enumerate(section.entries)]
        at += len(entries)
        sections.append(replace(section, items=tuple(entries)))
    first, second, third = sections
    return replace(
        latest,
        sections=(
            replace(first, items=(*first.items, SPONSOR)),
            replace(second, items=(*second.items, QUOTE)),
            third,
            Section(title=None, items=(LINKS, GOODBYE)),
        ),
    ), newsletter


def long() -> Made:
    """Return thirty entries of the sample newsletter in five sections."""
    newsletter, entries, latest = _manuscripts()
    listed = [_with_facts(entry, at % 9) for at, entry in enumerate(islice(entries.values(), 30))]
    titles = ("In the city", "A closer look", "Page and stage", "At table", "Out of doors")
    sections = tuple(Section(title=title, items=tuple(listed[at::5])) for at, title in enumerate(titles))
    return replace(latest, sections=sections, subject="Thirty things for a long Sunday"), newsletter


def single() -> Made:
    """Return an issue of one entry, without a number."""
    newsletter, entries, latest = _manuscripts()
    entry = _with_facts(entries["night-train-returns"], 1)
    note = (
        'Good morning, {{ subscriber.first_name | default("reader") }}.\n\n'
        "My grandfather kept timetables the way other people keep letters. He had one for every line that had ever"
        " stopped at our station, including the three that no longer did, and on winter evenings he would plan a"
        " journey by them: out on the 18:04, an hour among the pigeons at the junction, and then the sleeper, which"
        " arrived in 1957.\n\n"
        "I used to think that it was the past he was after. But he never looked out of the window on these journeys,"
        " and he never stayed anywhere. What he liked was the *connection*: that somebody had once sat down and made"
        " sure that one train would wait for another.\n\n"
        "There is only one piece today, and it is about that. Make tea first."
    )
    return replace(
        latest, number=None, note=note, subject="The night train", sections=(Section(title=None, items=(entry,)),)
    ), newsletter


def pictures() -> Made:
    """Return entries with pictures, one of them tall, a picture with a caption and a sponsor's poster."""
    newsletter, entries, latest = _manuscripts()
    chosen = {
        "night-train-returns": ("night-wide", "A railway line at night, below a full moon"),
        "one-spoonful-of-soil": ("soil-wide", "Bare fields in low light"),
        "reading-the-new-ice": ("snow-wide", "Frozen hills under a pale sun"),
        "shade-as-public-work": ("tree-tall", "A green valley in the morning"),
    }
    items = [
        replace(_with_facts(entries[slug], at + 1), image=f"{PICTURES}{name}.jpg", image_alt=alt)
        for at, (slug, (name, alt)) in enumerate(chosen.items())
    ]
    poster = replace(SPONSOR, image=f"{PICTURES}poster-poster.jpg", image_alt="Hills in the colours of rope")
    sections = (
        Section(title="In pictures", items=(*items[:2], poster)),
        Section(title="Farther out", items=(items[2], PICTURE, items[3])),
    )
    return replace(latest, sections=sections, subject="Night trains, in pictures"), newsletter


def hebrew() -> Made:
    """Return an issue that runs from right to left, with Latin words and an English entry in it."""
    newsletter, entries, latest = _manuscripts()

    def entry(slug: str, title: str, source: str, author: str, framing: str, quotation: str) -> Entry:
        passages = (
            Passage(kind=PassageKind.FRAMING, markdown=framing),
            Passage(kind=PassageKind.QUOTATION, markdown=quotation),
        )
        url = f"https://example.org/{slug}"
        return Entry(slug=slug, title=title, url=url, source=source, author=author, passages=passages, minutes=6)

    city = (
        entry(
            "bridge",
            "הגשר שמזמזם",
            "רבעון הנמל",
            "עדה כותבת",
            "כל גשר מזמזם, ומי שמקשיב *היטב* שומע מתי הוא עייף. עדה כותבת הקשיבה לגשר אחד לאורך שנה:",
            "בחורף הצליל גבוה יותר. בקיץ הוא יורד, כאילו הברזל נשען לאחור.",
        ),
        replace(
            entry(
                "train",
                "רכבת הלילה חוזרת",
                "The Junction Review",
                "נועם לוי",
                "אחרי עשרים שנה שוב נוסעים בלילה, וגם מאמר ישן ב-The Junction Review מסביר למה:",
                "נרדמים בשפה אחת ומתעוררים בשפה אחרת.",
            ),
            label="listen",
            kind="audio",
        ),
    )
    home = (
        entry(
            "soil",
            "כף אחת של אדמה",
            "שדה ובית",
            "מאיה ברק",
            "בכף אחת יש יותר דיירים מאשר בעיר. מאיה ברק ספרה אותם, ואחר כך החזירה אותם למקומם:",
            "לא מצאתי דבר שאפשר לזרוק.",
        ),
        replace(entries["after-the-last-note"], passages=entries["after-the-last-note"].passages[:1]),
    )
    links = Block(
        kind=BlockKind.LINKS,
        title="עוד לקריאה",
        links=(
            ListedLink(title="העיר שהצביעה על הרעש שלה", url="https://example.org/noise", source="נמל וכפר"),
            ListedLink(title="How to fold a map", url="https://example.org/fold", source="The Legend"),
            ListedLink(title="תולדות הכפית השנייה", url="https://example.org/spoon", source="שיחות שולחן"),
        ),
    )
    issue = replace(
        latest,
        subject="גשרים, רכבות וכף אחת של אדמה",
        preheader="ועוד דברים שקטים",
        note="בוקר טוב. ארבעה דברים שקטים להיום, ואחד מהם בלילה. אם יש לכם זמן רק לאחד, קחו את הרכבת.",
        sections=(
            Section(title="בעיר", items=city),
            Section(title="בבית", items=(*home, links)),
        ),
        date=date(2026, 11, 23),
        segments=(),
        pinned=frozenset(),
    )
    return issue, replace(
        newsletter, name="הפנס היומי", language="he", postal_address="הפנס היומי, רחוב הנמל 14, פורט אלרי"
    )


def briefly(issue: Issue) -> Issue:
    """Return an issue with a sentence for each entry, and no quotations."""
    sections = [
        replace(section, items=tuple(_brief(item) if isinstance(item, Entry) else item for item in section.items))
        for section in issue.sections
    ]
    return replace(issue, sections=tuple(sections))


def _brief(entry: Entry) -> Entry:
    framing = entry.passages[0]
    sentence = re.split(r"(?<=[.?]) ", framing.markdown, maxsplit=1)[0].rstrip(":")
    return replace(entry, passages=(replace(framing, markdown=sentence),))


ISSUES: Mapping[str, Callable[[], Made]] = {
    "usual": usual,
    "long": long,
    "single": single,
    "hebrew": hebrew,
    "pictures": pictures,
}
