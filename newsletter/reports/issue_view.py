"""An issue's report as its page shows it: a sentence, the main figures, and charts. No I/O."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from newsletter.domain.plurals import counted
from newsletter.reports.axes import Unit
from newsletter.reports.bar_charts import BarChart, BarValue, bar_chart
from newsletter.reports.issue_report import FigureRow, Figures, Report, percent
from newsletter.reports.shared_charts import Head, failure_charts, issue_charts, position_chart, shortened
from newsletter.reports.time_charts import Sparkline, TimeChart, sparkline

_NEARLY = 0.05  # a share that differs from the usual one by less, relatively, is as usual


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendRow:
    """A row of the table of figures, with the line of its trend."""

    row: FigureRow
    line: Sparkline | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueReportView:
    """Everything that the page of an issue's report shows. Sections without charts are left out."""

    report: Report
    lede: str
    heads: tuple[Head, ...]
    rows: tuple[TrendRow, ...]
    clicks: tuple[BarChart, ...]
    positions: TimeChart | None
    bounces: tuple[BarChart, ...]
    answers: tuple[BarChart, ...]
    leaving: tuple[BarChart, ...]
    trends: tuple[TimeChart, ...]

    @property
    def usual_heading(self) -> str:
        """Return the heading of the column of usual shares."""
        number = len(self.report.compared)
        return f"Median of the previous {number}" if number > 1 else "The previous issue"


def issue_view(
    report: Report,
    *,
    entry_url: Callable[[str], str] = lambda _: "",
    issue_url: Callable[[str], str] = lambda _: "",
) -> IssueReportView:
    """Return what the page shows; ``entry_url`` and ``issue_url`` return the pages of entries and reports, or ""."""
    issues = (*reversed(report.earlier), report.figures)
    return IssueReportView(
        report=report,
        lede=" ".join(_sentences(report)),
        heads=tuple(_heads(report)),
        rows=tuple(TrendRow(row=row, line=sparkline(row.trend, Unit.SHARE)) for row in report.rows()),
        clicks=tuple(_clicks(report, entry_url)),
        positions=position_chart(report.positions),
        bounces=tuple(failure_charts(report.bounces)),
        answers=tuple(_answers(report)),
        leaving=tuple(
            bar_chart(
                title,
                [BarValue(name=given.words, value=given.readers) for given in reasons],
                headings=("Reason", "Readers", ""),
            )
            for title, reasons in report.reasons_for_leaving()
        ),
        trends=tuple(issue_charts(issues, issue_url)) if issues[1:] else (),
    )


def _sentences(report: Report) -> Iterator[str]:
    """Yield the results in sentences, as one would tell a colleague."""
    figures = report.figures
    if figures.open:
        yield f"{figures.submitted:,} of {counted(figures.recipients, 'reader')} have been mailed so far."
    elif figures.submitted == figures.recipients:
        yield f"Sent to {counted(figures.recipients, 'reader')}."
    else:
        yield f"Sent to {figures.submitted:,} of {counted(figures.recipients, 'reader')}."
    if report.is_counted("delivered") and figures.submitted:
        yield f"{percent(figures.share(figures.delivered))} of the messages are known to have arrived."
    if report.is_counted("clicks") and figures.submitted:
        compared = _than_usual(report, "clicks")
        yield f"For every 100 messages there were {_per_hundred(figures, 'clicks')} clicks{compared}."
    left = [
        counted(number, noun) + word
        for number, noun, word in (
            (figures.unsubscribed, "reader", " unsubscribed"),
            (figures.complained, "reader", " reported it as spam"),
        )
        if number
    ]
    yield f"{' and '.join(left)}." if left else "Nobody unsubscribed."


def _per_hundred(figures: Figures, name: str) -> str:
    share = 100 * (figures.share(figures.number(name)) or 0)
    return f"{share:,.0f}" if share >= 10 or share == 0 else f"{share:.1f}"


def _than_usual(report: Report, name: str) -> str:
    """Return how a figure compares with the usual one, as the end of a clause."""
    share, usual = report.figures.share(report.figures.number(name)), report.usual_share(name)
    if share is None or usual is None:
        return ""
    if abs(share - usual) <= _NEARLY * usual:
        return ", as usual"
    return f", {'more' if share > usual else 'fewer'} than usual"


def _heads(report: Report) -> Iterator[Head]:
    figures = report.figures
    before = report.compared
    yield Head(
        label="Recipients",
        number=f"{figures.recipients:,}",
        comparison=f"{before[0].recipients:,} last time" if before else "",
    )
    for name, label in (
        ("delivered", "Delivered"),
        ("clicks", "Clicks"),
        ("unsubscribed", "Unsubscribed"),
        ("bounced", "Hard bounces"),
        ("complained", "Complaints"),
    ):
        if report.is_counted(name):
            share, usual = figures.share(figures.number(name)), report.usual_share(name)
            words = [f"{percent(share)} of messages" if share is not None else ""]
            words += [f"usually {percent(usual)}"] if usual is not None else []
            yield Head(label=label, number=f"{figures.number(name):,}", comparison=", ".join(filter(None, words)))


def _clicks(report: Report, entry_url: Callable[[str], str]) -> Iterator[BarChart]:
    total = report.figures.clicks.people
    position = {line.name: line.mark for line in report.positions}
    for title, heading, lines in (
        ("Clicks by entry", "Entry", report.entries),
        ("Clicks by topic", "Topic", report.topics),
        ("Clicks by other link", "Link", report.links),
    ):
        if lines:
            values = [
                BarValue(
                    name=line.name,
                    value=line.clicks,
                    detail=f"{line.clicks / total:.0%}" if total else "",
                    url=entry_url(line.mark) if heading == "Entry" else "",
                    note=f"no.\N{NO-BREAK SPACE}{position[line.name]}"
                    if heading == "Entry" and line.name in position
                    else "",
                )
                for line in lines
            ]
            note = "A click counts for each topic of its entry." if heading == "Topic" else ""
            yield bar_chart(title, shortened(values), headings=(heading, "Clicks", "Of all"), note=note)


def _answers(report: Report) -> Iterator[BarChart]:
    if report.answers:
        votes = sum(answer.votes for answer in report.answers)
        yield bar_chart(
            "Poll",
            [
                BarValue(name=answer.answer, value=answer.votes, detail=f"{answer.votes / votes:.0%}" if votes else "")
                for answer in report.answers
            ],
            headings=("Answer", "Votes", "Of all"),
        )
