"""Output of commands: results go to stdout, everything else to stderr; tables in a pipe are never wrapped."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import IO, TextIO
from zoneinfo import ZoneInfo

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from newsletter.cli.advice import advised, error_lines
from newsletter.errors import Finding, Severity
from newsletter.files.atomic_write import UnfinishedFile

WIDE = 10_000  # columns, so that piped output is never wrapped

# Text from files must not control the user's terminal or reorder what is printed (CVE-2021-42574).
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def say(text: str = "", *, style: str = "") -> None:
    """Print a line of the result to stdout."""
    _console(sys.stdout).print(Text(plain(text), style=style), soft_wrap=True)


def note(text: str, *, style: str = "") -> None:
    """Print a line that isn't part of the result, such as a warning or a hint, to stderr."""
    _console(sys.stderr).print(Text(plain(text), style=style), soft_wrap=True)


def error(text: str) -> None:
    """Print an error message to stderr; each line of the text is a separate error."""
    for line in text.splitlines() or [""]:
        _console(sys.stderr).print(Text.assemble(("error: ", "bold red"), plain(line)), soft_wrap=True)


def print_error(err: Exception, *, before: str = "") -> None:
    """Print an error, and the others of the same pass, with what to do about each; ``before`` precedes each line."""
    for line in error_lines(err):
        error(f"{before}{line}")


def print_warnings(findings: Iterable[Finding]) -> None:
    """Print the warnings among findings to stderr."""
    for finding in findings:
        if finding.severity is Severity.WARNING:
            _console(sys.stderr).print(
                Text.assemble(("warning: ", "yellow"), plain(str(advised(finding)))), soft_wrap=True
            )


def print_finding(finding: Finding) -> None:
    """Print a finding as a line of the result; warnings are marked as such."""
    mark, style = ("", "red") if finding.severity is Severity.ERROR else (" (warning)", "yellow")
    _console(sys.stdout).print(Text(plain(str(advised(finding))) + mark, style=style), soft_wrap=True)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
    """Print a table. ``columns`` are its headings; numbers are right-aligned, and None leaves a cell empty."""
    body = [["" if cell is None else cell for cell in row] for row in rows]
    grid = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False, header_style="bold")
    for index, heading in enumerate(columns):
        numeric = bool(body) and all(isinstance(row[index], int) or row[index] == "" for row in body)
        grid.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for row in body:
        grid.add_row(*(Text(f"{cell:,}" if isinstance(cell, int) else plain(str(cell))) for cell in row))
    _console(sys.stdout).print(grid)


def facts(values: Mapping[str, str]) -> None:
    """Print names and values, one pair per line."""
    width = max(map(len, values), default=0)
    for name, value in values.items():
        say(f"{name:<{width}}  {value}")


def as_json(value: Mapping[str, object] | Sequence[object]) -> None:
    """Print a JSON value."""
    import json

    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def as_json_array(values: Iterable[Mapping[str, object]]) -> None:
    """Print a JSON array, one value per line, as the values come in."""
    import json

    before = "["
    for value in values:
        sys.stdout.write(before + "\n" + json.dumps(value, ensure_ascii=False, default=str))
        before = ","
    sys.stdout.write("[]\n" if before == "[" else "\n]\n")


def clock_time(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment by the newsletter's clock: ``2026-11-23 06:30 (Europe/Vienna)``."""
    from newsletter.domain import schedule

    return schedule.clock_time(moment, zone)


def duration(seconds: float) -> str:
    """Return a duration rounded to two units, such as ``3 min 20 s``."""
    if seconds < 1:
        return "under a second"
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """Open a CSV file that spreadsheets can read, and give it its name when it is complete.

    Only the owner can read it, because most of these files contain addresses.
    """
    with UnfinishedFile(path, private=True) as unfinished:
        file = TextIOWrapper(unfinished.file, encoding="utf-8-sig", errors="backslashreplace", newline="")
        yield file
        file.flush()
        unfinished.replace()


def can_ask() -> bool:
    """Return whether somebody at a terminal can answer a question."""
    return sys.stdin.isatty()


def confirm(question: str) -> bool:
    """Ask a yes-or-no question on the terminal and return the answer. Raises UsageError without a terminal."""
    import typer

    from newsletter.errors import UsageError

    if not can_ask():
        raise UsageError("this command asks for confirmation, which needs a terminal", hint="add --yes")
    return typer.confirm(question, err=True)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on stderr if it is a terminal; yield a function that takes the amount done and the total."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_console(sys.stderr), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class _Console(Console):
    """A console that lets the command continue, and exit with its own status, after its output was closed."""

    def on_broken_pipe(self) -> None:
        """Discard the rest of the output."""
        to_nowhere(self.file)


def to_nowhere(stream: IO[str]) -> None:
    """Redirect a stream to /dev/null, because the interpreter flushes it once more when it exits."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _console(stream: TextIO) -> Console:
    return _Console(
        file=stream,
        width=None if stream.isatty() else WIDE,
        markup=False,
        highlight=False,
        emoji=False,
    )


def plain(text: str) -> str:
    """Return a text with control characters replaced."""
    return _CONTROL_CHARACTERS.sub("�", text)
