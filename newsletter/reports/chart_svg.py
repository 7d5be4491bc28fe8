"""The repeated parts of charts over time, as SVG and table rows. Templates would take ten times as long. No I/O."""

from collections.abc import Iterable

from markupsafe import Markup, escape

from newsletter.reports.time_charts import Point, TimeChart

_UNKNOWN = "–"


def column_shapes(chart: TimeChart) -> Markup:
    """Return the columns of all points."""
    return _safe(
        f'<rect class="tone-{column.tone}" x="{point.bar_left}%" width="{point.bar_width}%" y="{column.top}%"'
        f' height="{column.height}%"/>'
        for point in chart.points
        for column in point.columns
    )


def point_shapes(chart: TimeChart) -> Markup:
    """Return all points: what the pointer and the Tab key reach, with the values that it then shows."""
    names = [str(escape(series.name)) for series in chart.series]
    last = len(chart.points) - 1
    return _safe(
        _point(point, names, tab=chart.shows_dots or number == last) for number, point in enumerate(chart.points)
    )


def _point(point: Point, names: list[str], *, tab: bool) -> str:
    place = escape(point.place.name)
    values = list(zip(names, point.words, strict=True))
    aloud = ", ".join(f"{name} {words or 'not known'}" for name, words in values)
    prefixes = [f"{name} " if names[1:] else "" for name in names]
    shown = " · ".join(f"{prefix}{words or _UNKNOWN}" for prefix, words in zip(prefixes, point.words, strict=True))
    dots = "".join(f'<circle class="tone-{dot.tone}" cx="{point.at}%" cy="{dot.top}%" r="3.5"/>' for dot in point.dots)
    return (
        f'<g class="point" role="img" tabindex="{0 if tab else -1}" aria-label="{place}: {aloud}">'
        f'<rect class="slot" x="{point.left}%" width="{point.width}%" y="0" height="100%"/>{dots}'
        f'<text class="readout when" x="100%" y="12" text-anchor="end">{place}</text>'
        f'<text class="readout" x="100%" y="28" text-anchor="end">{shown}</text></g>\n'
    )


def value_rows(chart: TimeChart) -> Markup:
    """Return the rows of the chart's table, the latest first."""
    return _safe(_row(point) for point in reversed(chart.points))


def _row(point: Point) -> str:
    name = escape(point.place.name)
    linked = f'<a href="{escape(point.place.url)}">{name}</a>' if point.place.url else name
    cells = "".join(f"<td>{words or _UNKNOWN}</td>" for words in point.words)
    return f'<tr><th scope="row">{linked}</th>{cells}</tr>\n'


def _safe(parts: Iterable[str]) -> Markup:
    return Markup("".join(parts))  # noqa: S704  names are escaped above, everything else is a number
