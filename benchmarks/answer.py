"""How fast the readers' pages answer over loopback, against an empty route that commits one row to the same database.

The server is a process of its own, with SQLite; requests come at fixed times, however long the answers take. First with
nothing else running, then beside a send from the same database at the speed of SMTP. The last row compares the times of
sign-ups of known and unknown addresses, which must not tell who is subscribed.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from benchmarks.empty_route import empty_route
from benchmarks.freeze import WHEN, compiled, fill, tailor
from benchmarks.load import FORM, HOST, JSON, ask, get, paced, percentile, post
from benchmarks.results import Report, parser
from benchmarks.send_million import sent
from newsletter.domain.segment import Segment
from newsletter.domain.tracking import Link
from newsletter.message.compiled_issue import CompiledIssue
from newsletter.store import open_store
from newsletter.tokens import Purpose, Signer

SECRET = "a secret of the benchmark"
READERS, MANY = 20_000, 400_000
RATE, SECONDS, ROUNDS, CONNECTIONS = 500, 4, 5, 64
PORT = 18026
BATCH = 0.075  # seconds for a hundred messages, four at a time: the speed of a whole send by SMTP in `send_smtp`
ISSUE = "2026-11-23"
ALONE, BESIDE = 5.0, 3.0  # bounds of p99 to the empty route's p99, at most
SAMPLES = 400
APART = 1.1  # of the medians of known and unknown addresses, at most
TOML = f"""\
name = "The Daily Bench"
from = "The Daily Bench <editors@{HOST}>"
postal_address = "1 Bench Street"
base_url = "https://{HOST}"
[counting]
clicks = "aggregate"
[serving]
proxies = ["127.0.0.1"]
"""


async def sign_up_medians(port: int) -> tuple[float, float]:
    """Sign up known and unknown addresses in turns, and return the median seconds of each."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(2 * SAMPLES):
        address = f"{'r' if number % 2 else 'nobody'}{10_000 + number}@example.com"
        body = f'{{"address": "{address}"}}'.encode()
        request = post("/api/sign-ups", body, JSON, f"2001:{number:x}::1")
        began = time.perf_counter()
        assert await ask(reader, writer, request) == 202
        times[number % 2].append(time.perf_counter() - began)
    writer.close()
    return statistics.median(times[1]), statistics.median(times[0])


def main() -> None:
    """Measure a small newsletter, and a large one while it is being sent."""
    chosen = parser(__doc__)
    chosen.add_argument("--send", type=Path, help="send to everybody in this database, and print JSON")
    chosen.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = chosen.parse_args()
    if arguments.send:
        print(json.dumps(sent(arguments.send, BATCH)))
        return
    report = Report(as_json=arguments.json)
    for readers, beside in ((READERS, False), (MANY, True)):
        with tempfile.TemporaryDirectory() as folder:
            measure(report, Path(folder), readers, arguments.rounds, beside=beside)
    report.finish()


def measure(report: Report, root: Path, readers: int, rounds: int, *, beside: bool) -> None:
    """Add the rows for a newsletter with that many readers, with a send beside it or not."""
    database = root / "newsletter.db"
    (root / "newsletter.toml").write_text(TOML)
    fill(database, readers)
    requests = prepare(database, readers)
    with serve(root), empty_route(database) as empty, sending(database) if beside else nullcontext():
        times: dict[str, list[tuple[float, float]]] = {what: [] for what in ("", *requests)}
        for _ in range(rounds):
            for what in times:
                port, some = (PORT, next(requests[what])) if what else (empty, [get("/")] * (RATE * SECONDS))
                took = asyncio.run(paced(port, some, per_second=RATE, connections=CONNECTIONS))
                times[what].append((percentile(took, 50), percentile(took, 99)))
        if not beside:
            known, unknown = asyncio.run(sign_up_medians(PORT))
    yardstick = figures(times[""])
    for what in requests:
        measured = figures(times[what])
        report.add(
            f"{what}, {RATE} requests/s" + (" beside a send" if beside else ""),
            f"median {measured[0] * 1000:.1f} ms, p99 {measured[1] * 1000:.1f} ms",
            yardstick=f"empty route: median {yardstick[0] * 1000:.1f} ms, p99 {yardstick[1] * 1000:.1f} ms",
            ratio=measured[1] / yardstick[1],
            at_most=BESIDE if beside else ALONE,
        )
    if not beside:
        report.add(
            "signing up, medians",
            f"known address: {known * 1000:.2f} ms",
            yardstick=f"unknown address: {unknown * 1000:.2f} ms",
            ratio=max(known, unknown) / min(known, unknown),
            at_most=APART,
        )


def figures(rounds: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the medians over the rounds, of the median and of p99."""
    return statistics.median(median for median, _ in rounds), statistics.median(p99 for _, p99 in rounds)


def prepare(database: Path, readers: int) -> Mapping[str, Iterator[Sequence[bytes]]]:
    """Freeze an issue with tracked links; return each round's requests, by what they do."""
    signer = Signer(SECRET)
    links = tuple(Link(number=number, url=f"https://example.org/{number}") for number in range(1, 31))
    issue = CompiledIssue.from_json(compiled(tailor("not tailored").issue).to_json())
    with open_store(f"sqlite:///{database}") as store:
        store.sends.freeze(
            compiled=replace(issue, issue=ISSUE, links=links),
            tailor=tailor("not tailored"),
            date=WHEN,
            segments=[Segment(slug="nobody", name="Nobody", any=(frozenset({"topic-1"}),))],
            provider="outbox",
            now=WHEN,
        )

    def unsubscribe() -> Iterator[Sequence[bytes]]:
        keys = (f"{number:032x}" for number in range(1, readers + 1))
        while True:
            some = [next(keys) for _ in range(RATE * SECONDS)]
            paths = [f"/unsubscribe/{ISSUE}/{signer.sign(Purpose.UNSUBSCRIBE, ISSUE, key)}" for key in some]
            yield [post(path, b"List-Unsubscribe=One-Click", FORM) for path in paths]

    def follow() -> Iterator[Sequence[bytes]]:
        numbers = range(RATE * SECONDS)
        while True:
            yield [get(f"/c/{ISSUE}/{1 + number % 30}", f"192.0.{number % 250}.{number % 199}") for number in numbers]

    return {"unsubscribing": unsubscribe(), "following a tracked link": follow()}


@contextmanager
def serve(root: Path, port: int = PORT) -> Iterator[int]:
    """Run ``newsletter serve`` in a process, and yield its process id."""
    command = [sys.executable, "-m", "newsletter", "-C", str(root), "serve", "--port", str(port)]
    environment = os.environ | {"NEWSLETTER_SECRET": SECRET}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        server.stdout.readline()
        try:
            yield server.pid
        finally:
            server.terminate()


@contextmanager
def sending(database: Path) -> Iterator[None]:
    """Send to everybody in a process of its own; exit if it finishes too early."""
    command = [sys.executable, "-m", "benchmarks.answer", "--send", str(database)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE) as process:
        try:
            with open_store(f"sqlite:///{database}") as store:
                while (send := store.sends.of_issue("many-editions")) is None or not send.settled:
                    time.sleep(0.1)  # it freezes first
            yield
            if process.poll() is not None:
                sys.exit("error: the send finished before the requests did")
            with open_store(f"sqlite:///{database}") as store:
                send = store.sends.of_issue("many-editions")
                print(f"messages sent meanwhile: {send.settled if send else 0:,}", file=sys.stderr)
        finally:
            process.kill()


if __name__ == "__main__":
    main()
