"""`newsletter reports`: readers, topics and issues over time."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli import options, output, resources

if TYPE_CHECKING:
    from newsletter.reports.over_time import OverTime


def reports(
    context: typer.Context,
    days: Annotated[
        int, typer.Option("--days", metavar="NUMBER", min=1, help="The last days, with today.", show_default=True)
    ] = 90,
    since: Annotated[
        date | None,
        typer.Option(
            "--since",
            parser=options.parse_day,
            metavar="YYYY-MM-DD",
            help="The first day, instead of --days.",
            show_default=False,
        ),
    ] = None,
    until: Annotated[
        date | None,
        typer.Option(
            "--until",
            parser=options.parse_day,
            metavar="YYYY-MM-DD",
            help="The last day, instead of today.",
            show_default=False,
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            metavar="FOLDER",
            help="Also write a CSV file for each table into a folder: days, sources, topics, issues, failures.",
            show_default=False,
        ),
    ] = None,
    html: options.HtmlFile = None,
    json: options.AsJson = False,
) -> None:
    """Report how readers came and went, which topics they follow, and how the issues did.

    Days that are over are counted once, by the newsletter's clock. The first time this goes back to the first reader,
    which may take a while.

    newsletter reports
    newsletter reports --days 365 --html year.html --csv year
    newsletter reports --since 2026-01-01 --until 2026-03-31 --json
    """
    from newsletter import bootstrap, content
    from newsletter.files.atomic_write import write_files
    from newsletter.reports.exports import facts
    from newsletter.reports.over_time import DayRange, over_time
    from newsletter.reports.page import over_time_page

    settings = resources.load_settings(context)
    with resources.open_store(settings) as store:
        now = store.now()
        last = until or now.astimezone(settings.newsletter.zone).date()
        shown_days = DayRange(first=since, last=last) if since else DayRange.until(last, days)
        person, issues = bootstrap.local_person(settings.root), content.read_manuscripts(settings.root).issues
        report = over_time(person, store, settings.newsletter, issues, shown_days, now=now)
    if csv:
        _write_tables(csv, report)
    if html:
        write_files({html: over_time_page(report, settings.newsletter).encode()})
    if json:
        output.as_json(facts(report))
        return
    _print_report(report)
    for path in filter(None, (csv, html)):
        output.note(f"Written: {path}")


def _print_report(report: "OverTime") -> None:
    from newsletter.domain.growth import source_words
    from newsletter.reports.issue_report import percent
    from newsletter.reports.over_time_view import over_time_view

    output.say(f"{report.range.first} to {report.range.last}", style="bold")
    output.say(over_time_view(report).lede)
    if report.sources:
        output.table(
            ["Source", "Joined", "Left"],
            [(source_words(source), sums.joined, sums.left) for source, sums in report.sources.items() if source],
        )
    shown = [row for row in report.topics if row.followers or row.printed]
    if shown:
        output.table(
            ["Topic", "Followers", "Printed", "Clicks", "Joined", "Lost"],
            [(row.name, row.followers, row.printed, row.clicks, row.changes.joined, row.changes.lost) for row in shown],
        )
    if report.issues:
        output.table(
            ["Issue", "Recipients", "Delivered", "Clicks", "Unsubscribed", "Bounces"],
            [
                (
                    issue.issue,
                    issue.recipients,
                    percent(issue.share(issue.delivered)) if issue.delivered else "",
                    percent(issue.share(issue.clicks.people)) if issue.clicks.people else "",
                    issue.unsubscribed,
                    issue.bounced,
                )
                for issue in reversed(report.issues)
            ],
        )


def _write_tables(folder: Path, report: "OverTime") -> None:
    import csv

    from newsletter.reports.exports import ExportedTable, table_rows
    from newsletter.subscriber_files import quoted

    folder.mkdir(parents=True, exist_ok=True)
    for table in ExportedTable:
        with output.whole_file(folder / f"{table}.csv") as file:
            writer = csv.writer(file)
            for row in table_rows(report, table):
                writer.writerow([quoted(cell) if isinstance(cell, str) else cell for cell in row])
