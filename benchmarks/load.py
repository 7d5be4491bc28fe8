"""Requests over loopback: at a fixed rate, or as fast as answers come. Measures nothing by itself."""

import asyncio
import time
from collections.abc import Iterable, Sequence

HOST = "news.example.org"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def post(path: str, body: bytes, kind: str, client: str = "192.0.2.1") -> bytes:
    """Return a POST request as bytes."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {kind}\r\nX-Forwarded-For: {client}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def get(path: str, client: str = "192.0.2.1") -> bytes:
    """Return a GET request of a browser as bytes."""
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: {_AGENT}\r\nX-Forwarded-For: {client}\r\n\r\n".encode()


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    """Send a request, read the whole response and return its status."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


async def paced(
    port: int, requests: Sequence[bytes], *, per_second: float, connections: int, statuses: Sequence[int] = (200, 302)
) -> list[float]:
    """Send requests at fixed times, whatever the answers take; return the seconds from due time to answer, sorted."""
    times: list[float] = []
    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def work(connection: Connection) -> None:
        while True:
            due, request = await queue.get()
            status = await ask(*connection, request)
            times.append(time.perf_counter() - due)
            assert status in statuses, status
            queue.task_done()

    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]
    workers = [asyncio.create_task(work(connection)) for connection in opened]
    start = time.perf_counter() + 0.2
    for number, request in enumerate(requests):
        due = start + number / per_second
        await asyncio.sleep(max(0, due - time.perf_counter()))
        queue.put_nowait((due, request))
    finished = asyncio.create_task(queue.join())
    await asyncio.wait([finished, *workers], return_when=asyncio.FIRST_COMPLETED)
    for worker in workers:
        if worker.done():
            worker.result()  # raises what it failed with
        worker.cancel()
    _close(opened)
    return sorted(times)


async def as_fast_as_possible(port: int, requests: Iterable[bytes], *, connections: int, status: int) -> float:
    """Send requests on all connections, each as soon as the previous one is answered; return the seconds in all."""
    pending = iter(requests)

    async def work(connection: Connection) -> None:
        for request in pending:
            received = await ask(*connection, request)
            assert received == status, received

    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]
    began = time.perf_counter()
    await asyncio.gather(*(work(connection) for connection in opened))
    seconds = time.perf_counter() - began
    _close(opened)
    return seconds


def percentile(times: Sequence[float], percent: float) -> float:
    """Return a percentile of sorted times."""
    return times[min(len(times) * int(percent) // 100, len(times) - 1)]


def _close(connections: Iterable[Connection]) -> None:
    for _, writer in connections:
        writer.close()
