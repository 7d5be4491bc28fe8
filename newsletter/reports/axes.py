"""Scales of charts: round ticks, and numbers in words. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, floor, isfinite, log10

MINUS = "\u2212"  # as wide as a digit, and read out as "minus"
_ROUND_STEPS = (1.0, 2.0, 5.0, 10.0)
_SMALLEST_STEP = 0.0001  # of shares: 0.01%


class Unit(StrEnum):
    """A kind of value that charts show."""

    COUNT = "count"  # whole numbers: readers, clicks, messages
    SHARE = "share"  # parts of a whole, from 0 to 1, shown in per cent

    def words(self, value: float | None) -> str:
        """Return a value as tables and readouts show it, such as ``1,234`` or ``12.3%``; "" if it isn't known."""
        if value is None:
            return ""
        sign = MINUS if value < 0 and self._figure(abs(value)).strip("0.%,") else ""
        return sign + self._figure(abs(value))

    def _figure(self, value: float) -> str:
        return f"{value:.1%}" if self is Unit.SHARE else f"{value:,.0f}"

    def tick(self, value: float) -> str:
        """Return a value as an axis shows it: ``120``, ``1.5M``, ``5%``."""
        sign, size = (MINUS if value < 0 else ""), abs(value)
        if self is Unit.SHARE:
            return f"{sign}{round(size * 100, 4):g}%"
        for least, letter in ((1e9, "B"), (1e6, "M"), (1e4, "k")):
            if size >= least:
                return f"{sign}{_short(size / (1e3 if letter == 'k' else least))}{letter}"
        return f"{sign}{size:,.0f}"


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 1000 else f"{round(number, 2):g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """An axis with round ticks, from the first to the last. They are in ascending order, and at least two."""

    ticks: tuple[float, ...]

    @property
    def low(self) -> float:
        """Return the value where it begins."""
        return self.ticks[0]

    @property
    def high(self) -> float:
        """Return the value where it ends."""
        return self.ticks[-1]

    def place(self, value: float) -> float:
        """Return where a value is on the axis: 0 at its beginning, 1 at its end."""
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A tick of an axis: where it is, in per cent, and its words."""

    at: float
    words: str
    is_zero: bool = False


def axis_for(values: Iterable[float | None], unit: Unit, *, most: int = 5, from_zero: bool = True) -> Axis:
    """Return an axis for values, with at most ``most`` steps. Values that are not finite are ignored.

    It includes 0 unless ``from_zero`` is false: only lines may leave it out, since a bar's length is its value.
    """
    known = [value for value in values if value is not None and isfinite(value)] or [0.0]
    low, high = min(known), max(known)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        low, high = (low, low + _smallest(unit)) if from_zero else (low - _smallest(unit), low + _smallest(unit))
    step = _round_step(max((high - low) / most, 1.0 if unit is Unit.COUNT else _SMALLEST_STEP))
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    if last - first < 1:
        last = first + 1
    ticks = tuple(at * step for at in range(first, last + 1))
    if unit is Unit.SHARE and max(known) <= 1:
        within = tuple(tick for tick in ticks if tick <= 1 + _SMALLEST_STEP / 2)  # no more than the whole
        ticks = within if within[1:] and within[-1] >= max(known) - _SMALLEST_STEP / 2 else ticks
    return Axis(ticks=ticks)


def _smallest(unit: Unit) -> float:
    return 1.0 if unit is Unit.COUNT else 0.01


def _round_step(least: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20 … (and 0.5, 0.2 …) that isn't smaller than ``least``."""
    power = 10.0 ** floor(log10(least))
    return power * next(step for step in _ROUND_STEPS if step * power >= least * (1 - 1e-9))


def rounded(number: float) -> float:
    """Return a place in a drawing, with as many digits as it needs."""
    return round(number, 2)
