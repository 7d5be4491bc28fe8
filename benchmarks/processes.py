"""Measurements in processes of their own, so that each has its own memory peak. Measures nothing by itself."""

import json
import resource
import subprocess
import sys
from pathlib import Path

from benchmarks.results import Report

GROWTH = 1.5  # of the peak, from a hundredth of the readers to all of them, at most
Figures = dict[str, float]


def alone(module: str, *arguments: object) -> Figures:
    """Run a benchmark module in a process, and return what it printed as JSON; exit if it failed."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, cwd=Path(__file__).parents[1])
    if ran.returncode:
        sys.exit(f"error: {' '.join(command[1:])} failed")
    figures: Figures = json.loads(ran.stdout)
    return figures


def processor_seconds(*arguments: object, says: str = "") -> float:
    """Run Python with these arguments, and return its seconds of processor time; exit if it fails.

    Its output must contain ``says``.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if ran.returncode or says not in ran.stdout:
        sys.exit(f"error: {arguments} failed:\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def peak() -> float:
    """Return the peak memory of this process, in MB.

    On Linux, ru_maxrss includes the peak of the parent process at the fork; VmHWM doesn't.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def add_memory(report: Report, what: str, few: Figures, many: Figures) -> None:
    """Add the row of two peaks, for a hundredth of the readers and for all of them."""
    report.add(
        f"peak memory of {what}, {many['readers']:,.0f} readers",
        f"{many['peak']:.0f} MB",
        yardstick=f"{few['readers']:,.0f} readers: {few['peak']:.0f} MB",
        ratio=many["peak"] / few["peak"],
        at_most=GROWTH,
    )
