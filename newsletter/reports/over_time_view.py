"""The report over time as its page shows it: a sentence, the main figures, and charts. No I/O."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from statistics import median

from newsletter.domain.growth import ChangeCounts, source_words
from newsletter.domain.plurals import counted
from newsletter.reports.axes import MINUS
from newsletter.reports.bar_charts import BarChart, BarValue, bar_chart
from newsletter.reports.issue_report import Figures, ReportLine, percent
from newsletter.reports.over_time import DayRow, OverTime, TopicRow
from newsletter.reports.shared_charts import Head, failure_charts, issue_charts, position_chart, short_day, shortened
from newsletter.reports.time_charts import ChartPlace, Mark, Series, TimeChart, time_chart

MOST_DAYS = 120  # of a chart with a column for each day; then there is one for each week, and later for each month
MOST_WEEKS = 120 * 7
MOST_ISSUES, MOST_ENTRIES = 30, 20  # in the lists
_CHANGES = ("joined", "left", "bounced", "complained")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The totals of a day, a week or a month: the readers at its end, and the changes."""

    place: ChartPlace
    readers: int | None
    changes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPair:
    """A topic whose followers and printed entries are compared, as the lengths of two bars in per cent."""

    row: TopicRow
    followed: float
    printed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRow:
    """An issue in the list: its figures, its subject and the page of its report."""

    figures: Figures
    subject: str
    url: str

    def share(self, name: str) -> str:
        """Return a figure's share of messages in words."""
        return percent(self.figures.share(self.figures.number(name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class OverTimeView:
    """Everything that the page of the report over time shows; ``issues`` has the latest ones first."""

    report: OverTime
    lede: str
    heads: tuple[Head, ...]
    growth: tuple[TimeChart, ...]
    sources: tuple[BarChart, ...]
    topics: tuple[TopicPair, ...]
    results: tuple[TimeChart, ...]
    issues: tuple[IssueRow, ...]
    clicks: tuple[BarChart, ...]
    positions: TimeChart | None
    failures: tuple[BarChart, ...]


def over_time_view(
    report: OverTime,
    *,
    issue_url: Callable[[str], str] = lambda _: "",
    entry_url: Callable[[str], str] = lambda _: "",
) -> OverTimeView:
    """Return what the page shows; ``issue_url`` and ``entry_url`` return the pages of reports and entries, or ""."""
    return OverTimeView(
        report=report,
        lede=_lede(report),
        heads=tuple(_heads(report)),
        growth=tuple(_growth(report)),
        sources=tuple(_sources(report.sources)),
        topics=tuple(_pairs(report.topics)),
        results=tuple(issue_charts(report.issues, issue_url, with_delivered=True)) if report.issues else (),
        issues=tuple(
            IssueRow(figures=issue, subject=report.subjects.get(issue.issue, ""), url=issue_url(issue.issue))
            for issue in reversed(report.issues[-MOST_ISSUES:])
        ),
        clicks=tuple(_clicks(report.entries, entry_url)),
        positions=position_chart(report.positions),
        failures=tuple(failure_charts(report.bounces)),
    )


def _lede(report: OverTime) -> str:
    if report.readers is None:
        if report.first_day is None:
            return "Readers are counted at the end of each day: the first numbers follow tomorrow."
        return "No day of this range has been counted."
    grown = report.growth
    compared = f"{abs(grown):,} {'more' if grown > 0 else 'fewer'} than before" if grown else "as many as before"
    words = [
        f"{report.total(name):,} {word}"
        for name, word in (("joined", "joined"), ("left", "left"), ("bounced", "bounced"))
    ]
    spam = report.total("complained")
    words += [f"{spam:,} reported spam"] if spam else []
    text = f"{counted(report.readers, 'reader')}, {compared}: {', '.join(words[:-1])} and {words[-1]}."
    if report.other:
        changed = "added to" if report.other > 0 else "taken off"
        others = f"{counted(abs(report.other), 'other')} {'was' if abs(report.other) == 1 else 'were'}"
        text += f" {others} {changed} the list: deleted, suppressed or let in again by hand."
    return text


def _heads(report: OverTime) -> Iterator[Head]:
    if report.readers is not None:
        sign = "+" if report.growth > 0 else MINUS if report.growth < 0 else "±"
        yield Head(label="Readers", number=f"{report.readers:,}", comparison=f"{sign}{abs(report.growth):,}")
        joined = report.total("joined")
        days = max(len(report.days), 1)
        yield Head(label="Joined", number=f"{joined:,}", comparison=_daily(joined, days))
        lost = report.total("left")
        yield Head(label="Left", number=f"{lost:,}", comparison=_daily(lost, days))
        gone = report.total("bounced") + report.total("complained")
        yield Head(label="Bounces and spam", number=f"{gone:,}", comparison=_daily(gone, days))
    issues = [issue for issue in report.issues if issue.submitted]
    yield Head(label="Issues sent", number=f"{len(report.issues):,}", comparison="")
    if any(issue.clicks.people for issue in issues):
        usual = median(issue.clicks.people / issue.submitted for issue in issues)
        yield Head(label="Clicks", number=percent(usual), comparison="of messages, in the median")


def _daily(number: int, days: int) -> str:
    """Return the mean of a day; one digit after the point says something of small numbers only."""
    mean = number / days
    return f"{mean:,.1f} a day" if mean < 100 else f"{mean:,.0f} a day"


def periods(days: Sequence[DayRow]) -> list[Period]:
    """Return the days, or their weeks or months if there are too many days for a chart."""

    def begins(row: DayRow) -> date:
        day = row.totals.day
        if len(days) <= MOST_DAYS:
            return day
        return day - timedelta(days=day.weekday()) if len(days) <= MOST_WEEKS else day.replace(day=1)

    return [_period(list(rows)) for _, rows in groupby(days, key=begins)]


def _period(rows: Sequence[DayRow]) -> Period:
    first, last = rows[0].totals.day, rows[-1].totals.day
    if first == last:
        name = f"{first:%a} {first.day} {first:%b %Y}"
    else:
        name = f"{short_day(first)} to {short_day(last)} {last:%Y}"
    return Period(
        place=ChartPlace(name=name, label=short_day(first)),
        readers=rows[-1].totals.readers,
        changes={change: sum(getattr(row.totals, change) for row in rows) for change in _CHANGES},
    )


def _growth(report: OverTime) -> Iterator[TimeChart]:
    if not report.days:
        return
    shown = periods(report.days)
    places = [period.place for period in shown]
    heading = "Day" if len(report.days) <= MOST_DAYS else "Week" if len(report.days) <= MOST_WEEKS else "Month"
    readers = Series(name="Readers", values=tuple(period.readers for period in shown))
    yield time_chart(
        "Readers", places, [readers], heading=heading, from_zero=False, note=f"At the end of each {heading.lower()}."
    )
    series = [
        Series(
            name=name.capitalize(),
            values=tuple(period.changes[name] for period in shown),
            mark=Mark.UP if name == "joined" else Mark.DOWN,
        )
        for name in _CHANGES
        if name != "complained" or report.total(name)
    ]
    yield time_chart("Joined and lost", places, series, heading=heading)


def _sources(sources: Mapping[str, ChangeCounts]) -> Iterator[BarChart]:
    for title, name in (("How readers joined", "joined"), ("How readers left", "left")):
        counts = {mark: getattr(changes, name) for mark, changes in sources.items() if getattr(changes, name)}
        total = sum(counts.values())
        values = [
            BarValue(name=source_words(mark), value=number, detail=f"{number / total:.0%}")
            for mark, number in sorted(counts.items(), key=lambda pair: -pair[1])
        ]
        if values:
            yield bar_chart(title, shortened(values), headings=("Source", "Readers", "Of all"))


def _pairs(topics: Sequence[TopicRow]) -> Iterator[TopicPair]:
    most_followed = max((row.followers or 0 for row in topics), default=0) or 1
    most_printed = max((row.printed for row in topics), default=0) or 1
    for row in topics:
        if row.followers or row.printed or row.clicks:
            yield TopicPair(
                row=row,
                followed=round(100 * (row.followers or 0) / most_followed, 2),
                printed=round(100 * row.printed / most_printed, 2),
            )


def _clicks(entries: Sequence[ReportLine], entry_url: Callable[[str], str]) -> Iterator[BarChart]:
    clicked = [line for line in entries if line.clicks]
    if clicked:
        yield bar_chart(
            "Most clicked entries",
            [BarValue(name=line.name, value=line.clicks, url=entry_url(line.mark)) for line in clicked[:MOST_ENTRIES]],
            headings=("Entry", "Clicks", ""),
        )
