"""How fast what SES reports is taken: 100,000 notifications over HTTP, each signed as SNS signs it.

The server is a process of its own, with SQLite: it verifies each signature, and answers once the events are on the
disk. One notification in twenty comes twice, and they come in any order; what there is in the end is counted.
"""

import asyncio
import multiprocessing
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.answer import ask, post
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.events import EventKind
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Subscriber
from newsletter.store import Store, open_store
from tests import make, sns
from tests.databases import sqlite3
from tests.web.public import webhook_server

READERS, POSTS, TWICE = 40_000, 100_000, 5_000
CONNECTIONS = 128
SECONDS = 60


def main() -> None:
    """Post them all, and count what there is."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "newsletter.db"
        with open_store(f"sqlite:///{path}") as store:
            keys = send(store, path)
        expected = list(reports(keys))
        requests = signed(expected)
        took = posted(folder, requests)
        with open_store(f"sqlite:///{path}") as store:
            wrong = list(differences(store, path, expected))
    print(
        f"{POSTS:,} events of SES over HTTP, {TWICE:,} of them twice, SQLite: {took:.1f} s, {POSTS / took:,.0f}/s,"
        f" {'none' if not wrong else '; '.join(wrong)} lost or doubled | | {SECONDS} s"
    )
    if wrong or took > SECONDS:
        sys.exit("error: events were lost or doubled, or took too long")


def send(store: Store, path: Path) -> list[str]:
    """An issue whose deliveries are all uncertain; the readers' keys."""
    store.subscribers.merge(
        [[Subscriber(address=f"reader{number}@example.com") for number in range(READERS)]], now=make.WHEN
    )
    store.sends.freeze(
        compiled=make.compiled(), tailor=make.tailor(), date=make.WHEN, segments=[EVERYONE], provider="ses"
    )
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE delivery SET status = 'uncertain', attempt = 1")
    return [reader.key for reader in store.subscribers.each()]


def reports(keys: Sequence[str]) -> Iterator[dict[str, Any]]:
    """What SES says, each once, in any order: of every reader that it took the message and delivered it; of the rest,
    that it was delayed, bounced for good or was complained of."""
    kinds = ["Send"] * READERS + ["Delivery"] * READERS + ["DeliveryDelay"] * 10_000 + ["Bounce"] * 4_000
    kinds += ["Complaint"] * (POSTS - TWICE - len(kinds))
    numbers = [number % READERS for number in range(len(kinds))]
    order = list(range(len(kinds)))
    random.Random(1).shuffle(order)
    for at in order:
        kind, number = kinds[at], numbers[at]
        address = f"reader{number}@example.com"
        recipient: dict[str, str] = {
            "emailAddress": address,
            "status": "5.1.1",
            "diagnosticCode": "smtp; 550 5.1.1 user unknown",
        }
        details: dict[str, dict[str, Any]] = {
            "Bounce": {"bounce": {"bounceType": "Permanent", "bouncedRecipients": [recipient]}},
            "Complaint": {"complaint": {"complainedRecipients": [recipient], "complaintFeedbackType": "abuse"}},
            "Delivery": {"delivery": {"recipients": [address], "smtpResponse": "250 2.0.0 OK"}},
        }
        yield {
            "eventType": kind,
            "mail": {
                "timestamp": "2026-11-23T06:30:00.000Z",
                "messageId": f"0100018e-{number:08d}",
                "destination": [address],
                "headers": [{"name": "Subject", "value": "Night trains and other quiet things"}] * 8,
                "tags": {"issue": ["2026-11-23"], "delivery": [keys[number]], "ses:caller-identity": ["news"]},
            },
            **details.get(kind, {}),
        }


def signed(expected: Sequence[dict[str, Any]]) -> list[bytes]:
    """The requests, as SNS would post them; some again later."""
    sns.signing_key()  # before the fork: all sign with the same
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
        requests = list(pool.map(_request, range(len(expected)), expected, chunksize=1000))
    chance = random.Random(2)
    for request in chance.sample(requests, TWICE):
        requests.insert(chance.randrange(len(requests)), request)
    return requests


def _request(number: int, report: dict[str, Any]) -> bytes:
    body = sns.envelope(report, number=number)
    return post("/hooks/ses", body, "text/plain; charset=UTF-8")


def posted(folder: str, requests: Sequence[bytes]) -> float:
    """Seconds until every one was answered with 200."""
    (Path(folder) / webhook_server.CERTIFICATE).write_bytes(sns.certificate(sns.signing_key()))
    command = [sys.executable, "-m", "tests.web.public.webhook_server", folder]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        with server.stdin:
            port = int(server.stdout.readline())
            began = time.perf_counter()
            asyncio.run(_load(port, iter(requests)))
            return time.perf_counter() - began


async def _load(port: int, requests: Iterator[bytes]) -> None:
    async def worker() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in requests:
            assert await ask(reader, writer, request) == 200
        writer.close()

    await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))


def differences(store: Store, path: Path, expected: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What is not as it would be, had each event come once."""
    kinds = Counter(report["eventType"] for report in expected)
    with closing(sqlite3.connect(path)) as connection:
        stored = dict(connection.execute("SELECT kind, count(*) FROM event GROUP BY kind"))
    said = {
        EventKind.SUBMITTED: kinds["Send"],
        EventKind.DELIVERED: kinds["Delivery"],
        EventKind.DEFERRED: kinds["DeliveryDelay"],
        EventKind.BOUNCED: kinds["Bounce"],
        EventKind.COMPLAINED: kinds["Complaint"],
    }
    for kind, number in said.items():
        if stored.get(kind.value) != number:
            yield f"{stored.get(kind.value)} {kind} of {number}"
    counts = store.sends.get(1).counts
    if counts != {DeliveryStatus.SUBMITTED: READERS}:
        yield f"deliveries: {dict(counts)}"
    suppressed = {
        report["mail"]["destination"][0] for report in expected if report["eventType"] in ("Bounce", "Complaint")
    }
    if {one.address_key for one in store.suppressions.each()} != suppressed:
        yield "suppressions"


if __name__ == "__main__":
    main()
