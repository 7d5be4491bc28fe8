"""How long imports of readers take, against parsing the same file and inserting its rows with plain SQL.

Each reader has a name, a city and three of 40 topics; one in 50 has an international domain. 10,000, 100,000 and a
million are imported, each into a new SQLite file by a process of its own; the 100,000 a second time, which changes
nothing. The yardstick checks no addresses, topics or consent. ``--file`` and ``--database`` import one file into one
database, which may be PostgreSQL's, and print JSON.
"""

import csv
import json
import random
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from benchmarks.processes import Figures, add_memory, alone, peak
from benchmarks.results import Report, parser
from newsletter.__main__ import collect_rarely
from newsletter.domain.topics import Topic, Topics
from newsletter.store import open_store, sqlite_library
from newsletter.subscriber_files import OwnFormat, import_readers

TOPICS = [f"Topic {number}" for number in range(40)]
DOMAINS = [f"mail{number}.example.com" for number in range(500)]
MANY = 1_000_000
BOUND = 6.0  # of the ratio, at most


def main() -> None:
    """Measure an import of each size, and the yardstick right after it."""
    chosen = parser(__doc__)
    chosen.add_argument("--readers", type=int, default=MANY)
    chosen.add_argument("--file", type=Path)
    chosen.add_argument("--database", default="sqlite:///readers.db")
    arguments = chosen.parse_args()
    if arguments.file:
        print(json.dumps(imported(arguments.file, arguments.database)))
        return
    few, some, many = arguments.readers // 100, arguments.readers // 10, arguments.readers
    report = Report(as_json=arguments.json)
    results: dict[int, Figures] = {}
    with tempfile.TemporaryDirectory() as folder:
        for readers in (few, some, many):
            file, database = Path(folder) / f"{readers}.csv", Path(folder) / f"{readers}.db"
            write_readers(file, readers)
            plain = plain_import(file, Path(folder) / "plain.db")
            results[readers] = alone("import_readers", "--file", file, "--database", f"sqlite:///{database}")
            add_import(report, "import", results[readers], plain, bound=None if readers == few else BOUND)
            if readers == some:
                again = alone("import_readers", "--file", file, "--database", f"sqlite:///{database}")
                if again["added"]:
                    report.fault("the same file again", f"{again['added']:,.0f} readers were added twice")
                add_import(report, "the same file again, which changes nothing: import", again, plain)
            file.unlink()
            database.unlink()
    add_memory(report, "an import", results[few], results[many])
    report.finish()


def add_import(report: Report, what: str, figures: Figures, plain: float, bound: float | None = BOUND) -> None:
    """Add the row of an import and its yardstick, both in seconds of processor time."""
    report.add(
        f"{what} of {figures['readers']:,.0f} readers with three topics each, SQLite, processor time",
        f"{figures['processor']:.1f} s ({figures['seconds']:.1f} s in all, peak {figures['peak']:.0f} MB)",
        yardstick=f"parse and insert with plain SQL: {plain:.1f} s",
        ratio=figures["processor"] / plain,
        at_most=bound,
    )


def plain_import(file: Path, database: Path) -> float:
    """Insert the file's readers and topics with plain SQL, 10,000 a transaction; return the processor seconds."""
    for old in database.parent.glob(f"{database.name}*"):
        old.unlink()
    with open_store(f"sqlite:///{database}"):
        pass
    began = time.process_time()
    with (
        file.open(encoding="utf-8", newline="") as lines,
        closing(sqlite_library().module.connect(str(database), isolation_level=None)) as connection,
    ):
        rows = enumerate(csv.reader(lines))
        next(rows)
        while part := list(islice(rows, 10_000)):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO subscriber (id, key, address, address_key, first_name, last_name, status, language,"
                " attributes, created, changed)"
                " VALUES (?, ?, ?, ?, ?, ?, 'confirmed', '', ?, '2026-11-23', '2026-11-23')",
                [
                    (at, f"{at:032x}", row[0], row[0].casefold(), row[1], row[2], json.dumps({"city": row[4]}))
                    for at, row in part
                ],
            )
            topics = ((at, topic, False) for at, row in part for topic in row[3].split(";"))
            connection.executemany("INSERT INTO subscriber_topic VALUES (?, ?, ?)", topics)
            connection.execute("COMMIT")
    return time.process_time() - began


def imported(file: Path, database: str) -> Figures:
    """Import a file, as the command does."""
    collect_rarely()
    topics = Topics(Topic(slug=name.casefold().replace(" ", "-"), name=name) for name in TOPICS)
    with open_store(database) as store:
        before, processor = time.perf_counter(), time.process_time()
        report = import_readers(store.subscribers.merge, [file], OwnFormat(topics=topics), now=datetime.now(UTC))
        seconds, processor = time.perf_counter() - before, time.process_time() - processor
    if report.added + report.unchanged != report.rows:
        sys.exit(f"error: not all were imported: {report}")
    figures = {"readers": report.rows, "added": report.added, "seconds": seconds}
    return {**figures, "processor": processor, "peak": peak()}


def write_readers(path: Path, number: int) -> None:
    """Write a CSV file, the same in each run."""
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
