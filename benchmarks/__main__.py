"""All benchmarks, one after another, as the table of docs/performance.md: `make bench`.

Each other module of this folder prints lines of the form ``what: figures`` and fails where it is over its bound.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Run them alone, so that none takes another's time, and print each row as it comes."""
    failed = []
    print("| what | measured |\n|---|---|", flush=True)
    for path in sorted(HERE.glob("[a-z]*.py")):
        command = [sys.executable, "-m", f"benchmarks.{path.stem}"]
        ran = subprocess.run(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True, check=False)
        for line in filter(None, map(str.strip, ran.stdout.splitlines())):
            what, _, figures = line.partition(": ")
            print(f"| {what} | {figures} |", flush=True)
        if ran.returncode:
            failed.append(path.name)
    if failed:
        sys.exit(f"error: over the bound, or broken: {', '.join(failed)}")


if __name__ == "__main__":
    main()
