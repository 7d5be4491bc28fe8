"""How long a tailored send takes to freeze, and to claim and record, against plain SQL for as many rows.

1.25 readers a delivery, each with three of 40 topics, in an SQLite file. One in five follows no topic of the issue and
is left out. An issue for everybody, one of some dozen editions and one of about 10,000 are frozen, each in a process of
its own. The yardsticks use plain SQL on the same database. For a freeze they read all readers and their topics and
insert as many rows, with the same columns, in one transaction. For claim and record they update each row twice by
primary key, in two transactions a batch.
"""

import json
import random
import sqlite3
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from benchmarks.processes import Figures, add_memory, alone, peak
from benchmarks.results import Report, in_turns, parser
from newsletter.domain.addresses import Mailbox
from newsletter.domain.delivery import START, BatchResult, DeliveryStatus, Receipt
from newsletter.domain.edition import Tailor, Tailoring
from newsletter.domain.issue import Entry, Issue, Otherwise, Section
from newsletter.domain.segment import EVERYONE
from newsletter.domain.topics import Topics
from newsletter.message.compiled_issue import CompiledIssue, IssuePart
from newsletter.message.mime import Wire
from newsletter.message.template import Slot
from newsletter.sending import FreezeRequest
from newsletter.store import Store, open_store, sqlite_library

READERS = 1_250_000
FREEZE, MANY, LEDGER = 5.0, 1.5, 7.5  # bounds of ratios, at most
WHEN = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
BATCHES = (500, 200, 50, 20)
CLAIMED = 100_000  # deliveries claimed and recorded for each size of batch


def fill(path: Path, readers: int) -> None:
    """Write readers with plain SQL, which takes a tenth of the time of an import.

    Four of five follow three of the topics 0 to 39, the others of 40 to 47, and exclude some of those.
    """
    chance = random.Random(1)
    with open_store(f"sqlite:///{path}"):
        pass
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        for begin in range(1, readers + 1, 10_000):
            ids = range(begin, min(begin + 10_000, readers + 1))
            connection.exec_driver_sql(
                "INSERT INTO subscriber (id, key, address, address_key, first_name, last_name, status, language,"
                " attributes, created, changed)"
                " VALUES (?, ?, ?, ?, ?, 'Reader', 'confirmed', '', '{\"city\":\"Ulm\"}', ?, ?)",
                [
                    (
                        number,
                        f"{number:032x}",
                        f"r{number}@example.com",
                        f"r{number}@example.com",
                        f"Ada{number}",
                        f"{WHEN}",
                        f"{WHEN}",
                    )
                    for number in ids
                ],
            )
            rows = [
                (number, f"topic-{at}", number % 5 == 0 and chance.random() < 0.1)
                for number in ids
                for at in sorted(chance.sample(range(40, 48) if number % 5 == 0 else range(40), 3))
            ]
            connection.exec_driver_sql("INSERT INTO subscriber_topic VALUES (?, ?, ?)", rows)
    engine.dispose()


def issue(slug: str, about: Sequence[Sequence[int]]) -> Issue:
    """Return an issue of 30 entries with these topics in turn."""
    entries = tuple(
        Entry(
            slug=f"entry-{at}",
            title=f"About {at}",
            url="https://example.org",
            source="The Review",
            topics=tuple(f"topic-{number}" for number in about[at % len(about)]),
        )
        for at in range(30)
    )
    return Issue(slug=slug, date=date(2026, 11, 23), subject="x", sections=(Section(title=None, items=entries),))


KINDS: dict[str, Sequence[Sequence[int]]] = {
    "not tailored": [range(40)],
    "one edition": [range(40)],
    "few editions": [range(at, 40, 5) for at in range(5)],
    "many editions": [(at, 30 + at % 10) for at in range(30)],
}


def tailor(kind: str) -> Tailor:
    """Return the issue of a kind and its tailoring."""
    rules = None if kind == "not tailored" else Tailoring(otherwise=Otherwise.SKIP)
    return Tailor(issue(kind.replace(" ", "-"), KINDS[kind]), Topics(), rules)


def freeze_request(chosen: Tailor) -> FreezeRequest:
    """Return the request to freeze a tailored issue for every reader."""
    return FreezeRequest(compiled=compiled(chosen.issue), tailor=chosen, segments=[EVERYONE], now=WHEN)


