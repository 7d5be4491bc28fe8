"""How long an import of readers takes, and how much memory: ``python -m benchmarks.import_readers [--readers 100000]``.

Each reader has a name, a city and three of 40 topics; one in 50 an international domain. The file is imported twice:
the second time changes nothing. ``--database`` names an empty database instead of a new SQLite file. Fails where the
first import takes longer than it may: 10 s for 100,000 readers, 90 s for a million.
"""

import argparse
import csv
import random
import resource
import tempfile
import time
from pathlib import Path

from newsletter.issue import Topic, Topics
from newsletter.store import open_store
from newsletter.subscriber_files import import_csv

TOPICS = [f"Topic {number}" for number in range(40)]
DOMAINS = [f"mail{number}.example.com" for number in range(500)]


def main() -> None:
    """Make the file, import it twice, print what it took."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--readers", type=int, default=100_000)
    arguments.add_argument("--database", default="")
    chosen = arguments.parse_args()
    limit = chosen.readers / 100_000 * (10 if chosen.readers < 1_000_000 else 9)
    over = False
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "readers.csv"
        write_readers(path, chosen.readers)
        topics = Topics(Topic(slug=name.casefold().replace(" ", "-"), name=name) for name in TOPICS)
        with open_store(chosen.database or f"sqlite:///{folder}/newsletter.db") as store:
            for what, bound in (("first import", f"at most {limit:.0f} s, "), ("same again", "")):
                before = time.perf_counter()
                report = import_csv(store, path, topics=topics)
                seconds = time.perf_counter() - before
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                over = over or bool(bound and seconds > limit)
                print(
                    f"{what}: {report.rows:,} readers in {seconds:.2f} s ({bound}{report.rows / seconds:,.0f}/s), "
                    f"added {report.added:,}, unchanged {report.unchanged:,}, peak {peak:.0f} MB"
                )
    if over:
        raise SystemExit(1)


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
