"""Render a report as one self-contained HTML file with SVG charts and no scripts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Template
from markupsafe import Markup

from newsletter.domain.publication import Newsletter
from newsletter.rendering import page_environment
from newsletter.reports.issue_report import Report, ReportLine, percent

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"


STATIC = Path(__file__).parent / "static"


def self_contained(title: str, body: str) -> str:
    """Return a page that loads nothing, with the styles of reports; ``body`` is HTML."""
    styles = "".join((STATIC / name).read_text(encoding="utf-8") for name in ("page.css", "reports.css"))
    page = page_environment().get_template("reports/file.html")
    return page.render(title=title, styles=Markup(styles), body=Markup(body))  # noqa: S704  ours, and escaped already


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar of a chart, with its name and value. The longest bar's ``length`` is 100."""

    length: float
    name: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A bar chart."""

    title: str
    bars: tuple[Bar, ...]


def report_page(report: Report, newsletter: Newsletter, *, back: str = "") -> str:
    """Return the HTML page; ``back`` is the URL of the link back to the issue, or empty."""
    return _template().render(report=report, newsletter=newsletter, back=back, charts=tuple(_charts(report)))


@cache
def _template() -> Template:
    return page_environment(filters={"percent": percent}).get_template("report.html")


def _charts(report: Report) -> Iterator[Chart]:
    if report.answers:
        votes = sum(answer.votes for answer in report.answers) or 1
        yield _chart(
            "Poll",
            [
                (answer.answer, answer.votes, f"{answer.votes:,} ({answer.votes / votes:.0%})")
                for answer in report.answers
            ],
        )
    for title, reasons in report.reasons_for_leaving():
        yield _chart(title, [(given.words, given.readers, f"{given.readers:,}") for given in reasons])
    for title, lines in (
        ("Clicks by entry", report.entries),
        ("Clicks by position", report.positions),
        ("Clicks by topic", report.topics),
        ("Clicks by other link", report.links),
    ):
        if lines:
            yield _chart(title, [(_bar_name(title, line), line.clicks, f"{line.clicks:,}") for line in lines])
    if report.earlier:
        both = (report.figures, *report.earlier)
        for title, name in (("Clicks per reader", "clicks"), ("Unsubscribed", "unsubscribed")):
            shares = [(figures, figures.share(figures.number(name)) or 0.0) for figures in both]
            if any(share for _, share in shares):
                yield _chart(title, [(figures.issue, share, f"{share:.1%}") for figures, share in shares])


def _bar_name(title: str, line: ReportLine) -> str:
    return f"{line.mark}. {line.name}" if title == "Clicks by position" else line.name


def _chart(title: str, values: Sequence[tuple[str, float, str]]) -> Chart:
    most = max(value for _, value, _ in values) or 1
    return Chart(
        title=title,
        bars=tuple(Bar(length=round(100 * value / most, 1), name=name, words=words) for name, value, words in values),
    )