def compiled(made: Issue) -> CompiledIssue:
    """Return a compiled issue of 80 KB: a part for each entry in HTML and text, numbered by edition."""
    html = [
        IssuePart(template=("<p>Hello ", Slot("subscriber.first_name", "reader"), "</p>\n" + "<p>head</p>\n" * 500))
    ]
    text = [
        IssuePart(template=("Hello ", Slot("subscriber.first_name", "reader"), "\n", Slot("links.unsubscribe"), "\n"))
    ]
    for at, entry in enumerate(made.entries):
        words = f"<p>{entry.title} and what the editor says of it, {at}</p>\n" * 30
        html.append(IssuePart(template=("<b>", Slot(f"edition.numbers[{at}]"), f"</b>\n{words}"), entries=(at,)))
        text.append(IssuePart(template=(f"{entry.title} and what the editor says of it.\n" * 10,), entries=(at,)))
    return CompiledIssue(
        issue=made.slug,
        newsletter="The Long Run",
        sender=Mailbox(address="editors@longrun.example.org"),
        reply_to=None,
        list_id="long-run.longrun.example.org",
        subject=("About ", Slot("edition.titles[0]")),
        preheader=("x",),
        html=tuple(html),
        text=tuple(text),
        titles=tuple(entry.title for entry in made.entries),
    )


def freeze(url: str, kind: str) -> Figures:
    """Freeze a send and build every edition; return what that took."""
    chosen = tailor(kind)
    made = compiled(chosen.issue)
    with open_store(url) as store:
        wall, processor = time.perf_counter(), time.process_time()
        send = store.sends.freeze(
            compiled=made, tailor=chosen, date=WHEN, segments=[EVERYONE], provider="outbox", now=WHEN
        )
        times = {"wall": time.perf_counter() - wall, "processor": time.process_time() - processor}
        most = peak()
        counts = store.frozen.editions(send.id)
        if sum(counts.readers.values()) != send.recipients:
            sys.exit("error: the editions don't add up to the recipients")
        processor = time.process_time()
        for edition in counts.readers:
            Wire(made.email(edition), WHEN)
        built = time.process_time() - processor
    figures = {"readers": send.recipients, "left out": send.left_out, "editions": len(counts.readers)}
    return times | figures | {"built": built, "peak": most}


def ledger(store: Store, send_id: int, size: int, most: int = CLAIMED) -> float:
    """Claim and record deliveries in batches; return how many in a second of processor time, without the receipts."""
    place, done, seconds = START, 0, 0.0
    while done < most:
        began = time.process_time()
        batch, _ = store.deliveries.record_and_claim(
            send_id, (), slots={"subscriber.first_name"}, size=size, after=place, now=WHEN
        )
        seconds += time.process_time() - began
        if not batch:
            break
        place, done = batch[-1].position, done + len(batch)
        receipts = [
            Receipt(subscriber=row.subscriber, status=DeliveryStatus.SUBMITTED, provider_id=f"<{row.subscriber}>")
            for row in batch
        ]
        began = time.process_time()
        store.deliveries.record_and_claim(
            send_id, [BatchResult(batch=batch, receipts=receipts, due={})], slots=(), size=0, now=WHEN
        )
        seconds += time.process_time() - began
    return done / seconds


