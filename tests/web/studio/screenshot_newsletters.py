"""The newsletters of the studio's screenshots: empty, typical, full and broken, each with a git history.

Everything in them is invented, and the same at every run: texts, authors, dates and commits.
"""

import io
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from newsletter import bootstrap, settings
from newsletter.__main__ import main
from newsletter.domain.captured_links import LinkFacts
from newsletter.domain.people import Person
from newsletter.domain.reviews import CommentedKind
from newsletter.publishing.reviews.review_comments import add_comment, resolve_comment
from newsletter.publishing.reviews.review_decisions import record_proof
from newsletter.publishing.sends.send_preparing import compose_issue
from newsletter.web.preview.app import preview_settings
from tests.git.repositories import Checkout
from tests.web.preview.running_preview import NewsletterFolder
from tests.web.studio.screenshot_readers import add_many, add_some
from tests.web.studio.sent_history import write_history

SAMPLE = Path(__file__).parents[3]
TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 7, 41, tzinfo=UTC)  # a Sunday; the sample's last issue is Monday's
TOMORROW = "2026-11-23"
ENTRY = "night-train-returns"
ADA = ("Ada Marsh", "ada@lantern.example.org")
ROBIN = ("Robin Vale", "robin@lantern.example.org")

_PIECE = """\
An aeroplane gives you back the hours it did not use. A night train does something odder: it takes the hours you were
not using anyway and spends them on distance.

You lie down in one language and sit up in another, and at no point in between has anyone asked you to take off your
belt. The sheets are thin and the tea is strong.

The attendant on the northern line has worked it for twenty-six years. “Back then they asked me when we would arrive,”
she says. “Now they ask whether we could arrive a little later.”

At the last stop before dawn she switches off the corridor lamps one by one, though a single switch would do, because a
few of her passengers like to watch the fields come up out of the dark.

The timetable was made by people who liked arriving. You can tell by the minutes, which are never round.
"""
PARAGRAPHS = tuple(" ".join(paragraph.split()) for paragraph in _PIECE.split("\n\n"))
_LINKS = (
    LinkFacts(
        title="The lighthouse that answers letters",
        source="The Breakwater Almanac",
        author="Odile Ferrant",
        date=date(2026, 11, 20),
        language="en",
        minutes=9,
        origins={"title": "OpenGraph", "author": "JSON-LD", "date": "JSON-LD"},
    ),
    LinkFacts(
        title="Was die Moore noch wissen",
        source="Torf & Tal",
        author="Jorin Aldag",
        date=date(2026, 11, 19),
        language="de",
        minutes=14,
        paywall=True,
    ),
    LinkFacts(
        title="The quiet return of the night train",
        source="The Meridian Review",
        author="Ada Lindqvist",
        canonical_url="https://example.org/meridian-review/night-train",
        date=date(2026, 11, 17),
        language="en",
        minutes=12,
    ),
    LinkFacts(title="How a village kept its clock five minutes slow", source="Slow Pendulum", minutes=6, language="en"),
)
_LONG = (
    "An exceptionally thorough account of how eleven municipalities between the estuary and the hills came to share "
    "one timetable, one bell and, for nine years, one very patient stationmaster"
)
_HEBREW = "הרכבת שיוצאת בחצות, והאנשים שמחכים לה על הרציף בלי לדעת בדיוק לאן היא נוסעת"
_TOPICS = ("Railways", "Biology", "Architecture", "Maps", "Music", "Food")


def typical(root: Path) -> None:
    """Write the sample newsletter with readers, links that wait, an issue that is begun, and changes by two editors."""
    _copy_sample(root)
    _repository(root)
    entry, issue = root / f"issues/entries/{ENTRY}.md", root / f"issues/{TOMORROW}.md"
    texts = entry.read_text(encoding="utf-8"), issue.read_text(encoding="utf-8")
    entry.write_text(
        texts[0].replace("came home convinced that the night train sells", "thinks that the night train offers"),
        encoding="utf-8",
    )
    issue.write_text(
        texts[1].replace("Night trains, tired bridges and a spoonful of soil", "Night trains"), encoding="utf-8"
    )
    _commit(root, "Import picks of the week", ADA, NOW - timedelta(days=2, hours=1))
    entry.write_text(texts[0].replace("topics: [Railways, Travel, Cities]", "topics: [Railways]"), encoding="utf-8")
    _commit(root, "Edit The quiet return of the night train: framing", ADA, NOW - timedelta(hours=14))
    _mail_proof(root)
    entry.write_text(texts[0], encoding="utf-8")
    issue.write_text(texts[1], encoding="utf-8")
    _commit(
        root,
        "Edit The quiet return of the night train: topics; 2026-11-23: subject",
        ROBIN,
        NOW - timedelta(minutes=52),
    )
    NewsletterFolder(root=root).issue("2026-11-24", "lunch-for-four-hundred", number=145, subject="", preheader="")
    _commit(root, "Create issue 2026-11-24", ROBIN, NOW - timedelta(minutes=20))
    _import_readers(root)
    add_some(root, NOW)
    _catch(root, _LINKS, ENTRY)
    sent = [f"2026-11-{number:02}" for number in range(9, 22)]
    pieces = [path.stem for path in sorted((root / "issues/entries").glob("*.md"))[:12]]
    write_history(
        root, until=TODAY, days=200, issues=sent, entries=pieces, topics=("transport", "music", "maps", "food")
    )
    _comment(root, 2)


