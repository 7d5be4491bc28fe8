"""`newsletter report`: what came of an issue."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli import output, resources

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from newsletter.reports.issue_report import Figures, Report, ReportLine


def report(
    context: typer.Context,
    name: resources.IssueName,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Also write every figure to a CSV file.", show_default=False),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Also write it as a page, with charts.", show_default=False),
    ] = None,
    json: resources.AsJson = False,
) -> None:
    """Say what came of an issue, beside the five before it.

    Who got it, what bounced, who complained or left, and which entries, positions and topics were clicked.

    `latest` is the issue sent last.

    newsletter report latest
    newsletter report 2026-11-23 --html report.html --csv report.csv
    """
    from newsletter import content
    from newsletter.reports import issue_report
    from newsletter.reports.page import report_page

    settings = resources.settings(context)
    with resources.store(settings) as store:
        issue = resources.sent(settings, store, name)
        found = issue_report.report(store, settings.newsletter, content.read(settings.root).issues, issue)
    if csv:
        _write_csv(csv, found)
    if html:
        output.write_whole({html: report_page(found, settings.newsletter).encode()})
    if json:
        output.as_json(_facts(found))
        return
    _show(found, settings.newsletter.zone)
    for path in filter(None, (csv, html)):
        output.note(f"Written: {path}")


def _show(found: "Report", zone: "ZoneInfo") -> None:
    figures = found.figures
    began = output.minute(figures.began, zone)
    output.say(f"Issue {figures.issue}, sent from {began}: {found.subject}", style="bold")
    earlier = len(found.earlier)
    usual = [f"Median of the previous {earlier}" if earlier > 1 else "The previous issue"] if earlier else []
    output.table(
        ["", "Number", "Of submitted", *usual],
        [
            (words, number, _percent(share), *([_percent(before)] if usual else []))
            for words, number, share, before in found.rows()
        ],
    )
    for title, lines in (("Entry", found.entries), ("Topic", found.topics)):
        if lines:
            output.table([title, "Clicks"], [(line.name, line.clicks) for line in lines])
    if found.suppressed:
        output.table(
            ["Suppressed", "Reason", "Why"],
            [(one.address_key, one.reason, one.why) for one in found.suppressed[:_SUPPRESSED]],
        )
        more = len(found.suppressed) - _SUPPRESSED
        if more > 0:
            output.note(f"and {more:,} more: --json lists them all")
    if found.held:
        output.note(f"{output.count(found.held, 'permanent bounce')} of this issue suppressed nobody yet.")
        output.note("Far more than usual bounced: see `newsletter suppressions held`.")
    machines = figures.clicks.machines + figures.opens.machines
    if machines:
        output.note(f"Machines clicked or opened {output.count(machines, 'time')}; that is not counted above.")
    if not found.entries:
        output.note("Clicks are not counted: `[counting]` in newsletter.toml changes that, from the next issue on.")


_SUPPRESSED = 50  # rows of the table


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def _facts(found: "Report") -> dict[str, object]:
    return {
        "issue": found.figures.issue,
        "subject": found.subject,
        "figures": _figures(found.figures),
        "earlier": [_figures(one) for one in found.earlier],
        "clicks": {
            "entries": [_line(line) for line in found.entries],
            "positions": [_line(line) for line in found.positions],
            "topics": [_line(line) for line in found.topics],
        },
        "suppressed": [
            {"address": one.address_key, "reason": one.reason, "why": one.why, "since": one.since.isoformat()}
            for one in found.suppressed
        ],
        "held": found.held,
    }


def _figures(figures: "Figures") -> dict[str, object]:
    from dataclasses import asdict

    return asdict(figures) | {"began": figures.began.isoformat(timespec="seconds"), "open": figures.open}


def _line(line: "ReportLine") -> dict[str, object]:
    return {"mark": line.mark, "name": line.name, "clicks": line.clicks}


def _write_csv(path: Path, found: "Report") -> None:
    """A line a figure: which issue, what is counted, of what, the number."""
    import csv

    from newsletter.subscriber_files import quoted

    with output.whole_file(path) as file:
        writer = csv.writer(file)
        writer.writerow(["issue", "figure", "mark", "name", "number"])
        for one in (found.figures, *found.earlier):
            writer.writerows((one.issue, name, "", "", number) for name, number in _numbers(one))
        writer.writerows(
            (found.figures.issue, "suppressed", reason, quoted(why), number) for reason, why, number in found.reasons()
        )
        for kind, lines in (("entry", found.entries), ("position", found.positions), ("topic", found.topics)):
            writer.writerows(
                (found.figures.issue, f"clicks by {kind}", line.mark, quoted(line.name), line.clicks) for line in lines
            )


def _numbers(figures: "Figures") -> Iterator[tuple[str, int]]:
    for name, value in _figures(figures).items():
        if isinstance(value, int):
            yield name, value
        elif isinstance(value, dict):
            yield from ((f"{name} of {kind}", number) for kind, number in value.items())
