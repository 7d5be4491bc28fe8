"""Whether the SQLite in use is as fast as Python's own: a freeze, claim and record, unsubscribing beside a send.

Both write in WAL mode here, even a library with the WAL-reset bug, which the program itself never does. They take
turns, each in a process of its own with a fresh copy of the same database, and the best of the rounds counts.
"""

import json
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.freeze import BATCHES, WHEN, compiled, fill, ledger, tailor
from benchmarks.processes import Figures, alone
from benchmarks.results import Report, parser
from newsletter.domain.consent import UnsubscribeRequest
from newsletter.domain.segment import EVERYONE
from newsletter.store import Store, database, open_store, sqlite_library
from newsletter.store.sqlite import SqliteLibrary

READERS, ROUNDS, LEAVING = 200_000, 3, 300
SLOWER = 1.3  # times; in busy hours two runs of the same library differ by a fifth
KINDS = ("freeze", "claim and record", "unsubscribing beside a send")


def frozen(store: Store) -> int:
    """Freeze an issue of a few editions, and return the number of the send."""
    chosen = tailor("few editions")
    made = compiled(chosen.issue)
    return store.sends.freeze(
        compiled=made, tailor=chosen, date=WHEN, segments=[EVERYONE], provider="outbox", now=WHEN
    ).id


def freeze(url: str) -> float:
    """Return the seconds of processor time of a freeze."""
    with open_store(url) as store:
        began = time.process_time()
        frozen(store)
        return time.process_time() - began


def claim(url: str) -> float:
    """Return the microseconds of processor time in which a delivery is claimed and recorded."""
    with open_store(url) as store:
        return 1e6 / ledger(store, frozen(store), BATCHES[1])


def leave(url: str) -> float:
    """Return the median milliseconds of unsubscribing while another process claims and records."""
    with open_store(url) as store:
        send = frozen(store)
        took = []
        with claiming(url, send):
            for number in range(1, LEAVING + 1):
                began = time.perf_counter()
                store.self_service.unsubscribe(
                    [UnsubscribeRequest(key=f"{number:032x}", how="benchmark")], datetime.now(UTC)
                )
                took.append(time.perf_counter() - began)
        return statistics.median(took) * 1000


@contextmanager
def claiming(url: str, send: int) -> Iterator[None]:
    """Claim and record in a process of its own, with the same library."""
    command = [sys.executable, "-m", "benchmarks.sqlite_libraries", "--library", sqlite_library().source]
    with subprocess.Popen([*command, "--database", url, "--claim", str(send)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
            if process.poll() is not None:
                sys.exit("error: the send was over before the readers had left")
        finally:
            process.kill()


WORK: dict[str, Callable[[str], float]] = dict(zip(KINDS, (freeze, claim, leave), strict=True))


def main() -> None:
    """Measure each kind of work with both libraries."""
    chosen = parser(__doc__)
    chosen.add_argument("--readers", type=int, default=READERS)
    chosen.add_argument("--library", default="")
    chosen.add_argument("--database", default="")
    chosen.add_argument("--work", choices=KINDS)
    chosen.add_argument("--claim", type=int, default=0)
    arguments = chosen.parse_args()
    if arguments.library == "Python":
        own = SqliteLibrary(sqlite3)
        own.has_bug = False
        vars(database)["sqlite_library"] = lambda: own
    if arguments.claim:
        with open_store(arguments.database) as store:
            print("claims", flush=True)
            ledger(store, arguments.claim, BATCHES[1])
        return
    if arguments.work:
        print(json.dumps({"time": WORK[arguments.work](arguments.database)}))
        return
    report = Report(as_json=arguments.json)
    if sqlite_library().source == "Python":
        report.add("SQLite", str(sqlite_library()), yardstick="Python's own: the same library", ratio=1)
        return
    with tempfile.TemporaryDirectory() as folder:
        filled = Path(folder) / "filled.db"
        fill(filled, arguments.readers)
        for kind in KINDS:
            add_row(report, kind, filled)
    report.finish()


def add_row(report: Report, kind: str, filled: Path) -> None:
    """Do one kind of work with both libraries in turns, and add the row."""
    times: dict[str, list[float]] = {"Python": [], "pysqlite3": []}
    for number in range(2 * ROUNDS):
        source = list(times)[number % 2]
        times[source].append(measured(kind, source, filled)["time"])
    own, used = min(times["Python"]), min(times["pysqlite3"])
    unit = {"freeze": "s", "claim and record": "µs a delivery"}.get(kind, "ms, median")
    report.add(
        f"{kind}, {sqlite_library()}",
        f"{used:.3g} {unit}",
        yardstick=f"SQLite {sqlite3.sqlite_version} (Python): {own:.3g} {unit}",
        ratio=used / own,
        at_most=SLOWER,
    )


def measured(kind: str, source: str, filled: Path) -> Figures:
    """Do the work in a process of its own, with a fresh copy of the database."""
    path = filled.with_name("copy.db")
    for old in filled.parent.glob("copy.db*"):
        old.unlink()
    shutil.copyfile(filled, path)
    return alone("sqlite_libraries", "--library", source, "--database", f"sqlite:///{path}", "--work", kind)


if __name__ == "__main__":
    main()
