"""Main figures and charts that both an issue's report and the report over time show. No I/O."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from newsletter.domain.bounce_groups import BounceGroup
from newsletter.reports.axes import Unit
from newsletter.reports.bar_charts import BarChart, BarValue, bar_chart
from newsletter.reports.issue_report import Figures, ReportLine
from newsletter.reports.time_charts import ChartPlace, Mark, Series, TimeChart, time_chart

MOST_BARS = 30  # of a chart; the others are summed up


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A main figure of a report, with a line that compares it."""

    label: str
    number: str
    comparison: str


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


def issue_charts(
    issues: Sequence[Figures], issue_url: Callable[[str], str], *, with_delivered: bool = False
) -> Iterator[TimeChart]:
    """Yield charts over issues, the oldest first: of recipients, and of shares that were ever above zero."""
    places = [issue_place(issue, issue_url) for issue in issues]
    recipients = Series(name="Recipients", values=tuple(issue.recipients for issue in issues))
    yield time_chart("Recipients", places, [recipients], heading="Issue")
    for title, names in _SHARES.items():
        series = [
            Series(name=label, values=tuple(issue.share(issue.number(name)) for issue in issues))
            for name, label in names.items()
        ]
        is_delivered = "delivered" in names
        if (with_delivered or not is_delivered) and any(value for item in series for value in item.values):
            yield time_chart(title, places, series, heading="Issue", unit=Unit.SHARE, from_zero=not is_delivered)


_SHARES: Mapping[str, Mapping[str, str]] = {
    "Delivered, of messages": {"delivered": "Delivered"},
    "Clicks, of messages": {"clicks": "Clicks"},
    "Opens, of messages": {"opens": "Opens"},
    "Unsubscribed and complaints, of messages": {"unsubscribed": "Unsubscribed", "complained": "Complaints"},
    "Bounces, of messages": {"bounced": "Hard", "bounced_softly": "Soft"},
}


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
