"""The quick benchmarks at their smallest size: they still run, and every row has a yardstick. Nothing here is timed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import NAMES

ROOT = Path(__file__).parents[1]
SMALL = {
    "start_up": ["--rounds", "1"],
    "compile_issue": ["--rounds", "1"],
    "check_newsletter": ["--rounds", "1", "--entries", "8"],
    "studio": ["--rounds", "1", "--entries", "24", "--readers", "100"],
    "build_messages": ["--rounds", "1", "--messages", "20"],
    "send_ses": ["--rounds", "1", "--readers", "100"],
    "freeze": ["--readers", "2000"],
    "import_readers": ["--readers", "1000"],
    "count_segments": ["--readers", "500", "--rounds", "1"],
    "long_history": ["--only", "sqlite", "--history", "400", "--sends", "4", "--claimed", "100"],
}


@pytest.mark.parametrize("name", SMALL)
def test_a_small_benchmark_prints_rows_with_yardsticks(name: str) -> None:
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json", *SMALL[name]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or "bound missed" in done.stderr, done.stderr  # sizes this small have other ratios
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows
    for row in rows:
        assert row["ratio"].endswith(" ×"), row
        assert row["yardstick"], row


def test_make_bench_runs_every_benchmark() -> None:
    modules = (ROOT / "benchmarks").glob("*.py")
    assert {path.stem for path in modules if "Report(as_json" in path.read_text("utf-8")} == set(NAMES)
