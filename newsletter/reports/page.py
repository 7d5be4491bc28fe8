"""Render reports as self-contained HTML files with SVG charts and no scripts."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from newsletter.domain.publication import Newsletter
from newsletter.rendering import page_environment
from newsletter.reports.chart_svg import column_shapes, point_shapes, value_rows
from newsletter.reports.issue_report import Report, percent
from newsletter.reports.issue_view import issue_view
from newsletter.reports.over_time import OverTime
from newsletter.reports.over_time_view import over_time_view

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
STATIC = Path(__file__).parent / "static"
"""The styles of reports: ``reports.css`` needs the variables that ``page.css``, or the studio's ``basics.css``, has."""


def report_page(report: Report, newsletter: Newsletter, *, back: str = "") -> str:
    """Return the HTML page; ``back`` is the URL of the link back to the issue, or empty."""
    return file_page(
        "issue",
        title=report.subject or report.figures.issue,
        above=f"{newsletter.name} · {report.figures.issue}",
        below=f"The send began on {report.figures.began.astimezone(newsletter.zone):%d %B %Y at %H:%M} "
        f"({newsletter.time_zone}).",
        back=back,
        view=issue_view(report),
    )


def over_time_page(report: OverTime, newsletter: Newsletter) -> str:
    """Return the HTML page of the report over time."""
    first, last = report.range.first, report.range.last
    return file_page(
        "over_time",
        title=f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}",
        above=newsletter.name,
        view=over_time_view(report),
    )


def file_page(name: str, *, title: str, above: str, below: str = "", back: str = "", **values: Any) -> str:
    """Return a page that loads nothing: the template ``reports/<name>.html`` with a heading and the styles."""
    page = _environment().get_template("reports/file.html")
    return page.render(
        name=f"reports/{name}.html", title=title, above=above, below=below, back=back, styles=_styles(), **values
    )


def grouped(number: int) -> str:
    """Return a number with commas between its thousands. ``str.format`` is slow in templates: the sandbox checks it."""
    return f"{number:,}"


def report_filters() -> dict[str, Any]:
    """Return the filters that the templates of reports need."""
    return {
        "percent": percent,
        "grouped": grouped,
        "column_shapes": column_shapes,
        "point_shapes": point_shapes,
        "value_rows": value_rows,
    }


@cache
def _environment() -> Environment:
    return page_environment(filters=report_filters())


@cache
def _styles() -> Markup:
    texts = [(STATIC / name).read_text(encoding="utf-8") for name in ("page.css", "reports.css")]
    return Markup("".join(texts))  # noqa: S704  our own files
