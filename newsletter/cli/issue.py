"""`newsletter issue`: create issues and list them."""

from datetime import UTC, datetime
from datetime import date as day_of
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter import bootstrap
from newsletter.cli import options, output, resources

if TYPE_CHECKING:
    from newsletter.domain.send import Send

app = typer.Typer(no_args_is_help=True, help="Create, change and list issues.")


@app.command("new")
def new(
    context: typer.Context,
    day: Annotated[
        day_of | None,
        typer.Argument(
            metavar="DATE",
            parser=options.parse_day,
            help="The issue's date; by default today, or the day after the latest issue if that is later.",
            show_default=False,
        ),
    ] = None,
    subject: Annotated[str, typer.Option(metavar="TEXT", help="The subject line.", show_default=False)] = "",
    entry: Annotated[
        list[str] | None,
        typer.Option(
            "--entry",
            "-e",
            metavar="SLUG",
            help="An entry or block to include; can be repeated, in order.",
            autocompletion=options.complete_entries,
            show_default=False,
        ),
    ] = None,
    number: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="The issue's number; the next one by default.", show_default=False),
    ] = None,
    slug: Annotated[
        str | None, typer.Option(metavar="SLUG", help="The file's name; the date by default.", show_default=False)
    ] = None,
    language: Annotated[
        str,
        typer.Option(metavar="TAG", help="The issue's language, if the newsletter has several.", show_default=False),
    ] = "",
    digest: Annotated[
        bool, typer.Option("--digest", help="Create a weekly digest from the issues of the last seven days.")
    ] = False,
) -> None:
    """Create an issue and print its path.

    It begins with the sections and segments of its weekday in newsletter.toml, if you have set them.

    newsletter issue new
    newsletter issue new 2026-11-24 --subject "Slow water" -e night-train -e two-clocks
    newsletter issue new 2026-11-24 --language de
    newsletter issue new --digest --subject "The week"
    """
    from newsletter.content import NewIssue
    from newsletter.publishing import next_issue

    settings = resources.load_settings(context)
    today, languages = resources.today(settings), settings.newsletter.languages
    wanted = NewIssue(subject=subject, entries=tuple(entry or ()), number=number, slug=slug, language=language)
    if digest:
        write = partial(next_issue.create_digest, settings.root, wanted, date=day or today, languages=languages)
    else:
        write = partial(next_issue.create_issue, settings.root, wanted, today=today, date=day, languages=languages)
        write = partial(write, skeletons=settings.newsletter.skeletons)
    person = bootstrap.local_person(settings.root)
    output.say(resources.open_editing(settings).create_issue(person, write, now=datetime.now(tz=UTC)))


@app.command("list")
def show(context: typer.Context, json: options.AsJson = False) -> None:
    """List issues by date, with their status: draft, scheduled or sent.

    newsletter issue list
    newsletter issue list --json
    """
    from newsletter import content
    from newsletter.domain.send import status_in_words

    settings = resources.load_settings(context)
    zone = settings.newsletter.zone
    issues = content.read_manuscripts(settings.root).issues
    sends: dict[str, Send] = {}
    if bootstrap.has_database(settings):
        with resources.open_store(settings) as store:
            sends = {send.issue: send for send in store.sends.all()}
    if json:
        output.as_json(
            [
                {
                    "slug": issue.slug,
                    "date": issue.date,
                    "number": issue.number,
                    "subject": issue.subject,
                    "language": issue.language or settings.newsletter.language,
                    "segments": issue.segments,
                    "status": status_in_words(sends.get(issue.slug), zone, totals=True),
                    "send": sends[issue.slug].id if issue.slug in sends else None,
                    "entries": [entry.slug for entry in issue.entries],
                    "blocks": [block.name for block in issue.blocks],
                    "path": issue.path,
                }
                for issue in issues
            ]
        )
        return
    has_blocks = any(issue.blocks for issue in issues)
    output.table(
        ["Issue", "Date", "Number", "Subject", "Entries", *["Blocks"] * has_blocks, "Segments", "Status"],
        [
            (
                issue.slug,
                issue.date,
                issue.number,
                issue.subject,
                len(issue.entries),
                *[len(issue.blocks)] * has_blocks,
                (", ".join(issue.segments) or "everyone") + (f" ({issue.language})" if issue.language else ""),
                status_in_words(sends.get(issue.slug), zone, totals=True),
            )
            for issue in issues
        ],
    )
