"""All benchmarks, one after another, as the table of docs/performance.md: `make bench`, about ten minutes.

Each other module of this folder prints rows of the form ``what: measured | ratio | reach``, the last two of which may
be missing, and fails where it does not reach something, or cannot measure it because something is not installed.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
COLUMNS = ("what", "measured", "ratio", "reach")
HELP_OTHERS = {"processes", "smtp_peers"}


def main() -> None:
    """Run them alone, so that none takes another's time, and print each row as it comes."""
    modules = [path.stem for path in sorted(HERE.glob("[a-z]*.py")) if path.stem not in HELP_OTHERS]
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}", flush=True)
    failed = []
    for number, module in enumerate(modules, 1):
        print(f"{number} of {len(modules)}: {module} …", file=sys.stderr, flush=True)
        began = time.monotonic()
        words = rows_of(module)
        print(f"  {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        if words:
            print(f"| **{module}** | **failed: {words}** | | |", flush=True)
            failed.append(module)
    if failed:
        sys.exit(f"error: not reached, or not measured: {', '.join(failed)}")


def rows_of(module: str) -> str:
    """Print a module's rows; its last words where it fails, empty where it does not."""
    command = [sys.executable, "-m", f"benchmarks.{module}"]
    with tempfile.TemporaryFile("w+") as said:
        with subprocess.Popen(command, cwd=HERE.parent, stdout=subprocess.PIPE, stderr=said, text=True) as process:
            for line in filter(None, map(str.strip, process.stdout or ())):
                what, _, figures = line.partition(": ")
                cells = [what, *map(str.strip, figures.split("|"))]
                print(f"| {' | '.join(cells + [''] * (len(COLUMNS) - len(cells)))} |", flush=True)
        said.seek(0)
        words = said.read().strip()
    if words:
        print(words, file=sys.stderr, flush=True)
    last = words.splitlines()[-1] if words else f"exit status {process.returncode}"
    return last if process.returncode else ""


if __name__ == "__main__":
    main()
