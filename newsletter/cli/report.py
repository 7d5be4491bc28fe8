"""`newsletter report`: the results of an issue."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli import options, output, resources
from newsletter.domain.plurals import counted

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from newsletter.domain.leaving import ReasonCount
    from newsletter.reports.issue_report import Figures, Report, ReportLine
    from newsletter.store import Suppression


def report(
    context: typer.Context,
    name: options.IssueName,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Also write all figures to a CSV file.", show_default=False),
    ] = None,
    html: options.HtmlFile = None,
    json: options.AsJson = False,
) -> None:
    """Report an issue's results and compare them with the previous five issues.

    Shows deliveries, bounces by reason and mailbox provider, complaints, unsubscribes and their reasons, clicks by
    entry, position and topic, clicks on other links (sponsors', listed ones, those in notes), and the votes in the
    issue's poll.

    Here `latest` is the issue that was sent last.

    newsletter report latest
    newsletter report 2026-11-23 --html report.html --csv report.csv
    """
    from newsletter import bootstrap, content
    from newsletter.files.atomic_write import write_files
    from newsletter.reports import issue_report
    from newsletter.reports.page import report_page

    settings = resources.load_settings(context)
    with resources.open_store(settings) as store:
        issue = resources.sent_issue_slug(settings, store, name)
        person, issues = bootstrap.local_person(settings.root), content.read_manuscripts(settings.root).issues
        results = issue_report.report(person, store, settings.newsletter, issues, issue)
        suppressed = store.suppressions.of_issue(issue)
    if csv:
        _write_csv(csv, results, suppressed)
    if html:
        write_files({html: report_page(results, settings.newsletter).encode()})
    if json:
        output.as_json(_facts(results, suppressed))
        return
    _print_report(results, suppressed, settings.newsletter.zone)
    for path in filter(None, (csv, html)):
        output.note(f"Written: {path}")


def _print_report(results: "Report", suppressed: "Sequence[Suppression]", zone: "ZoneInfo") -> None:
    from newsletter.reports.issue_report import percent
    from newsletter.reports.issue_view import issue_view

    figures, view = results.figures, issue_view(results)
    began = output.clock_time(figures.began, zone)
    output.say(f"Issue {figures.issue}, sent from {began}: {results.subject}", style="bold")
    output.say(view.lede)
    usual = [view.usual_heading, f"Last {len(results.earlier) + 1}"] if results.earlier else []
    output.table(
        ["", "Number", "Of messages", *usual],
        [
            (row.label, row.number, percent(row.share), *([percent(row.usual), trend_line(row.trend)] if usual else []))
            for row in results.rows()
        ],
    )
    _print_clicks_and_answers(results)
    _print_failures(results, suppressed)
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


def _print_clicks_and_answers(results: "Report") -> None:
    for title, lines in (("Entry", results.entries), ("Topic", results.topics), ("Other link", results.links)):
        if lines:
            output.table([title, "Clicks"], [(line.name, line.clicks) for line in lines])
    if results.answers:
        output.table(["Poll", "Votes"], [(answer.answer, answer.votes) for answer in results.answers])
    for title, reasons in results.reasons_for_leaving():
        output.table([title, "Readers"], [(given.words, given.readers) for given in reasons])


def _print_failures(results: "Report", suppressed: "Sequence[Suppression]") -> None:
    for title, name in (("Failures by reason", "reason"), ("Failures by provider", "provider")):
        failed = Counter[str]()
        for group in results.bounces:
            failed[getattr(group, name)] += group.messages
        if failed:
            output.table([title, "Messages"], failed.most_common(_REASONS))
    if suppressed:
        output.table(
            ["Suppressed", "Reason", "Why"],
            [(address.address_key, address.reason, address.explanation) for address in suppressed[:_SUPPRESSED]],
        )
        more = len(suppressed) - _SUPPRESSED
        if more > 0:
            output.note(f"and {more:,} more; --json lists them all")


_SUPPRESSED, _REASONS = 50, 20  # rows shown in the tables
_HEIGHTS = "▁▂▃▄▅▆▇█"


def trend_line(shares: "Sequence[float | None]") -> str:
    """Return a trend as a line of blocks, the oldest first; a space where a value isn't known."""
    known = [share for share in shares if share is not None]
    low, high = min(known, default=0), max(known, default=0)
    step = (high - low) / (len(_HEIGHTS) - 1)
    return "".join(" " if share is None else _HEIGHTS[round((share - low) / step) if step else 0] for share in shares)


def _facts(results: "Report", suppressed: "Sequence[Suppression]") -> dict[str, object]:
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
        "bounces": [
            {"kind": group.kind, "reason": group.reason, "provider": group.provider, "messages": group.messages}
            for group in results.bounces
        ],
        "suppressed": [
            {
                "address": address.address_key,
                "reason": address.reason,
                "why": address.explanation,
                "since": address.since.isoformat(),
            }
            for address in suppressed
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


def _write_csv(path: Path, results: "Report", suppressed: "Sequence[Suppression]") -> None:
    """Write one line per figure: issue, figure, mark, name, number."""
    import csv

    from newsletter.subscriber_files import quoted

    with output.whole_file(path) as file:
        writer = csv.writer(file)
        writer.writerow(["issue", "figure", "mark", "name", "number"])
        for figures in (results.figures, *results.earlier):
            writer.writerows((figures.issue, name, "", "", number) for name, number in _numbers(figures))
        why_suppressed = Counter((address.reason.value, address.explanation) for address in suppressed)
        writer.writerows(
            (results.figures.issue, "suppressed", reason, quoted(why), number)
            for (reason, why), number in why_suppressed.most_common()
        )
        writer.writerows(
            (
                results.figures.issue,
                f"{group.kind} failures",
                quoted(group.provider),
                quoted(group.reason),
                group.messages,
            )
            for group in results.bounces
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
