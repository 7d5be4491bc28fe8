"""`newsletter entry`: write entries, find those that wait to be used, take over picks as a publication printed them."""

import sys
from collections.abc import Sequence
from datetime import date as day_of
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli import output, resources

if TYPE_CHECKING:
    from newsletter.content import Pick
    from newsletter.domain.issue import Entry, Issue, Topics

app = typer.Typer(no_args_is_help=True, help="Write, find and import entries.")

Day = Annotated[
    day_of | None,
    typer.Option(parser=resources.day, metavar="YYYY-MM-DD", help="When the piece came out.", show_default=False),
]


@app.command("new")
def new(
    context: typer.Context,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="The entry's title; its slug is made of it.")],
    url: Annotated[str, typer.Option(metavar="URL", help="Where the piece is.", show_default=False)] = "",
    source: Annotated[str, typer.Option(metavar="NAME", help="The publication.", show_default=False)] = "",
    author: Annotated[str | None, typer.Option(metavar="NAME", help="Who wrote it.", show_default=False)] = None,
    date: Day = None,
    topic: Annotated[
        list[str] | None,
        typer.Option(
            "--topic",
            "-t",
            metavar="TOPIC",
            help="What it is about; may be repeated.",
            autocompletion=resources.topics_like,
            show_default=False,
        ),
    ] = None,
    slug: Annotated[
        str | None,
        typer.Option(metavar="SLUG", help="The name of its file, if not from the title.", show_default=False),
    ] = None,
) -> None:
    """Write a new entry's file and print its path.

    `newsletter check` says what it still lacks.

    newsletter entry new "The night train returns"
    newsletter entry new "Two clocks" --url https://example.org/clocks --source "The Slow Pendulum" -t Physics
    """
    from newsletter import content

    settings = resources.settings(context)
    path = content.new_entry(
        settings.root,
        title=title,
        url=url,
        source=source,
        author=author,
        date=date,
        topics=tuple(topic or ()),
        slug=slug,
    )
    output.say(str(path.relative_to(settings.root)))


@app.command("list")
def show(
    context: typer.Context,
    topic: Annotated[
        str | None,
        typer.Option(
            "--topic",
            "-t",
            metavar="TOPIC",
            help="Only entries about it or a topic below it.",
            autocompletion=resources.topics_like,
            show_default=False,
        ),
    ] = None,
    unused: Annotated[bool, typer.Option("--unused", help="Only entries that are in no issue.")] = False,
    json: resources.AsJson = False,
) -> None:
    """List the entries, those first that wait to be used.

    They stand by their first topic, each with the latest issue that has it, sent or not.

    newsletter entry list
    newsletter entry list --topic Science --unused
    """
    from newsletter import content

    settings = resources.settings(context)
    read = content.read(settings.root)
    topics = settings.newsletter.topics
    latest = _latest_issues(read.issues)
    wanted = topics.covered(topics.find(topic).slug) if topic else None
    if topic and not topics.find(topic).declared:
        output.note(f'warning: no topic "{topic}" in newsletter.toml', style="yellow")
    chosen = [
        entry
        for entry in read.entries.values()
        if (wanted is None or wanted & {topics.find(name).slug for name in entry.topics})
        and not (unused and entry.slug in latest)
    ]
    order = {declared.name: number for number, declared in enumerate(topics)}
    chosen.sort(
        key=lambda entry: (
            order.get(_first_topic(entry, topics), len(order)),  # undeclared topics, and none, at the end
            _first_topic(entry, topics),
            latest.get(entry.slug, ""),
            entry.slug,
        )
    )
    if json:
        output.as_json(
            [
                {
                    "slug": entry.slug,
                    "title": entry.title,
                    "url": entry.url,
                    "source": entry.source,
                    "author": entry.author,
                    "date": entry.date,
                    "topics": [topics.find(name).slug for name in entry.topics],
                    "latest_issue": latest.get(entry.slug),
                    "path": entry.path,
                }
                for entry in chosen
            ]
        )
        return
    output.table(
        ["Topic", "Entry", "Title", "Source", "Latest issue"],
        [
            (_first_topic(entry, topics), entry.slug, entry.title, entry.source, latest.get(entry.slug, "none"))
            for entry in chosen
        ],
    )


@app.command("import")
def take_over(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Text files, each with one or more picks.")],
) -> None:
    """Make entries of picks as they were printed.

    A pick has a title, framing, quotation, “Read more at SOURCE” and “More about: A, B”; a file has one or several.
    On a terminal each missing URL is asked for; an empty answer leaves it, and `newsletter check` reports it.

    newsletter entry import docs/samples/picks.txt
    """
    from newsletter import content

    settings = resources.settings(context)
    picks = [pick for path in files for pick in content.read_picks_file(path)]
    there = {(entry.title, entry.source): entry.path for entry in content.read(settings.root).entries.values()}
    written = 0
    for pick in picks:
        known = there.get((pick.title, pick.source))
        if known:
            output.note(f"{known} is this pick already; it stays as it is")
            continue
        path = content.import_pick(settings.root, pick, url=_asked(pick)).relative_to(settings.root)
        there[pick.title, pick.source] = str(path)
        written += 1
        output.say(str(path))
    output.note(f"{output.count(written, 'new entry')}; `newsletter check` says what is missing")


def _asked(pick: "Pick") -> str:
    """The URL that the printed form does not have, if there is somebody to ask."""
    if not sys.stdin.isatty():
        return ""
    answer: str = typer.prompt(f"URL of “{pick.title}” ({pick.source})", default="", show_default=False, err=True)
    return answer.strip()


def _latest_issues(issues: "Sequence[Issue]") -> dict[str, str]:
    """Return the latest issue that has each entry, sent or not; ``issues`` are by date."""
    return {entry.slug: issue.slug for issue in issues for entry in issue.entries}


def _first_topic(entry: "Entry", topics: "Topics") -> str:
    return topics.find(entry.topics[0]).name if entry.topics else ""
