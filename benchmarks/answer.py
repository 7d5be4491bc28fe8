"""How fast the public pages answer over loopback, and whether the time tells who is known.

The server is a process of its own, with SQLite; the load comes at fixed times, whatever the answers take. Once nothing
else runs, and once a send beside it, with the same database, at the speed of SMTP.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from benchmarks.freeze import WHEN, compiled, fill, tailor
from benchmarks.send_million import sent
from newsletter.domain.segment import Segment
from newsletter.domain.tracking import Link
from newsletter.message.compiled_issue import CompiledIssue
from newsletter.store import open_store
from newsletter.tokens import Purpose, Signer

SECRET = "a secret of the benchmark"
READERS, MANY = 20_000, 400_000
RATE, SECONDS, CONNECTIONS = 500, 15, 64
PORT = 18026
BATCH = 0.075  # seconds for a hundred messages, four at a time: the speed of a whole send by SMTP in `send_smtp`
ISSUE = "2026-11-23"
P99 = 0.020
SAMPLES = 400
APART = 0.05
HOST = "news.example.org"
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


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    """The status of the answer to one request."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


def post(path: str, body: bytes, kind: str, client: str = "192.0.2.1") -> bytes:
    """A request, whole."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {kind}\r\nX-Forwarded-For: {client}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def _get(path: str, client: str) -> bytes:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: {agent}\r\nX-Forwarded-For: {client}\r\n\r\n".encode()


async def _load(port: int, requests: Sequence[bytes]) -> list[float]:
    """Seconds that each took from the moment at which it was due."""
    took: list[float] = []
    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def worker() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while True:
            due, request = await queue.get()
            status = await ask(reader, writer, request)
            took.append(time.perf_counter() - due)
            assert status in (200, 302), status
            queue.task_done()

    workers = [asyncio.create_task(worker()) for _ in range(CONNECTIONS)]
    start = time.perf_counter() + 0.2
    for number, request in enumerate(requests):
        due = start + number / RATE
        await asyncio.sleep(max(0, due - time.perf_counter()))
        queue.put_nowait((due, request))
    await queue.join()
    for each in workers:
        each.cancel()
    return took


async def _medians(port: int) -> tuple[float, float]:
    """Of sign-ups of known and of unknown addresses, which take turns."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    took: tuple[list[float], list[float]] = ([], [])
    for number in range(2 * SAMPLES):
        address = f"{'r' if number % 2 else 'nobody'}{10_000 + number}@example.com"
        body = f'{{"address": "{address}"}}'.encode()
        request = post("/api/sign-ups", body, "application/json", f"2001:{number:x}::1")
        begun = time.perf_counter()
        assert await ask(reader, writer, request) == 202
        took[number % 2].append(time.perf_counter() - begun)
    writer.close()
    return statistics.median(took[1]), statistics.median(took[0])


def main() -> None:
    """All figures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--send", type=Path, help="send to everybody in a database: what runs beside")
    chosen = arguments.parse_args()
    if chosen.send:
        print(json.dumps(sent(chosen.send, BATCH)))
        return
    over = False
    for readers, beside in ((READERS, False), (MANY, True)):
        with tempfile.TemporaryDirectory() as folder:
            over |= measured(Path(folder), readers, beside=beside)
    if over:
        sys.exit("error: an answer takes too long, or tells who is known")


def measured(root: Path, readers: int, *, beside: bool) -> bool:
    """The rows for a newsletter of so many readers, with a send ``beside`` or not; whether one is over its bound."""
    database = root / "newsletter.db"
    (root / "newsletter.toml").write_text(TOML)
    fill(database, readers)
    signer = Signer(SECRET)
    links = [Link(number=number, url=f"https://example.org/{number}") for number in range(1, 31)]
    issue = CompiledIssue.from_json(compiled(tailor("not tailored").issue).to_json())
    with open_store(f"sqlite:///{database}") as store:
        store.sends.freeze(
            compiled=replace(issue, issue=ISSUE, links=tuple(links)),
            tailor=tailor("not tailored"),
            date=WHEN,
            segments=[Segment(slug="nobody", name="Nobody", any=(frozenset({"topic-1"}),))],
            provider="outbox",
        )
    keys = [f"{number:032x}" for number in range(1, readers + 1)]
    leave = (f"/unsubscribe/{ISSUE}/{signer.sign(Purpose.UNSUBSCRIBE, ISSUE, key)}" for key in keys)
    body, kind = b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"
    kinds = {
        "unsubscribing": [post(link, body, kind) for _, link in zip(range(RATE * SECONDS), leave, strict=False)],
        "following a counted link": [
            _get(f"/c/{ISSUE}/{1 + number % 30}", f"192.0.{number % 250}.{number % 199}")
            for number in range(RATE * SECONDS)
        ],
    }
    command = [sys.executable, "-m", "newsletter", "-C", str(root), "serve", "--port", str(PORT)]
    environment = os.environ | {"NEWSLETTER_SECRET": SECRET}
    over = False
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        server.stdout.readline()
        try:
            with sending(database) if beside else nullcontext():
                for what, requests in kinds.items():
                    over |= row(what, sorted(asyncio.run(_load(PORT, requests))), beside=beside)
            if not beside:
                known, unknown = asyncio.run(_medians(PORT))
                apart = abs(known - unknown) / unknown
                print(
                    f"signing up, known against unknown address, medians: {known * 1000:.2f} to {unknown * 1000:.2f} ms"
                    f" | {apart:.1%} apart | {APART:.0%}"
                )
                over |= apart > APART
        finally:
            server.terminate()
    return over


def row(what: str, took: Sequence[float], *, beside: bool) -> bool:
    """Print it; whether it is over."""
    p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
    where = ", while a send runs at 5,000/s" if beside else ""
    print(
        f"{what}, {RATE} requests/s{where}: median {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms | | at most"
        f" {P99 * 1000:.0f} ms",
        flush=True,
    )
    return p99 > P99


@contextmanager
def sending(database: Path) -> Iterator[None]:
    """A send to everybody, in a process of its own; ends the program where it was over too early."""
    command = [sys.executable, "-m", "benchmarks.answer", "--send", str(database)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE) as process:
        try:
            with open_store(f"sqlite:///{database}") as store:
                while (send := store.sends.find("many-editions")) is None or not send.settled:
                    time.sleep(0.1)  # it freezes first
            yield
            if process.poll() is not None:
                sys.exit("error: the send was over before the requests were")
            with open_store(f"sqlite:///{database}") as store:
                send = store.sends.find("many-editions")
                print(f"messages that went out meanwhile: {send.settled if send else 0:,}", file=sys.stderr)
        finally:
            process.kill()


if __name__ == "__main__":
    main()
