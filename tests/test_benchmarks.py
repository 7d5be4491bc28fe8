"""The quick benchmarks at their smallest size: they still run, and every row has a yardstick. Nothing here is timed.

Most run in this process, which has imported everything: each process of their own spends a second on that.
"""

import importlib
import io
import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from benchmarks.__main__ import NAMES
from benchmarks.processes import Figures

ROOT = Path(__file__).parents[1]
SMALL = {
    "start_up": ["--rounds", "1"],
    "compile_issue": ["--rounds", "1"],
    "check_newsletter": ["--rounds", "1", "--entries", "8"],
    "studio": ["--rounds", "1", "--entries", "24", "--readers", "100"],
    "reports": ["--rounds", "1", "--readers", "200", "--earlier", "3"],
    "readers": ["--rounds", "1", "--readers", "1000"],
    "build_messages": ["--rounds", "1", "--messages", "20"],
    "send_ses": ["--rounds", "1", "--readers", "100"],
    "freeze": ["--readers", "2000"],
    "import_readers": ["--readers", "1000"],
    "count_segments": ["--readers", "500", "--rounds", "1"],
    "long_history": ["--only", "sqlite", "--history", "400", "--sends", "4", "--claimed", "100"],
}
IN_A_PROCESS = {"start_up", "studio", "send_ses"}  # the last starts others with ``benchmarks.processes.alone``


@pytest.mark.parametrize("name", SMALL)
def test_a_small_benchmark_prints_rows_with_yardsticks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    arguments = ["--json", *SMALL[name]]
    error, printed = _in_a_process(name, arguments) if name in IN_A_PROCESS else _here(name, arguments)
    assert not error or "bound missed" in error, error  # sizes this small have other ratios
    rows = [json.loads(line) for line in printed.splitlines()]
    assert rows
    for row in rows:
        assert row["ratio"].endswith(" ×"), row
        assert row["yardstick"], row


def _in_a_process(name: str, arguments: Sequence[str]) -> tuple[str, str]:
    """Run a benchmark as ``make bench`` does, and return its error, if any, and what it printed."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stderr or "failed") if done.returncode else "", done.stdout


def _here(name: str, arguments: Sequence[str]) -> tuple[str, str]:
    """Run a benchmark in this process, with all of its parts, and return the same."""
    module = importlib.import_module(f"benchmarks.{name}")

    def alone(part: str, *options: object) -> Figures:
        error, printed = _here(part, [str(option) for option in options])
        assert not error
        figures: Figures = json.loads(printed)
        return figures

    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as printed:
        patch.setattr(sys, "argv", [name, *arguments])
        patch.setattr(module, "alone", alone, raising=False)
        try:
            module.main()
        except SystemExit as leaving:
            return str(leaving.code or ""), printed.getvalue()
    return "", printed.getvalue()


def test_make_bench_runs_every_benchmark() -> None:
    modules = (ROOT / "benchmarks").glob("*.py")
    assert {path.stem for path in modules if "Report(as_json" in path.read_text("utf-8")} == set(NAMES)
