"""How long imports of readers take, and how much memory: ``python -m benchmarks.import_readers``.

Each reader has a name, a city and three of 40 topics; one in 50 an international domain. 10,000, 100,000 and a million
are imported, each into a new SQLite file by a process of its own; the 100,000 a second time, which changes nothing.
``--file`` and ``--database`` import one file into one database, which may be PostgreSQL's, and print JSON.
"""

import argparse
import csv
import json
import random
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.processes import Figures, alone, memory_row, peak
from newsletter.__main__ import collect_rarely
from newsletter.domain.topics import Topic, Topics
from newsletter.store import open_store
from newsletter.subscriber_files import OwnForm, import_readers

TOPICS = [f"Topic {number}" for number in range(40)]
DOMAINS = [f"mail{number}.example.com" for number in range(500)]
FEW, SOME, MANY = 10_000, 100_000, 1_000_000
SECONDS = {SOME: 10, MANY: 90}


def main() -> None:
    """Print a row for each, and fail where one is over its bound."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--file", type=Path)
    arguments.add_argument("--database", default="sqlite:///readers.db")
    chosen = arguments.parse_args()
    if chosen.file:
        print(json.dumps(imported(chosen.file, chosen.database)))
        return
    over = False
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for readers in (FEW, SOME, MANY):
            file, database = Path(folder) / f"{readers}.csv", Path(folder) / f"{readers}.db"
            write_readers(file, readers)
            found[readers] = alone("import_readers", "--file", file, "--database", f"sqlite:///{database}")
            if readers in SECONDS:
                over |= row("import", found[readers], SECONDS[readers])
            if readers == SOME:
                again = alone("import_readers", "--file", file, "--database", f"sqlite:///{database}")
                over |= again["added"] > 0
                row("the same file again, which changes nothing,", again, None)
            file.unlink()
            database.unlink()
    over |= memory_row("an import", found[FEW], found[MANY])
    if over:
        sys.exit("error: an import takes too long, or too much memory")


def row(what: str, took: Figures, bound: int | None) -> bool:
    """Print it; whether it is over."""
    print(
        f"{what} of {took['readers']:,.0f} readers with three topics each, SQLite: {took['seconds']:.1f} s,"
        f" {took['readers'] / took['seconds']:,.0f}/s, peak {took['peak']:.0f} MB"
        + (f" | | at most {bound} s" if bound else ""),
        flush=True,
    )
    return bound is not None and took["seconds"] > bound


def imported(file: Path, database: str) -> Figures:
    """Import it, as the command does."""
    collect_rarely()
    topics = Topics(Topic(slug=name.casefold().replace(" ", "-"), name=name) for name in TOPICS)
    with open_store(database) as store:
        before = time.perf_counter()
        report = import_readers(store.subscribers.merge, [file], OwnForm(topics=topics), now=datetime.now(UTC))
        seconds = time.perf_counter() - before
    if report.added + report.unchanged != report.rows:
        sys.exit(f"error: not all were imported: {report}")
    return {"readers": report.rows, "added": report.added, "seconds": seconds, "peak": peak()}


def write_readers(path: Path, number: int) -> None:
    """The same readers each time."""
    chance = random.Random(1)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["email", "first_name", "last_name", "topics", "city"])
        for index in range(number):
            domain = "bücher.example.com" if index % 50 == 0 else chance.choice(DOMAINS)
            followed = ";".join(chance.sample(TOPICS, 3))
            writer.writerow([f"reader.{index}@{domain}", f"Ada{index}", "Reader", followed, f"City {index % 1000}"])


if __name__ == "__main__":
    main()
