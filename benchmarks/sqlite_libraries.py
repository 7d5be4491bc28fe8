"""Whether the SQLite in use is as fast as Python's own: a freeze, claim and record, unsubscribing beside a send.

    python -m benchmarks.sqlite_libraries [--readers 200000]

Both write in WAL mode here, also a library with the WAL-reset bug, which the program never does. They take turns, each
in a process of its own with a fresh copy of the same database, and the best of the rounds counts.
"""

import argparse
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
from newsletter.domain.consent import Departure
from newsletter.domain.segment import EVERYONE
from newsletter.store import Store, database, open_store, sqlite_library
from newsletter.store.sqlite import Library

READERS, ROUNDS, LEAVING = 200_000, 3, 300
SLOWER = 1.25  # times; in busy hours two runs of the same library differ by a fifth
KINDS = ("freeze", "claim and record", "unsubscribing beside a send")


def frozen(store: Store) -> int:
    """Freeze an issue of a few editions, and return the number of the send."""
    chosen = tailor("few editions")
    made = compiled(chosen.issue)
    return store.sends.freeze(compiled=made, tailor=chosen, date=WHEN, segments=[EVERYONE], provider="outbox").id


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
                store.readers.leave([Departure(key=f"{number:032x}", how="benchmark")], datetime.now(UTC))
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
    """Print a row for each kind of work, and fail if the library in use is slower."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--readers", type=int, default=READERS)
    arguments.add_argument("--library", default="")
    arguments.add_argument("--database", default="")
    arguments.add_argument("--work", choices=KINDS)
    arguments.add_argument("--claim", type=int, default=0)
    chosen = arguments.parse_args()
    if chosen.library == "Python":
        own = Library(sqlite3)
        own.has_bug = False
        vars(database)["sqlite_library"] = lambda: own
    if chosen.claim:
        with open_store(chosen.database) as store:
            print("claims", flush=True)
            ledger(store, chosen.claim, BATCHES[1])
        return
    if chosen.work:
        print(json.dumps({"took": WORK[chosen.work](chosen.database)}))
        return
    used = sqlite_library()
    if used.source == "Python":
        print(f"{used} against Python's own: the same library | 1.00 ×")
        return
    with tempfile.TemporaryDirectory() as folder:
        filled = Path(folder) / "filled.db"
        fill(filled, chosen.readers)
        slower = [kind for kind in KINDS if row(kind, filled) > SLOWER]
    if slower:
        sys.exit(f"error: slower than Python's own SQLite: {', '.join(slower)}")


def row(kind: str, filled: Path) -> float:
    """Print the row of one kind of work, and return the ratio of the library in use to Python's own."""
    took: dict[str, list[float]] = {"Python": [], "pysqlite3": []}
    for number in range(2 * ROUNDS):
        source = list(took)[number % 2]
        took[source].append(measured(kind, source, filled)["took"])
    own, used = min(took["Python"]), min(took["pysqlite3"])
    unit = {"freeze": "s", "claim and record": "µs a delivery"}.get(kind, "ms, median")
    print(
        f"{kind}, {sqlite_library()} against SQLite {sqlite3.sqlite_version} (Python): {used:.3g} to {own:.3g} {unit}"
        f" | {used / own:.2f} × | at most {SLOWER} ×",
        flush=True,
    )
    return used / own


def measured(kind: str, source: str, filled: Path) -> Figures:
    """Do the work in a process of its own, with a fresh copy of the database."""
    path = filled.with_name("copy.db")
    for old in filled.parent.glob("copy.db*"):
        old.unlink()
    shutil.copyfile(filled, path)
    return alone("sqlite_libraries", "--library", source, "--database", f"sqlite:///{path}", "--work", kind)


if __name__ == "__main__":
    main()
