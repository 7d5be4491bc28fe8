"""How long a tailored send takes to plan and to freeze, and to claim and record: 1,000,000 deliveries in at most 20 s.

    python -m benchmarks.freeze [--readers 1250000] [--database URL]

1.25 readers a delivery, each with three of 40 topics, in an SQLite file. One in five follows nothing that the issue is
about, and gets nothing. An issue for everybody, one of a few dozen editions and one of about 10,000 are frozen; each
freeze is a process of its own, so that its peak of memory is its own, and so is one of a hundredth of the readers.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import sqlalchemy as sa

from benchmarks.processes import Figures, alone, memory_row, peak
from newsletter.domain.addresses import Mailbox
from newsletter.domain.delivery import START, Answered, DeliveryStatus, Receipt
from newsletter.domain.edition import Tailor, Tailoring
from newsletter.domain.issue import Entry, Issue, Otherwise, Section
from newsletter.domain.segment import EVERYONE
from newsletter.domain.topics import Topics
from newsletter.message.compiled_issue import CompiledIssue, Part
from newsletter.message.mime import Wire
from newsletter.message.template import Slot
from newsletter.store import Store, open_store

READERS = 1_250_000
SECONDS, MANY = 20.0, 1.3
WHEN = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
BATCHES = (500, 200, 50, 20)
CLAIMED = 100_000  # deliveries claimed and recorded for each size of batch


def fill(path: Path, readers: int) -> None:
    """Readers written past the store, which would take ten times as long.

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
                        one,
                        f"{one:032x}",
                        f"r{one}@example.com",
                        f"r{one}@example.com",
                        f"Ada{one}",
                        f"{WHEN}",
                        f"{WHEN}",
                    )
                    for one in ids
                ],
            )
            rows = [
                (one, f"topic-{at}", one % 5 == 0 and chance.random() < 0.1)
                for one in ids
                for at in sorted(chance.sample(range(40, 48) if one % 5 == 0 else range(40), 3))
            ]
            connection.exec_driver_sql("INSERT INTO subscriber_topic VALUES (?, ?, ?)", rows)
    engine.dispose()


def issue(slug: str, about: Sequence[Sequence[int]]) -> Issue:
    """30 entries, about these topics in turn."""
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
    return Issue(slug=slug, date=date(2026, 11, 23), subject="x", sections=(Section(title=None, entries=entries),))


KINDS: dict[str, Sequence[Sequence[int]]] = {
    "not tailored": [range(40)],
    "one edition": [range(40)],
    "few editions": [range(at, 40, 5) for at in range(5)],
    "many editions": [(at, 30 + at % 10) for at in range(30)],
}


def tailor(kind: str) -> Tailor:
    """The issue and its rules."""
    rules = None if kind == "not tailored" else Tailoring(otherwise=Otherwise.SKIP)
    return Tailor(issue(kind.replace(" ", "-"), KINDS[kind]), Topics(), rules)


def compiled(one: Issue) -> CompiledIssue:
    """80 KB: a part for each entry, in HTML and text, and numbers that follow the edition."""
    html = [Part(template=("<p>Hello ", Slot("subscriber.first_name", "reader"), "</p>\n" + "<p>head</p>\n" * 500))]
    text = [Part(template=("Hello ", Slot("subscriber.first_name", "reader"), "\n", Slot("links.unsubscribe"), "\n"))]
    for at, entry in enumerate(one.entries):
        words = f"<p>{entry.title} and what the editor says of it, {at}</p>\n" * 30
        html.append(Part(template=("<b>", Slot(f"edition.numbers[{at}]"), f"</b>\n{words}"), entries=(at,)))
        text.append(Part(template=(f"{entry.title} and what the editor says of it.\n" * 10,), entries=(at,)))
    return CompiledIssue(
        issue=one.slug,
        newsletter="The Long Run",
        sender=Mailbox(address="editors@longrun.example.org"),
        reply_to=None,
        list_id="long-run.longrun.example.org",
        subject=("About ", Slot("edition.titles[0]")),
        preheader=("x",),
        html=tuple(html),
        text=tuple(text),
        titles=tuple(entry.title for entry in one.entries),
    )


