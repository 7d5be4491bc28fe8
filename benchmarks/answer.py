"""How fast the public pages answer over loopback, and whether the time tells who is known.

The server is a process of its own, with SQLite; the load comes at fixed times, whatever the answers take.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from newsletter.audience import Subscriber
from newsletter.store import open_store
from newsletter.tokens import Purpose, Signer

SECRET = "a secret of the benchmark"
READERS = 20_000
RATE, SECONDS, CONNECTIONS = 500, 20, 64
P99 = 0.020
SAMPLES = 400
APART = 0.05
HOST = "news.example.org"
TOML = f"""\
name = "The Daily Bench"
from = "The Daily Bench <editors@{HOST}>"
postal_address = "1 Bench Street"
base_url = "https://{HOST}"
[serving]
proxies = ["127.0.0.1"]
"""


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


def _post(path: str, body: bytes, kind: str, client: str = "192.0.2.1") -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {kind}\r\nX-Forwarded-For: {client}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


async def _load(port: int, requests: Sequence[bytes]) -> list[float]:
    """Seconds that each took from the moment at which it was due."""
    took: list[float] = []
    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def worker() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while True:
            due, request = await queue.get()
            status = await _ask(reader, writer, request)
            took.append(time.perf_counter() - due)
            assert status == 200, status
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
        address = f"{'reader' if number % 2 else 'nobody'}{10_000 + number}@example.com"
        body = f'{{"address": "{address}"}}'.encode()
        request = _post("/api/sign-ups", body, "application/json", f"2001:db8:{number:x}::1")
        begun = time.perf_counter()
        assert await _ask(reader, writer, request) == 202
        took[number % 2].append(time.perf_counter() - begun)
    writer.close()
    return statistics.median(took[1]), statistics.median(took[0])


def main() -> None:
    """Both figures."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "newsletter.toml").write_text(TOML)
        signer = Signer(SECRET)
        with open_store(f"sqlite:///{root / 'newsletter.db'}") as store:
            store.subscribers.merge([[Subscriber(address=f"reader{n}@example.com") for n in range(READERS)]])
            keys = [reader.key for reader in store.subscribers.each()]
        command = [sys.executable, "-m", "newsletter", "-C", folder, "serve", "--port", "18026"]
        environment = os.environ | {"NEWSLETTER_SECRET": SECRET}
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            server.stdout.readline()
            try:
                links = (
                    f"/unsubscribe/2026-11-23/{signer.sign(Purpose.UNSUBSCRIBE, '2026-11-23', key)}" for key in keys
                )
                body, kind = b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"
                requests = [_post(link, body, kind) for _, link in zip(range(RATE * SECONDS), links, strict=False)]
                took = sorted(asyncio.run(_load(18026, requests)))
                known, unknown = asyncio.run(_medians(18026))
            finally:
                server.terminate()
    p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
    apart = abs(known - unknown) / unknown
    print(f"unsubscribing, {RATE} requests/s: median {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms")
    print(f"signing up, known / unknown address: {known * 1000:.2f} / {unknown * 1000:.2f} ms, {apart:.1%} apart")
    if p99 > P99 or apart > APART:
        sys.exit(1)


if __name__ == "__main__":
    main()
