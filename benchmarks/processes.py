"""A measurement in a process of its own, so that its peak of memory is its own. It measures nothing by itself."""

import json
import resource
import subprocess
import sys
from pathlib import Path

MEGABYTES, GROWTH = 200, 20  # of any peak; from 10,000 to 1,000,000 readers
Figures = dict[str, float]


def alone(module: str, *arguments: object) -> Figures:
    """What the module's process printed as JSON. Ends the program where it failed, after it has said why."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, cwd=Path(__file__).parents[1])
    if ran.returncode:
        sys.exit(f"error: {' '.join(command[1:])} failed")
    found: Figures = json.loads(ran.stdout)
    return found


def peak() -> float:
    """The most memory that this process has had, in MB.

    Linux gives a process that was started by a larger one the peak of that as its ru_maxrss, and VmHWM its own.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def memory_row(what: str, few: Figures, many: Figures) -> bool:
    """Print the row of two peaks; whether they are over a bound."""
    growth = many["peak"] - few["peak"]
    print(
        f"peak memory of {what}, {few['readers']:,.0f} and {many['readers']:,.0f} readers: {few['peak']:.0f} and"
        f" {many['peak']:.0f} MB | {growth:+.0f} MB | at most {MEGABYTES} MB, {GROWTH:+} MB",
        flush=True,
    )
    return growth > GROWTH or many["peak"] > MEGABYTES
