"""Unsubscribing during a flood of refused sign-ups, and how many sign-ups a second are taken.

One client that has used up its hour posts sign-ups on 64 connections, each as soon as the one before is answered, from
a process of its own. Readers unsubscribe meanwhile, and before and after it, so that each flood has its own quiet to
be compared with. The server is a process too, with SQLite.
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
from pathlib import Path

from benchmarks.answer import ISSUE, SECRET, TOML, ask, post
from benchmarks.freeze import fill
from newsletter.tokens import Purpose, Signer

PORT = 18027
ROUNDS, SECONDS, RATE = 5, 4, 100
CONNECTIONS = 64
LIMITED = "192.0.2.66"
READERS = 2 * ROUNDS * SECONDS * RATE
P99, SLOWER = 0.020, 1.5  # seconds; where others use the machine, as a ratio to the same without the flood
SIGN_UPS, REACH = 3000, 500
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def main() -> None:
    """Print a row for each, and fail where one misses its reach."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--flood", action="store_true", help="be the client that is refused, until stdin ends")
    if arguments.parse_args().flood:
        asyncio.run(flood())
        return
    with tempfile.TemporaryDirectory() as folder:
        over = measured(Path(folder))
    if over:
        sys.exit("error: readers wait for a flood, or too few sign-ups are taken")


def measured(root: Path) -> bool:
    """Print the rows; whether something misses its reach."""
    (root / "newsletter.toml").write_text(TOML)
    fill(root / "newsletter.db", READERS)
    signer = Signer(SECRET)
    keys = iter([f"{number:032x}" for number in range(1, READERS + 1)])
    command = [sys.executable, "-m", "newsletter", "-C", str(root), "serve", "--port", str(PORT)]
    environment = os.environ | {"NEWSLETTER_SECRET": SECRET}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        server.stdout.readline()
        try:
            asyncio.run(use_up())
            quiet: list[float] = []
            flooded: list[float] = []
            for _ in range(ROUNDS):
                for beside, found in ((nullcontext(), quiet), (flooding(), flooded)):
                    some = [next(keys) for _ in range(SECONDS * RATE)]
                    links = [f"/unsubscribe/{ISSUE}/{signer.sign(Purpose.UNSUBSCRIBE, ISSUE, key)}" for key in some]
                    with beside:
                        took = sorted(asyncio.run(paced(links)))
                    found.append(took[len(took) * 99 // 100])
            before = processor(server.pid)
            rate = asyncio.run(sign_ups())
            each = (processor(server.pid) - before) / SIGN_UPS
        finally:
            server.terminate()
    ratio = statistics.median(after / before for before, after in zip(quiet, flooded, strict=True))
    print(
        f"unsubscribing during a flood of refused sign-ups on {CONNECTIONS} connections, p99: {figures(flooded)} ms,"
        f" without it {figures(quiet)} ms | {ratio:.2f} × | {P99 * 1000:.0f} ms, or {SLOWER} ×"
    )
    print(
        f"sign-ups, {CONNECTIONS} connections, SQLite: {rate:,.0f}/s, {each * 1000:.2f} ms of the server's processor"
        f" time each | | {REACH}/s, or {1000 / REACH:.0f} ms"
    )
    slow = statistics.median(flooded) > P99 and ratio > SLOWER
    return slow or (rate < REACH and each > 1 / REACH)


def processor(process: int) -> float:
    """Seconds of processor time that a process has used so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def figures(found: Sequence[float]) -> str:
    """The rounds' figures, in milliseconds."""
    return ", ".join(f"{each * 1000:.1f}" for each in found)


def sign_up(address: str, client: str) -> bytes:
    """A sign-up by the API."""
    return post("/api/sign-ups", json.dumps({"address": address}).encode(), JSON, client)


async def use_up() -> None:
    """Ask until the client is refused."""
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    number = 0
    while await ask(reader, writer, sign_up(f"limited{number}@example.com", LIMITED)) != 429:
        number += 1
    writer.close()


async def paced(links: Sequence[str]) -> list[float]:
    """Seconds that each took from the moment at which it was due."""
    took: list[float] = []
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(16):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", PORT))

    async def leave(due: float, link: str) -> None:
        await asyncio.sleep(max(0, due - time.perf_counter()))
        connection = await free.get()
        assert await ask(*connection, post(link, b"List-Unsubscribe=One-Click", FORM)) == 200
        took.append(time.perf_counter() - due)
        free.put_nowait(connection)

    start = time.perf_counter() + 0.2
    await asyncio.gather(*(leave(start + number / RATE, link) for number, link in enumerate(links)))
    return took


async def sign_ups() -> float:
    """How many sign-ups a second are taken, of different addresses by different clients."""
    numbers = iter(range(SIGN_UPS))

    async def some() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        for number in numbers:
            client = f"10.{number // 250}.{number % 250}.1"
            assert await ask(reader, writer, sign_up(f"new{number}@example.com", client)) == 202
        writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(CONNECTIONS)))
    return SIGN_UPS / (time.perf_counter() - begun)


@contextmanager
def flooding() -> Iterator[None]:
    """The flood, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.flood", "--flood"]
    place = Path(__file__).parents[1]
    with subprocess.Popen(command, cwd=place, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        yield
        process.stdin.close()
        print(f"refused meanwhile: {process.stdout.readline().strip()}", file=sys.stderr)


async def flood() -> None:
    """Post sign-ups on all connections until stdin ends."""
    request = sign_up("limited@example.com", LIMITED)
    refused, begun = 0, time.perf_counter()
    ends = asyncio.create_task(asyncio.to_thread(sys.stdin.read))

    async def some() -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        while not ends.done():
            assert await ask(reader, writer, request) == 429
            refused += 1

    all_of_them = asyncio.gather(*(some() for _ in range(CONNECTIONS)))
    print("begun", flush=True)
    await all_of_them
    print(f"{refused / (time.perf_counter() - begun):,.0f}/s", flush=True)


if __name__ == "__main__":
    main()