def freeze(url: str, kind: str) -> Figures:
    """Freeze it, and build every edition; what that took."""
    chosen = tailor(kind)
    made = compiled(chosen.issue)
    with open_store(url) as store:
        wall, processor = time.perf_counter(), time.process_time()
        send = store.sends.freeze(compiled=made, tailor=chosen, date=WHEN, segments=[EVERYONE], provider="outbox")
        taken = {"wall": time.perf_counter() - wall, "processor": time.process_time() - processor}
        most = peak()
        counts = store.frozen.editions(send.id)
        if sum(counts.readers.values()) != send.recipients:
            raise SystemExit("the editions do not add up")
        processor = time.process_time()
        for edition in counts.readers:
            Wire(made.email(edition), WHEN)
        built = time.process_time() - processor
    figures = {"readers": send.recipients, "left out": send.left_out, "editions": len(counts.readers)}
    return taken | figures | {"built": built, "peak": most}


def ledger(store: Store, send_id: int, size: int) -> float:
    """Deliveries a second of processor time that are claimed and recorded; making receipts is a provider's work."""
    place, done, taken = START, 0, 0.0
    while done < CLAIMED:
        began = time.process_time()
        batch, _ = store.sends.exchange(send_id, (), slots={"subscriber.first_name"}, size=size, after=place)
        taken += time.process_time() - began
        if not batch:
            break
        place, done = batch[-1].place, done + len(batch)
        receipts = [
            Receipt(subscriber=one.subscriber, status=DeliveryStatus.SUBMITTED, provider_id=f"<{one.subscriber}>")
            for one in batch
        ]
        began = time.process_time()
        store.sends.exchange(send_id, [Answered(batch=batch, receipts=receipts, due={})], slots=(), size=0)
        taken += time.process_time() - began
    return done / taken


def main() -> None:
    """Print a line for each, and fail where one is over its bound."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--readers", type=int, default=READERS)
    arguments.add_argument("--database", default="")
    arguments.add_argument("--kind", choices=KINDS)
    chosen = arguments.parse_args()
    if chosen.kind:
        print(json.dumps(freeze(chosen.database, chosen.kind)))
        return
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.db", Path(folder) / "large.db"
        fill(small, max(chosen.readers // 100, 100))
        fill(large, chosen.readers)
        found = {kind: frozen(large, kind) for kind in KINDS}
        over = [row(kind, took, SECONDS * chosen.readers / READERS) for kind, took in found.items()]
        many, one = found["many editions"], found["one edition"]
        over.append(memory_row("a freeze", frozen(small, "many editions"), many))
        ratio = (many["processor"] + many["built"]) / (one["processor"] + one["built"])
        print(
            f"{many['editions']:,.0f} editions against one, freeze and wires, processor time:"
            f" {many['processor'] + many['built']:.1f} s to {one['processor'] + one['built']:.1f} s"
            f" | {ratio:.2f} × | at most {MANY} ×"
        )
        with open_store(f"sqlite:///{large}") as store:
            send = store.sends.find("many-editions")
            if send is None:
                sys.exit("error: the send is not in the database")
            for size in BATCHES:
                rate = ledger(store, send.id, size)
                print(
                    f"claim and record in batches of {size}, SQLite, FULL: {rate:,.0f}/s of processor time", flush=True
                )
    if any(over) or ratio > MANY:
        sys.exit("error: a freeze takes too long, or too much memory")


def frozen(database: Path, kind: str) -> Figures:
    """``freeze`` in a process of its own."""
    return alone("freeze", "--database", f"sqlite:///{database}", "--kind", kind)


def row(kind: str, took: Figures, bound: float) -> bool:
    """Print it; whether it is over."""
    print(
        f"freeze of {took['readers']:,.0f} deliveries, {kind} ({took['editions']:,.0f}): {took['wall']:.1f} s,"
        f" {took['readers'] / took['wall']:,.0f}/s, processor {took['processor']:.1f} s, peak {took['peak']:.0f} MB"
        f" | | at most {bound:.0f} s",
        flush=True,
    )
    return took["wall"] > bound


if __name__ == "__main__":
    main()
