"""An issue's report as its page shows it: a sentence, the main figures, and charts. No I/O."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from newsletter.domain.bounce_groups import BounceGroup
from newsletter.domain.plurals import counted
from newsletter.reports.axes import Unit
from newsletter.reports.charts import (
    BarChart,
    BarValue,
    ChartPlace,
    Mark,
    Series,
    Sparkline,
    TimeChart,
    bar_chart,
    sparkline,
    time_chart,
)
from newsletter.reports.issue_report import FigureRow, Figures, Report, ReportLine, percent

MOST_BARS = 30  # of a chart; the others are summed up
_NEARLY = 0.05  # a share that differs from the usual one by less, relatively, is as usual


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A main figure of a report, with a line that compares it."""

    label: str
    number: str
    comparison: str


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
        trends=tuple(_trends(report, issue_url)),
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
                    note=f"no. {position[line.name]}" if heading == "Entry" and line.name in position else "",
                )
                for line in lines
            ]
            note = "A click counts for each topic of its entry." if heading == "Topic" else ""
            yield bar_chart(title, shortened(values), headings=(heading, "Clicks", "Of all"), note=note)


def shortened(values: Sequence[BarValue]) -> list[BarValue]:
    """Return the values of a chart that isn't longer than a page."""
    if len(values) <= MOST_BARS + 1:
        return list(values)
    others = values[MOST_BARS:]
    summed = BarValue(name=f"{len(others)} others", value=sum(value.value for value in others))
    return [*values[:MOST_BARS], summed]


def position_chart(positions: Sequence[ReportLine]) -> TimeChart | None:
    """Return how far down readers clicked, if there is more than one position with clicks."""
    if len(positions) < 2 or not any(line.clicks for line in positions):
        return None
    places = [ChartPlace(name=f"{line.mark}. {line.name}", label=line.mark) for line in positions]
    clicks = Series(name="Clicks", values=tuple(line.clicks for line in positions), mark=Mark.UP)
    return time_chart(
        "Clicks by position", places, [clicks], heading="Position", note="From the top of the issue down."
    )


def failure_charts(groups: Sequence[BounceGroup]) -> Iterator[BarChart]:
    """Yield the charts of messages that failed, by reason and by provider, if there are any."""
    total = sum(group.messages for group in groups)
    for title, heading, name in (
        ("Failures by reason", "Reason", "reason"),
        ("Failures by mailbox provider", "Provider", "provider"),
    ):
        sums: Counter[str] = Counter()
        kinds: dict[str, Counter[str]] = {}
        for group in groups:
            key = getattr(group, name)
            sums[key] += group.messages
            kinds.setdefault(key, Counter())[group.kind.value] += group.messages
        if sums:
            yield bar_chart(
                title,
                shortened(
                    [
                        BarValue(
                            name=key,
                            value=messages,
                            detail=f"{messages / total:.0%}",
                            note=", ".join(f"{number:,} {kind}" for kind, number in kinds[key].most_common()),
                        )
                        for key, messages in sums.most_common()
                    ]
                ),
                headings=(heading, "Messages", "Of all"),
            )


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


def _trends(report: Report, issue_url: Callable[[str], str]) -> Iterator[TimeChart]:
    """Yield charts of shares over the earlier issues and this one, of figures that were ever above zero."""
    issues = (*reversed(report.earlier), report.figures)
    if len(issues) < 2:
        return
    places = [issue_place(issue, issue_url) for issue in issues]
    recipients = Series(name="Recipients", values=tuple(issue.recipients for issue in issues))
    yield time_chart("Recipients", places, [recipients], heading="Issue")
    for title, names in (
        ("Clicks, of messages", {"clicks": "Clicks"}),
        ("Opens, of messages", {"opens": "Opens"}),
        ("Unsubscribed and complaints, of messages", {"unsubscribed": "Unsubscribed", "complained": "Complaints"}),
        ("Bounces, of messages", {"bounced": "Hard", "bounced_softly": "Soft"}),
    ):
        series = [Series(name=label, values=report.trend(name)) for name, label in names.items()]
        if any(value for item in series for value in item.values):
            yield time_chart(title, places, series, heading="Issue", unit=Unit.SHARE)


def issue_place(figures: Figures, issue_url: Callable[[str], str] = lambda _: "") -> ChartPlace:
    """Return an issue's place on an axis; its label is the day if its slug is a date."""
    try:
        day = date.fromisoformat(figures.issue[:10])
    except ValueError:
        return ChartPlace(name=figures.issue, label=figures.issue[:10], url=issue_url(figures.issue))
    return ChartPlace(name=figures.issue, label=short_day(day), url=issue_url(figures.issue))


def short_day(day: date) -> str:
    """Return a day as axes show it: ``23 Nov``."""
    return f"{day.day} {day:%b}"
