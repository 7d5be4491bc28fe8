"""Charts over days or issues as values: where columns, points and ticks are, in per cent of the drawing. No I/O.

``templates/pages/reports/charts.html`` draws them as SVG. A drawing has no size of its own: it fills its column, and
its text keeps its size on every screen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from math import isfinite

from newsletter.reports.axes import Axis, Tick, Unit, axis_for, rounded

# Of a time chart's height, in per cent: the readout is above the plot, the labels of the x axis are below.
TOP, BOTTOM = 17.0, 89.0
# Of its width: the ticks' labels are left of the plot.
LEFT, RIGHT = 10.0, 99.0
MOST_DOTS = 40  # more points than that are only drawn while they are pointed at
MOST_LABELS = 6  # of the x axis; on a phone there is room for half of them
_GAP = 0.25  # between two columns, of the width of both
_WIDEST = 6.0  # column, in per cent


class Mark(StrEnum):
    """A way to draw a series."""

    LINE = "line"  # a state: the number of readers at the end of each day
    UP = "up"  # columns above zero, stacked: what was gained
    DOWN = "down"  # columns below zero, stacked: what was lost


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartPlace:
    """A place on the x axis: a day or an issue, with its whole name and a short label. ``url`` leads to its page."""

    name: str
    label: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A named series of values, one for each place; None where it isn't known."""

    name: str
    values: tuple[float | None, ...]
    mark: Mark = Mark.LINE

    def drawn(self) -> list[float | None]:
        """Return the values as they are drawn: those of columns below zero are negative, unknown ones None."""
        sign = -1 if self.mark is Mark.DOWN else 1
        return [sign * value if value is not None and isfinite(value) else None for value in self.values]


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisLabel:
    """A label of the x axis. A ``spare`` one is left out on a phone. ``anchor`` keeps it inside the drawing."""

    at: float
    words: str
    anchor: str
    spare: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A column, or the dot of a line, of the series with this ``tone`` (1, 2, …). A dot has no height."""

    tone: int
    top: float
    height: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The line of a series as the path of an SVG of 1000 by 1000 units."""

    tone: int
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Everything at one place: its slot, its columns and dots, and its values in words, one for each series."""

    place: ChartPlace
    at: float
    left: float
    width: float
    bar_left: float
    bar_width: float
    columns: tuple[Shape, ...]
    dots: tuple[Shape, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeChart:
    """A chart over days or issues. ``heading`` is the first column's in its table."""

    title: str
    heading: str
    series: tuple[Series, ...]
    unit: Unit
    ticks: tuple[Tick, ...]
    labels: tuple[AxisLabel, ...]
    lines: tuple[Line, ...]
    points: tuple[Point, ...]
    note: str = ""

    @property
    def shows_dots(self) -> bool:
        """Return whether each point has a dot, and is reached by the Tab key without scripts."""
        return len(self.points) <= MOST_DOTS


def time_chart(
    title: str,
    places: Sequence[ChartPlace],
    series: Sequence[Series],
    *,
    heading: str,
    unit: Unit = Unit.COUNT,
    from_zero: bool = True,
    note: str = "",
) -> TimeChart:
    """Return the chart of some series over places, oldest first. Without ``from_zero`` the axis may begin higher."""
    drawn = [item.drawn() for item in series]
    axis = axis_for(_extent(series, drawn, len(places)), unit, most=4, from_zero=from_zero)
    slot = (RIGHT - LEFT) / max(len(places), 1)
    return TimeChart(
        title=title,
        heading=heading,
        series=tuple(series),
        unit=unit,
        ticks=tuple(Tick(at=_y(axis, tick), words=unit.tick(tick), is_zero=tick == 0) for tick in axis.ticks),
        labels=tuple(_labels(places, slot)),
        lines=tuple(
            Line(tone=tone, path=path)
            for tone, (item, values) in enumerate(zip(series, drawn, strict=True), 1)
            if item.mark is Mark.LINE and (path := _path(axis, values, slot))
        ),
        points=tuple(_point(axis, place, at, slot, series, drawn, unit) for at, place in enumerate(places)),
        note=note,
    )


