"""Rows of benchmark results: a measurement, its yardstick, their ratio and the bound of that ratio.

Absolute figures depend on the machine and the hour, so only ratios have bounds. A yardstick is measured in the same run
as what it is compared with, in turns.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

COLUMNS = ("what", "measured", "yardstick", "ratio", "bound")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the table. ``ratio`` is measured / yardstick, rounded for print; ``missed`` is true beyond the bound."""

    what: str
    measured: str
    yardstick: str = ""
    ratio: str = ""
    bound: str = ""
    missed: bool = False

    def cells(self) -> tuple[str, ...]:
        """Return the row's text, in the order of ``COLUMNS``."""
        return (self.what, self.measured, self.yardstick, self.ratio, self.bound + (" MISSED" if self.missed else ""))


class Report:
    """A benchmark's rows, printed as they come: as text, or as lines of JSON with ``--json``."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._missed: list[str] = []

    def add(
        self,
        what: str,
        measured: str,
        *,
        yardstick: str = "",
        ratio: float | None = None,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> None:
        """Print a row, and remember it if the ratio is below ``at_least`` or above ``at_most``."""
        bounds = [f"at least {at_least:g} ×"] if at_least is not None else []
        bounds += [f"at most {at_most:g} ×"] if at_most is not None else []
        low = ratio is not None and at_least is not None and ratio < at_least
        high = ratio is not None and at_most is not None and ratio > at_most
        row = Row(
            what=what,
            measured=measured,
            yardstick=yardstick,
            ratio="" if ratio is None else f"{ratio:.3g} ×",
            bound=", ".join(bounds),
            missed=low or high,
        )
        self.print(row)

    def fault(self, what: str, measured: str) -> None:
        """Print a row for a result that is wrong, whatever the time it took."""
        self.print(Row(what=what, measured=measured, missed=True))

    def print(self, row: Row) -> None:
        """Print a finished row."""
        if row.missed:
            self._missed.append(row.what)
        print(json.dumps(asdict(row)) if self._as_json else " | ".join(filter(None, row.cells())), flush=True)

    def finish(self) -> None:
        """Exit with status 1 if a row missed its bound."""
        if self._missed:
            sys.exit(f"error: bound missed: {'; '.join(self._missed)}")


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a benchmark's argument parser, with ``--json``."""
    arguments = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    arguments.add_argument("--json", action="store_true", help="print each row as a line of JSON")
    return arguments


def in_turns(rounds: int, tasks: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """Run every task once in each round, and return the median of each task's results."""
    results: dict[str, list[float]] = {key: [] for key in tasks}
    for _ in range(rounds):
        for key, task in tasks.items():
            results[key].append(task())
    return {key: statistics.median(values) for key, values in results.items()}