def empty(root: Path) -> None:
    """Write the settings of the sample newsletter, without an entry or issue."""
    shutil.copy(SAMPLE / "newsletter.toml", root)
    (root / "issues/entries").mkdir(parents=True)
    _repository(root)
    _commit(root, "Begin a newsletter", ADA, NOW - timedelta(hours=1))


def full(root: Path) -> None:
    """Write a hundred entries, thirty of them in one issue, with long titles and some from right to left."""
    _copy_sample(root)
    folder = NewsletterFolder(root=root)
    slugs = [f"piece-{number:03}" for number in range(100)]
    for number, slug in enumerate(slugs):
        folder.entry(
            slug,
            title=_title(number),
            source=("The Meridian Review", "Transactions of the Society for Slow Railways and Quiet Stations")[
                number % 2
            ],
            url=f"https://example.org/{'a-very-long-path-' * (number % 4)}{slug}",
            topics=[_TOPICS[number % 6], _TOPICS[(number + 1) % 6]],
            language="he" if number % 7 == 3 else None,
            minutes=number % 23 + 1,
            paywall=True if number % 5 == 0 else None,
        )
        os.utime(root / f"issues/entries/{slug}.md", (1_700_000_000 + number,) * 2)
    sections = [
        {"title": "In the city", "entries": slugs[:8]},
        {"title": "A heading for a section that has more to say than fits into one line", "entries": slugs[8:18]},
        {"title": "מדור בעברית", "entries": slugs[18:26]},
        {"entries": slugs[26:30]},
    ]
    subject = f"{_LONG}, and a good deal more"
    folder.issue(TOMORROW, number=144, subject=subject, preheader=_LONG, sections=sections, entries=None)
    for day in range(24, 31):
        folder.issue(f"2026-11-{day}", *slugs[day : day + 5], number=day + 121, subject=_title(day))
    _repository(root)
    _commit(root, "Import a hundred picks", ADA, NOW - timedelta(days=1))
    _many_tables(root / "newsletter.toml")
    piece = root / "issues/entries/piece-001.md"
    for number in range(24):
        piece.write_text(f"{piece.read_text(encoding='utf-8')}\nAnd sentence {number}.\n", encoding="utf-8")
        _commit(root, f"Edit {_title(1)}: framing", (ADA, ROBIN)[number % 2], NOW - timedelta(hours=24 - number))
    _import_readers(root)
    sent = [(TODAY - timedelta(days=number)).isoformat() for number in range(100, 0, -1)]
    followed = [topic.lower() for topic in _TOPICS]
    write_history(root, until=TODAY, days=900, issues=sent, entries=slugs[:30], topics=followed)
    add_some(root, NOW)
    add_many(root, NOW)
    _catch(root, [replace(_LINKS[number % 4], title=_title(number)) for number in range(40)], "piece-003")
    _mail_proof(root)
    _comment(root, 30, "piece-003", _LONG)


def _many_tables(file: Path) -> None:
    """Add a hundred topics and segments, with long names and some from right to left."""
    tables = [file.read_text(encoding="utf-8")]
    for number in range(100):
        parent = f'parent = "subject-{number - number % 10:03}"\n' if number % 10 else ""
        tables.append(f'[topics.subject-{number:03}]\nname = "{_title(number)[:60]} ({number})"\n{parent}')
        rule = 'language = "de" and (joined within 30 days or attribute.plan in ("pro", "team"))'
        lists = f'any = ["music", "subject-{number:03}"]\nnone = ["travel"]\n' if number % 2 else ""
        where = f"where = '{rule}'\n" if number % 3 == 1 or not lists else ""
        tables.append(f'[segments.segment-{number:03}]\nname = "{_title(number)[:80]}"\n{lists}{where}')
    text = "\n".join(tables).replace(
        "\n# The address of the public", '\nattributes = ["plan"]\n\n# The address of the public', 1
    )
    file.write_text(text, encoding="utf-8")