@contextmanager
def plain_table(database: Path) -> Iterator[sqlite3.Connection]:
    """Open the database with plain SQL, and yield a connection with an empty table like the ledger's."""
    with closing(sqlite_library().module.connect(str(database), isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        (schema,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'delivery'").fetchone()
        connection.execute("DROP TABLE IF EXISTS plain")
        connection.execute(schema.replace("delivery", "plain", 1))
        yield connection
        connection.execute("DROP TABLE plain")


def plain_read(connection: sqlite3.Connection) -> float:
    """Read every reader's key, name and topics into Python; return the seconds of processor time."""
    began = time.process_time()
    readers = connection.execute("SELECT id, key, first_name FROM subscriber WHERE status = 'confirmed' ORDER BY id")
    topics = connection.execute("SELECT * FROM subscriber_topic ORDER BY subscriber")
    deque(readers, maxlen=0)
    deque(topics, maxlen=0)
    return time.process_time() - began


def plain_insert(connection: sqlite3.Connection, rows: int) -> float:
    """Insert rows in one transaction; return the seconds of processor time."""
    began = time.process_time()
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(
        "INSERT INTO plain (send, edition, subscriber, status, detail, provider_id) VALUES (1, 0, ?, 'queued', '', '')",
        ((number,) for number in range(1, rows + 1)),
    )
    connection.execute("COMMIT")
    return time.process_time() - began


def plain_update(connection: sqlite3.Connection, rows: int, size: int) -> float:
    """Update inserted rows twice by primary key, in batches; return how many rows in a second of processor time."""
    began = time.process_time()
    for first in range(1, rows + 1, size):
        numbers = [(number,) for number in range(first, min(first + size, rows + 1))]
        for status in ("submitting", "submitted"):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                f"UPDATE plain SET status = '{status}', provider_id = '<x>'"
                " WHERE send = 1 AND edition = 0 AND subscriber = ?",
                numbers,
            )
            connection.execute("COMMIT")
    return rows / (time.process_time() - began)


def main() -> None:
    """Measure each kind of send and each size of batch."""
    chosen = parser(__doc__)
    chosen.add_argument("--readers", type=int, default=READERS)
    chosen.add_argument("--database", default="")
    chosen.add_argument("--kind", choices=KINDS, help="freeze one kind in --database, and print JSON")
    arguments = chosen.parse_args()
    if arguments.kind:
        print(json.dumps(freeze(arguments.database, arguments.kind)))
        return
    report = Report(as_json=arguments.json)
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.db", Path(folder) / "large.db"
        fill(small, max(arguments.readers // 100, 100))
        fill(large, arguments.readers)
        frozen = {kind: add_freeze(report, large, kind) for kind in KINDS}
        many, single = frozen["many editions"], frozen["one edition"]
        add_memory(report, "a freeze", freeze_alone(small, "many editions"), many)
        report.add(
            f"freeze and wires of {many['editions']:,.0f} editions, processor time",
            f"{many['processor'] + many['built']:.1f} s",
            yardstick=f"one edition: {single['processor'] + single['built']:.1f} s",
            ratio=(many["processor"] + many["built"]) / (single["processor"] + single["built"]),
            at_most=MANY,
        )
        add_ledger(report, large, int(many["readers"]))
    report.finish()


def freeze_alone(database: Path, kind: str) -> Figures:
    """Freeze in a process of its own."""
    return alone("freeze", "--database", f"sqlite:///{database}", "--kind", kind)


def add_freeze(report: Report, database: Path, kind: str) -> Figures:
    """Freeze a kind, insert as many plain rows right after it, and add the row of both."""
    figures = freeze_alone(database, kind)
    with plain_table(database) as connection:
        plain = plain_read(connection) + plain_insert(connection, int(figures["readers"]))
    report.add(
        f"freeze of {figures['readers']:,.0f} deliveries, {figures['editions']:,.0f} editions, processor time",
        f"{figures['processor']:.1f} s ({figures['wall']:.1f} s in all, peak {figures['peak']:.0f} MB)",
        yardstick=f"read and insert with plain SQL: {plain:.1f} s",
        ratio=figures["processor"] / plain,
        at_most=FREEZE,
    )
    return figures


def add_ledger(report: Report, database: Path, readers: int) -> None:
    """Claim and record in batches of each size, in turns with plain updates, and add the rows."""
    rows = min(CLAIMED, readers // len(BATCHES))
    with open_store(f"sqlite:///{database}") as store, plain_table(database) as connection:
        send = store.sends.of_issue("many-editions")
        if send is None:
            sys.exit("error: the send isn't in the database")
        plain_insert(connection, rows)
        for size in BATCHES:
            tasks: dict[str, Callable[[], float]] = {
                "ours": partial(ledger, store, send.id, size, rows),
                "plain": partial(plain_update, connection, rows, size),
            }
            rates = in_turns(1, tasks)
            report.add(
                f"claim and record in batches of {size}, SQLite, processor time",
                f"{rates['ours']:,.0f}/s",
                yardstick=f"two plain updates: {rates['plain']:,.0f}/s",
                ratio=rates["plain"] / rates["ours"],
                at_most=LEDGER,
            )


if __name__ == "__main__":
    main()
