"""How fast events reported by Amazon SES are recorded, against an empty route that commits one row.

100,000 notifications over HTTP, each signed as SNS signs it. The server is a process of its own, with SQLite; it
verifies each signature and answers once the events are on disk. One notification in twenty comes twice, in any order,
and the totals are counted at the end.
"""

import asyncio
import multiprocessing
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.empty_route import empty_route
from benchmarks.load import as_fast_as_possible, get, post
from benchmarks.results import Report, parser
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.events import EventKind
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Subscriber
from newsletter.store import Store, open_store
from tests import make, sns
from tests.databases import sqlite3
from tests.web.public import webhook_server

READERS, POSTS, TWICE = 40_000, 100_000, 5_000
CONNECTIONS, COMMITS = 128, 10_000
BOUND = 0.55  # of the empty route's requests a second, at least


def main() -> None:
    """Post all events, count the results, and measure the empty route before and after."""
    arguments = parser(__doc__).parse_args()
    report = Report(as_json=arguments.json)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "newsletter.db"
        with open_store(f"sqlite:///{path}") as store:
            keys = send(store, path)
        expected = list(reports(keys))
        requests = signed(expected)
        with empty_route(path) as empty:
            before = commits(empty)
            seconds = post_all(folder, requests)
            after = commits(empty)
        with open_store(f"sqlite:///{path}") as store:
            for fault in differences(store, path, expected):
                report.fault("events lost or doubled", fault)
    yardstick = (before + after) / 2
    report.add(
        f"{POSTS:,} events of SES over HTTP, {TWICE:,} of them twice, SQLite",
        f"{seconds:.1f} s, {POSTS / seconds:,.0f}/s",
        yardstick=f"empty route: {yardstick:,.0f}/s",
        ratio=POSTS / seconds / yardstick,
        at_least=BOUND,
    )
    report.finish()


def commits(port: int) -> float:
    """Return the requests a second of the empty route."""
    requests = [get("/")] * COMMITS
    return COMMITS / asyncio.run(as_fast_as_possible(port, requests, connections=CONNECTIONS, status=200))


def send(store: Store, path: Path) -> list[str]:
    """Freeze an issue, make all its deliveries uncertain, and return the readers' keys."""
    readers = [Subscriber(address=f"reader{number}@example.com") for number in range(READERS)]
    store.subscribers.merge([readers], now=make.WHEN)
    store.sends.freeze(
        compiled=make.compiled(),
        tailor=make.tailor(),
        date=make.WHEN,
        segments=[EVERYONE],
        provider="ses",
        now=make.WHEN,
    )
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE delivery SET status = 'uncertain', attempt = 1")
    return [reader.key for reader in store.subscribers.stream()]


def reports(keys: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield each of SES's reports once, in any order: sent and delivered for every reader, and some delays, permanent
    bounces and complaints."""
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
    """Return the requests as SNS would post them, some of them again later."""
    sns.signing_key()  # before the fork, so that all processes sign with one key
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
        requests = list(pool.map(_request, range(len(expected)), expected, chunksize=1000))
    chance = random.Random(2)
    for request in chance.sample(requests, TWICE):
        requests.insert(chance.randrange(len(requests)), request)
    return requests


def _request(number: int, report: dict[str, Any]) -> bytes:
    body = sns.envelope(report, number=number)
    return post("/hooks/ses", body, "text/plain; charset=UTF-8")


def post_all(folder: str, requests: Sequence[bytes]) -> float:
    """Post all requests, and return the seconds until each was answered with 200."""
    (Path(folder) / webhook_server.CERTIFICATE).write_bytes(sns.certificate(sns.signing_key()))
    command = [sys.executable, "-m", "tests.web.public.webhook_server", folder]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        with server.stdin:
            port = int(server.stdout.readline())
            return asyncio.run(as_fast_as_possible(port, requests, connections=CONNECTIONS, status=200))


def differences(store: Store, path: Path, expected: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield each difference from the result of every event coming once."""
    kinds = Counter(report["eventType"] for report in expected)
    with closing(sqlite3.connect(path)) as connection:
        stored = dict(connection.execute("SELECT kind, count(*) FROM event GROUP BY kind"))
    totals = {
        EventKind.SUBMITTED: kinds["Send"],
        EventKind.DELIVERED: kinds["Delivery"],
        EventKind.DEFERRED: kinds["DeliveryDelay"],
        EventKind.BOUNCED: kinds["Bounce"],
        EventKind.COMPLAINED: kinds["Complaint"],
    }
    for kind, number in totals.items():
        if stored.get(kind.value) != number:
            yield f"{stored.get(kind.value)} {kind} of {number}"
    counts = store.sends.get(1).counts
    if counts != {DeliveryStatus.SUBMITTED: READERS}:
        yield f"deliveries: {dict(counts)}"
    suppressed = {
        report["mail"]["destination"][0] for report in expected if report["eventType"] in ("Bounce", "Complaint")
    }
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT address_key FROM suppression UNION ALL SELECT address_key FROM held_bounce"
        stopped = [key for (key,) in connection.execute(query)]
    if sorted(stopped) != sorted(suppressed):
        yield f"{len(stopped)} addresses suppressed or held of {len(suppressed)}"


if __name__ == "__main__":
    main()