def broken(root: Path) -> None:
    """Write a newsletter whose files have mistakes: an entry that can't be read, a broken theme, and findings."""
    typical(root)
    folder = NewsletterFolder(root=root)
    (root / "issues/entries/listening-to-bridges.md").write_text(
        '---\ntitle: "Listening to bridges\nurl: https://example.org/bridges\ntopics: [Cities\n---\nWords.\n',
        encoding="utf-8",
    )
    folder.entry("no-source", source=None, url="http:/example.org/broken", topics=["Nonsense", "Railways"])
    folder.entry(
        "doubled-word", title="THE WHOLE TITLE IS IN CAPITALS", body="A framing framing, which says:\n\n> TODO\n"
    )
    folder.issue(
        "2026-11-24", "no-source", "doubled-word", "missing-entry", number=144, subject="Re: TODO", preheader=""
    )
    theme = root / "templates/email/default/issue.mjml"
    theme.parent.mkdir(parents=True)
    theme.write_text("<mjml><mj-body>{% for %}</mj-body></mjml>\n", encoding="utf-8")


STATES: dict[str, Callable[[Path], None]] = {"empty": empty, "typical": typical, "full": full, "broken": broken}


def piece_page(title: str = "The quiet return of the night train") -> str:
    """Return the page of a piece as HTML."""
    body = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta property="og:title" content="{title}"><meta property="og:site_name" content="The Meridian Review">'
        '<meta property="article:published_time" content="2026-11-17T08:00:00Z">'
        '<meta name="author" content="Ada Lindqvist"></head>'
        f"<body><article><h1>{title}</h1>{body}</article></body></html>"
    )


def _title(number: int) -> str:
    if number % 7 == 3:
        return _HEBREW
    return f"{_LONG} ({number})" if number % 3 == 0 else f"A short piece about tides, part {number}"


def _copy_sample(root: Path) -> None:
    shutil.copy(SAMPLE / "newsletter.toml", root)
    shutil.copytree(SAMPLE / "issues", root / "issues")
    for number, path in enumerate(sorted((root / "issues").rglob("*.md"))):
        os.utime(path, (1_700_000_000 + number,) * 2)


def _repository(root: Path) -> None:
    checkout = Checkout(root.parent / f"{root.name}-home", root)
    checkout.write(".gitignore", "newsletter.db*\n.newsletter/\n")
    checkout.git("init", "--quiet", "--initial-branch=main")
    checkout.git("config", "user.name", ADA[0])
    checkout.git("config", "user.email", ADA[1])


def _commit(root: Path, message: str, author: tuple[str, str], at: datetime) -> None:
    checkout = Checkout(root.parent / f"{root.name}-home", root)
    variables = {
        f"GIT_{role}_{name}": value
        for role in ("AUTHOR", "COMMITTER")
        for name, value in (("NAME", author[0]), ("EMAIL", author[1]), ("DATE", at.isoformat()))
    }
    checkout.git("add", "--all")
    checkout.git("commit", "--quiet", f"--message={message}", variables=variables)


def _import_readers(root: Path) -> None:
    command = ["-C", str(root), "subscribers", "import", str(SAMPLE / "docs/samples/readers.csv")]
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), pytest.raises(SystemExit) as left:
        main(command)
    assert left.value.code == 0


def _mail_proof(root: Path) -> None:
    """Record that Robin has mailed a proof of tomorrow's issue as it is now."""
    loaded = settings.load(root)
    robin = Person(name=ROBIN[0], address=ROBIN[1])
    with bootstrap.open_store(loaded) as store:
        at = NOW - timedelta(hours=13)
        record_proof(robin, loaded, store, compose_issue(loaded, TOMORROW), [ADA[1], ROBIN[1]], now=at)


def _comment(root: Path, number: int, entry: str = ENTRY, text: str = "Is the second sentence needed?") -> None:
    """Store comments by both editors on tomorrow's issue and on an entry, every third of them resolved."""
    with bootstrap.open_store(settings.load(root)) as store:
        for at in range(number):
            name, address = (ROBIN, ADA)[at % 2]
            person, now = Person(name=name, address=address), NOW - timedelta(minutes=50 - at)
            kind, slug = ((CommentedKind.ENTRY, entry), (CommentedKind.ISSUE, TOMORROW))[at % 2]
            words = text if at % 2 == 0 else "The subject is much better now. Could we open with the bridges?"
            comment = add_comment(person, store, kind, slug, words, now=now)
            if at % 3 == 2:
                resolve_comment(person, store, comment, resolved=True, now=now)


def _catch(root: Path, links: Sequence[LinkFacts], entry: str) -> None:
    """Store links that wait, and the text of the piece that an entry was made of."""
    with preview_settings(root, lambda: NOW).open_store() as store:
        for number, facts in enumerate(reversed(links)):
            url = facts.canonical_url or f"https://example.org/caught/{number}"
            selection = PARAGRAPHS[1] if number == len(links) - 1 else ""
            at = NOW - timedelta(minutes=90 - number)
            link = store.captured_links.add(url, by=ADA[1], now=at, selection=selection, facts=facts)
            store.captured_links.record(link, facts, at)
        facts = replace(links[2 % len(links)], text="\n\n".join(PARAGRAPHS))
        read = store.captured_links.add(facts.canonical_url, by=ADA[1], now=NOW, facts=facts)
        store.captured_links.record(read, facts, NOW)
        store.captured_links.use(read, entry)
