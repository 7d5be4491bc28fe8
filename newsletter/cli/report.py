"""`newsletter report`: the results of an issue."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli import options, output, resources
from newsletter.domain.plurals import counted

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from newsletter.domain.leaving import ReasonCount
    from newsletter.reports.issue_report import Figures, Report, ReportLine


def report(
    context: typer.Context,
    name: options.IssueName,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Also write all figures to a CSV file.", show_default=False),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", metavar="FILE", help="Also write the report as a web page with charts.", show_default=False
        ),
    ] = None,
    json: options.AsJson = False,
) -> None:
    """Report an issue's results and compare them with the previous five issues.

    Shows deliveries, bounces, complaints, unsubscribes and their reasons, clicks by entry, position and topic, clicks
    on other links (sponsors', listed ones, those in notes), and the votes in the issue's poll.

    Here `latest` is the issue that was sent last.

    newsletter report latest
    newsletter report 2026-11-23 --html report.html --csv report.csv
    """
    from newsletter import content
    from newsletter.files.atomic_write import write_files
    from newsletter.reports import issue_report
    from newsletter.reports.page import report_page

    settings = resources.load_settings(context)
    with resources.open_store(settings) as store:
        issue = resources.sent_issue_slug(settings, store, name)
        results = issue_report.report(store, settings.newsletter, content.read_manuscripts(settings.root).issues, issue)
    if csv:
        _write_csv(csv, results)
    if html:
        write_files({html: report_page(results, settings.newsletter).encode()})
    if json:
        output.as_json(_facts(results))
        return
    _print_report(results, settings.newsletter.zone)
    for path in filter(None, (csv, html)):
        output.note(f"Written: {path}")


def _print_report(results: "Report", zone: "ZoneInfo") -> None:
    from newsletter.reports.issue_report import percent

    figures = results.figures
    began = output.clock_time(figures.began, zone)
    output.say(f"Issue {figures.issue}, sent from {began}: {results.subject}", style="bold")
    earlier = len(results.earlier)
    usual = [f"Median of the previous {earlier}" if earlier > 1 else "The previous issue"] if earlier else []
    output.table(
        ["", "Number", "Of submitted", *usual],
        [
            (words, number, percent(share), *([percent(before)] if usual else []))
            for words, number, share, before in results.rows()
        ],
    )
    for title, lines in (("Entry", results.entries), ("Topic", results.topics), ("Other link", results.links)):
        if lines:
            output.table([title, "Clicks"], [(line.name, line.clicks) for line in lines])
    if results.answers:
        output.table(["Poll", "Votes"], [(answer.answer, answer.votes) for answer in results.answers])
    for title, reasons in results.reasons_for_leaving():
        output.table([title, "Readers"], [(given.words, given.readers) for given in reasons])
    if results.suppressed:
        output.table(
            ["Suppressed", "Reason", "Why"],
            [
                (address.address_key, address.reason, address.explanation)
                for address in results.suppressed[:_SUPPRESSED]
            ],
        )
        more = len(results.suppressed) - _SUPPRESSED
        if more > 0:
            output.note(f"and {more:,} more; --json lists them all")
    if results.held:
        bounces = counted(results.held, "hard bounce")
        output.note(f"Held: {bounces} of this issue, far more than usual.")
        output.note("To decide what to do with them: `newsletter suppressions held`.")
    machines = figures.clicks.machines + figures.opens.machines
    if machines:
        output.note(f"Not counted above: {counted(machines, 'click')} and opens by machines.")
    if not (results.entries or results.links):
        output.note(
            "Clicks are not tracked. To track them from the next issue on, set `[counting]` in newsletter.toml."
        )


_SUPPRESSED = 50  # rows shown in the table


def _facts(results: "Report") -> dict[str, object]:
    return {
        "issue": results.figures.issue,
        "subject": results.subject,
        "figures": _figures(results.figures),
        "earlier": [_figures(figures) for figures in results.earlier],
        "clicks": {
            "entries": [_line(line) for line in results.entries],
            "positions": [_line(line) for line in results.positions],
            "topics": [_line(line) for line in results.topics],
            "links": [_line(line) for line in results.links],
        },
        "poll": [{"answer": answer.answer, "votes": answer.votes} for answer in results.answers],
        "leaving": [_reason(given) for given in results.leaving],
        "leaving_otherwise": [_reason(given) for given in results.leaving_otherwise],
        "suppressed": [
            {
                "address": address.address_key,
                "reason": address.reason,
                "why": address.explanation,
                "since": address.since.isoformat(),
            }
            for address in results.suppressed
        ],
        "held": results.held,
    }


def _reason(given: "ReasonCount") -> dict[str, object]:
    return {
        "reason": given.reason,
        "words": given.words,
        "readers": given.readers,
        "days": {day.isoformat(): readers for day, readers in given.days.items()},
    }


def _figures(figures: "Figures") -> dict[str, object]:
    from dataclasses import asdict

    return asdict(figures) | {"began": figures.began.isoformat(timespec="seconds"), "open": figures.open}


def _line(line: "ReportLine") -> dict[str, object]:
    return {"mark": line.mark, "name": line.name, "clicks": line.clicks}


def _write_csv(path: Path, results: "Report") -> None:
    """Write one line per figure: issue, figure, mark, name, number."""
    import csv

    from newsletter.subscriber_files import quoted

    with output.whole_file(path) as file:
        writer = csv.writer(file)
        writer.writerow(["issue", "figure", "mark", "name", "number"])
        for figures in (results.figures, *results.earlier):
            writer.writerows((figures.issue, name, "", "", number) for name, number in _numbers(figures))
        writer.writerows(
            (results.figures.issue, "suppressed", reason, quoted(why), number)
            for reason, why, number in results.reasons()
        )
        writer.writerows(
            (results.figures.issue, "votes", number, quoted(answer.answer), answer.votes)
            for number, answer in enumerate(results.answers, 1)
        )
        for figure, reasons in (("leaving", results.leaving), ("leaving otherwise", results.leaving_otherwise)):
            writer.writerows(
                (results.figures.issue, figure, quoted(given.reason), quoted(given.words), given.readers)
                for given in reasons
            )
        for kind, lines in (
            ("entry", results.entries),
            ("position", results.positions),
            ("topic", results.topics),
            ("link", results.links),
        ):
            writer.writerows(
                (results.figures.issue, f"clicks by {kind}", line.mark, quoted(line.name), line.clicks)
                for line in lines
            )


def _numbers(figures: "Figures") -> Iterator[tuple[str, int]]:
    for name, value in _figures(figures).items():
        if isinstance(value, int):
            yield name, value
        elif isinstance(value, dict):
            yield from ((f"{name} of {kind}", number) for kind, number in value.items())
