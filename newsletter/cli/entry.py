"""`newsletter entry`: write entries, list them, and import picks from a printed publication."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from datetime import date as day_of
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter import bootstrap
from newsletter.cli import options, output, resources
from newsletter.domain.plurals import counted

if TYPE_CHECKING:
    from newsletter.content import PrintedPick
    from newsletter.publishing.entry_list import ListedEntry

app = typer.Typer(no_args_is_help=True, help="Write, change, list and import entries.")

Day = Annotated[
    day_of | None,
    typer.Option(
        parser=options.parse_day, metavar="YYYY-MM-DD", help="When the piece was published.", show_default=False
    ),
]


@app.command("new")
def new(
    context: typer.Context,
    title: Annotated[
        str,
        typer.Argument(metavar="TITLE|URL", help="The entry's title, or the link to the piece, which is then read."),
    ],
    url: Annotated[str, typer.Option(metavar="URL", help="The link to the piece.", show_default=False)] = "",
    source: Annotated[str, typer.Option(metavar="NAME", help="Where it was published.", show_default=False)] = "",
    author: Annotated[str | None, typer.Option(metavar="NAME", help="Who wrote it.", show_default=False)] = None,
    date: Day = None,
    topic: Annotated[
        list[str] | None,
        typer.Option(
            "--topic",
            "-t",
            metavar="TOPIC",
            help="A topic of the piece; can be repeated.",
            autocompletion=options.complete_topics,
            show_default=False,
        ),
    ] = None,
    label: Annotated[
        str, typer.Option(metavar="VERB", help="What to do with it: read, listen, watch …", show_default=False)
    ] = "",
    language: Annotated[
        str, typer.Option(metavar="TAG", help="Its language, if not the newsletter's: de, pt-BR …", show_default=False)
    ] = "",
    kind: Annotated[
        str, typer.Option(metavar="WORD", help="What it is: article, audio, video, book …", show_default=False)
    ] = "",
    minutes: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="How many minutes it takes.", show_default=False)
    ] = None,
    paywall: Annotated[bool, typer.Option("--paywall", help="Readers have to pay or sign up.")] = False,
    gift: Annotated[str, typer.Option(metavar="URL", help="A link past the paywall.", show_default=False)] = "",
    slug: Annotated[
        str | None,
        typer.Option(metavar="SLUG", help="The file's name; derived from the title by default.", show_default=False),
    ] = None,
    named: Annotated[
        str,
        typer.Option(
            "--title", metavar="TITLE", help="The title of the piece at URL, if its own won't do.", show_default=False
        ),
    ] = "",
    offline: Annotated[bool, typer.Option("--offline", help="Don't fetch URL.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Create it even if an entry has this link already.")] = False,
    json: options.AsJson = False,
) -> None:
    """Create an entry and print its path.

    Given a link, reads title, source, author, date, language and more from the page, and says where each comes from.
    What you give as options counts instead. `newsletter check` lists what is still missing.

    newsletter entry new "The night train returns"
    newsletter entry new https://example.org/2026/11/night-train -t Railways
    newsletter entry new "Two clocks" --url https://example.org/clocks --source "The Slow Pendulum" -t Physics
    newsletter entry new "Tides" --label listen --kind audio --minutes 40
    """
    from newsletter.cli import entry_capture
    from newsletter.domain.issue import Entry
    from newsletter.domain.topics import slug_of
    from newsletter.errors import UsageError

    settings = resources.load_settings(context)
    given = Entry(
        slug=slug or "",
        title=title,
        url=url,
        source=source,
        author=author,
        date=date,
        topics=tuple(topic or ()),
        label=label,
        language=language,
        kind=kind,
        minutes=minutes,
        paywall=paywall,
        gift=gift,
    )
    link = None
    if named and not entry_capture.is_link(title):
        raise UsageError("--title is for links", hint="write the title without it")
    if entry_capture.is_link(title):
        link = entry_capture.read_link(title, settings, offline=offline)
        given = entry_capture.completed(link, replace(given, title=named), settings)
        entry_capture.refuse_duplicates(link, given, today=resources.today(settings), force=force)
    entry = replace(given, slug=slug_of(given.title)) if slug is None else replace(given, slug=slug)
    person = bootstrap.local_person(settings.root)
    path = resources.open_editing(settings).create_entry(person, entry, now=datetime.now(tz=UTC))
    if json:
        output.as_json(entry_capture.as_json(path, entry, link))
        return
    output.say(path)
    if link:
        entry_capture.print_facts(link, entry)


@app.command("list")
def show(
    context: typer.Context,
    topic: Annotated[
        str | None,
        typer.Option(
            "--topic",
            "-t",
            metavar="TOPIC",
            help="Only entries about this topic or one of its subtopics.",
            autocompletion=options.complete_topics,
            show_default=False,
        ),
    ] = None,
    unused: Annotated[bool, typer.Option("--unused", help="Only entries that are in no issue.")] = False,
    json: options.AsJson = False,
) -> None:
    """List entries by topic, unused ones first.

    Shows the latest issue that includes each entry, sent or not.

    newsletter entry list
    newsletter entry list --topic Science --unused
    """
    from newsletter import content
    from newsletter.publishing.entry_list import entries_about, list_entries

    settings = resources.load_settings(context)
    read = content.read_manuscripts(settings.root)
    topics = settings.newsletter.topics
    listed = list_entries(read.entries.values(), read.issues, topics)
    if topic:
        listed = entries_about(listed, topics, topic)
        if not topics.resolve(topic).declared:
            output.note(f'warning: there is no topic "{topic}" in newsletter.toml', style="yellow")
    if unused:
        listed = [item for item in listed if not item.latest_issue]
    if json:
        output.as_json([_facts(item) for item in listed])
        return
    output.table(
        ["Topic", "Entry", "Title", "Source", "Latest issue"],
        [
            (item.first_topic, item.entry.slug, item.entry.title, item.entry.source, item.latest_issue or "none")
            for item in listed
        ],
    )


def _facts(item: "ListedEntry") -> dict[str, object]:
    entry = item.entry
    return {
        "slug": entry.slug,
        "title": entry.title,
        "url": entry.url,
        "source": entry.source,
        "author": entry.author,
        "date": entry.date,
        "topics": item.topics,
        "latest_issue": item.latest_issue or None,
        "path": entry.path,
    }


@app.command("import")
def import_picks(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Text files with one or more picks each.")],
) -> None:
    """Create entries from picks in printed form.

    A pick has a title, framing, quotation, “Read more at SOURCE” and “More about: A, B”.
    Asks for each pick's URL. Press Enter to leave it empty; `newsletter check` will report it.

    newsletter entry import docs/samples/picks.txt
    """
    from newsletter import content

    settings = resources.load_settings(context)
    picks = [pick for path in files for pick in content.read_picks_file(path)]
    written = 0
    for imported in content.import_picks(settings.root, picks, _url_for):
        if imported.is_new:
            written += 1
            resources.note_edit(settings, imported.path)
            output.say(imported.path)
        else:
            output.note(f"Skipped: {imported.path} already has this pick.")
    output.note(f"{counted(written, 'new entry')}. `newsletter check` lists what is missing.")


def _url_for(pick: "PrintedPick") -> str:
    """Ask for the URL, which the printed form lacks, and return it; return an empty string without a terminal."""
    if not sys.stdin.isatty():
        return ""
    answer: str = typer.prompt(f"URL of “{pick.title}” ({pick.source})", default="", show_default=False, err=True)
    return answer.strip()