def _extent(series: Sequence[Series], drawn: Sequence[Sequence[float | None]], places: int) -> list[float | None]:
    """Return the values that the axis must include; stacked columns together."""
    extent = [value for item, values in zip(series, drawn, strict=True) if item.mark is Mark.LINE for value in values]
    columns = [values for item, values in zip(series, drawn, strict=True) if item.mark is not Mark.LINE]
    for at in range(places if columns else 0):
        stacked = [values[at] or 0.0 for values in columns]
        extent += [sum(value for value in stacked if value > 0), sum(value for value in stacked if value < 0)]
    return extent


def _point(
    axis: Axis,
    place: ChartPlace,
    at: int,
    slot: float,
    series: Sequence[Series],
    drawn: Sequence[Sequence[float | None]],
    unit: Unit,
) -> Point:
    columns: list[Shape] = []
    dots: list[Shape] = []
    ends = {True: 0.0, False: 0.0}  # of the columns above zero and below
    for tone, (item, values) in enumerate(zip(series, drawn, strict=True), 1):
        value = values[at]
        if value is None:
            continue
        if item.mark is Mark.LINE:
            dots.append(Shape(tone=tone, top=_y(axis, value)))
        elif value:
            edges = sorted((_y(axis, ends[value > 0]), _y(axis, ends[value > 0] + value)))
            columns.append(Shape(tone=tone, top=edges[0], height=rounded(edges[1] - edges[0])))
            ends[value > 0] += value
    left = LEFT + at * slot
    width = min(slot * (1 - _GAP), _WIDEST)
    return Point(
        place=place,
        at=rounded(left + slot / 2),
        left=rounded(left),
        width=rounded(slot),
        bar_left=rounded(left + (slot - width) / 2),
        bar_width=rounded(width),
        columns=tuple(columns),
        dots=tuple(dots),
        words=tuple(unit.words(item.values[at]) for item in series),
    )


def _path(axis: Axis, values: Sequence[float | None], slot: float) -> str:
    """Return the path through the values that are known. A value between two unknown ones has only its dot."""
    parts: list[str] = []
    for known, group in groupby(enumerate(values), key=lambda pair: pair[1] is not None):
        places = [
            f"{rounded(10 * (LEFT + (at + 0.5) * slot))} {rounded(10 * _y(axis, value))}"
            for at, value in group
            if known and value is not None
        ]
        if places[1:]:
            parts.append("M" + "L".join(places))
    return "".join(parts)


def _labels(places: Sequence[ChartPlace], slot: float) -> list[AxisLabel]:
    every = max(1, -(-len(places) // MOST_LABELS))
    shown = range(0, len(places), every)
    labels = []
    for number, at in enumerate(shown):
        middle = LEFT + (at + 0.5) * slot
        anchor = "end" if middle > 94 else "start" if middle < 14 else "middle"
        labels.append(AxisLabel(at=rounded(middle), words=places[at].label, anchor=anchor, spare=number % 2 == 1))
    return labels


def _y(axis: Axis, value: float) -> float:
    return rounded(BOTTOM - axis.place(value) * (BOTTOM - TOP))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sparkline:
    """A small line without axes: its path in a drawing of 100 by 24 units, its last point, and its values in words."""

    path: str
    x: float
    y: float
    words: str


def sparkline(values: Sequence[float | None], unit: Unit) -> Sparkline | None:
    """Return the line of values, oldest first; None if fewer than two are known."""
    known = [value for value in values if value is not None and isfinite(value)]
    if len(known) < 2:
        return None
    low, high = min(known), max(known)
    step = 92 / (len(known) - 1)
    places = [
        (rounded(4 + at * step), rounded(20 - 16 * (value - low) / (high - low)) if high > low else 12.0)
        for at, value in enumerate(known)
    ]
    between = unit.words(low) if high == low else f"{unit.words(low)} to {unit.words(high)}"
    return Sparkline(
        path="M" + "L".join(f"{x} {y}" for x, y in places),
        x=places[-1][0],
        y=places[-1][1],
        words=f"{between} in {len(known)} issues",
    )
