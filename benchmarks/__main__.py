"""Run the benchmarks one after another and print one table: ``make bench``, about fifteen minutes.

    python -m benchmarks [NAME …] [--json]

Each benchmark is a module of this folder and a process of its own. A benchmark that fails, or that misses a bound,
doesn't stop the others; the exit status is 1 at the end.
"""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import requirements, results

HERE = Path(__file__).parent
NAMES = (
    "start_up",
    "compile_issue",
    "check_newsletter",
    "preview_reload",
    "studio",
    "reports",
    "studio_pages",
    "readers",
    "build_messages",
    "send_smtp",
    "send_ses",
    "answer",
    "flood",
    "record_events",
    "freeze",
    "send_million",
    "import_readers",
    "count_segments",
    "long_history",
    "sqlite_libraries",
)
_console = Console(stderr=True, highlight=False)


def main() -> None:
    """Run the chosen benchmarks, all of them by default."""
    arguments = results.parser(__doc__)
    arguments.add_argument("names", nargs="*", choices=[*NAMES, []], metavar="NAME", help=", ".join(NAMES))
    chosen = arguments.parse_args()
    names = chosen.names or NAMES
    if "send_smtp" in names:
        requirements.install()
        for sentence in requirements.missing():
            _console.print(f"warning: {sentence}. send_smtp can't measure what needs it.")
    if not chosen.json:
        print(f"| {' | '.join(results.COLUMNS)} |\n|{'---|' * len(results.COLUMNS)}", flush=True)
    failed = []
    for number, name in enumerate(names, 1):
        began = time.monotonic()
        with _console.status(f"{number} of {len(names)}: {name}"):
            try:
                status = run(name, as_json=chosen.json)
            except KeyboardInterrupt:
                _console.print(f"Stopped during {name}. Continue with: python -m benchmarks {' '.join(names[number:])}")
                sys.exit(130)
        _console.print(f"{number} of {len(names)}: {name}, {time.monotonic() - began:.0f} s")
        failed += [name] if status else []
    if failed:
        sys.exit(f"error: failed, or missed a bound: {', '.join(failed)}")


def run(name: str, *, as_json: bool) -> int:
    """Run a benchmark in a process of its own, print its rows and return its exit status."""
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json"]
    with subprocess.Popen(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True) as process:
        try:
            for row in _rows(process.stdout or ()):
                if as_json:
                    print(json.dumps({"benchmark": name, **row}), flush=True)
                else:
                    print(f"| {' | '.join(results.Row(**row).cells())} |", flush=True)
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            raise
    return process.returncode


def _rows(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.startswith("{"):
            yield json.loads(line)
        else:
            _console.print(line.rstrip(), markup=False)


if __name__ == "__main__":
    main()
