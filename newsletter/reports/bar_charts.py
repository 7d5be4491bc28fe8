"""Charts of bars as values: where bars and ticks are, in per cent of the drawing. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from newsletter.reports.axes import Tick, Unit, axis_for, rounded


@dataclass(frozen=True, slots=True, kw_only=True)
class BarValue:
    """A value for a bar: its name, a second figure in words such as its share, and the address of its page."""

    name: str
    value: float
    detail: str = ""
    url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar from ``start`` on, as long as ``length``, in per cent, with its value in words."""

    value: BarValue
    start: float
    length: float
    words: str
    is_negative: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BarChart:
    """A chart of bars with names, which is a table at the same time; ``headings`` are those of its columns."""

    title: str
    headings: tuple[str, str, str]
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    zero: float
    note: str = ""

    @property
    def has_details(self) -> bool:
        """Return whether a bar has a second figure."""
        return any(bar.value.detail for bar in self.bars)


def bar_chart(
    title: str,
    values: Sequence[BarValue],
    *,
    headings: tuple[str, str, str],
    unit: Unit = Unit.COUNT,
    note: str = "",
) -> BarChart:
    """Return the chart of values in the order given. All bars begin at zero, and 0 has no bar."""
    axis = axis_for([value.value for value in values], unit, most=4)
    zero = axis.place(0)
    bars = []
    for value in values:
        size = value.value if isfinite(value.value) else 0.0
        end = axis.place(size)
        bars.append(
            Bar(
                value=value,
                start=rounded(100 * min(zero, end)),
                length=rounded(100 * abs(end - zero)),
                words=unit.words(size),
                is_negative=size < 0,
            )
        )
    ticks = tuple(
        Tick(at=rounded(100 * axis.place(tick)), words=unit.tick(tick), is_zero=tick == 0) for tick in axis.ticks
    )
    return BarChart(title=title, headings=headings, bars=tuple(bars), ticks=ticks, zero=rounded(100 * zero), note=note)
