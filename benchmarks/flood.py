"""Unsubscribing during floods, and how many sign-ups a second are taken.

On 64 connections, each as soon as the one before is answered, a process of its own posts sign-ups of a client that has
used up its hour, or preferences with the link of one reader. Readers unsubscribe meanwhile, and before it, so that each
flood has its own quiet to be compared with. The server is a process too, with SQLite.
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
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from benchmarks.answer import ISSUE, SECRET, TOML, ask, post
from benchmarks.freeze import fill
from newsletter.tokens import Purpose, Signer

PORT = 18027
ROUNDS, SECONDS, RATE = 5, 4, 100
CONNECTIONS = 64
LIMITED = "192.0.2.66"
READERS = 3 * ROUNDS * SECONDS * RATE + ROUNDS
LONGEST = 60  # seconds of a flood that nobody ends
P99, SLOWER = 0.020, 1.5  # seconds; where others use the machine, as a ratio to the same without the flood
SIGN_UPS, REACH = 3000, 500
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def main() -> None:
    """Print a row for each, and fail where one misses its reach."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--flood", choices=FLOODS, help="be the client of this flood, until stdin ends")
    arguments.add_argument("--link", default="", help="the path of the reader's link")
    chosen = arguments.parse_args()
    if chosen.flood:
        asyncio.run(flood(FLOODS[chosen.flood](chosen.link)))
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
            p99s: dict[str, list[float]] = {"": [], **{kind: [] for kind in FLOODS}}
            for _ in range(ROUNDS):
                link = f"/preferences/{ISSUE}/{signer.sign(Purpose.PREFERENCES, ISSUE, next(keys))}"
                for kind, figures in p99s.items():
                    some = [next(keys) for _ in range(SECONDS * RATE)]
                    links = [f"/unsubscribe/{ISSUE}/{signer.sign(Purpose.UNSUBSCRIBE, ISSUE, key)}" for key in some]
                    with flooding(kind, link) if kind else nullcontext():
                        took = sorted(asyncio.run(paced(links)))
                    figures.append(took[len(took) * 99 // 100])
            before = processor(server.pid)
            rate = asyncio.run(sign_ups())
            each = (processor(server.pid) - before) / SIGN_UPS
        finally:
            server.terminate()
    slow = False
    for kind in FLOODS:
        quiet, flooded = p99s[""], p99s[kind]
        ratio = statistics.median(after / before for before, after in zip(quiet, flooded, strict=True))
        print(
            f"unsubscribing during a flood of {kind} on {CONNECTIONS} connections, p99: {milliseconds(flooded)} ms,"
            f" without it {milliseconds(quiet)} ms | {ratio:.2f} × | {P99 * 1000:.0f} ms, or {SLOWER} ×"
        )
        slow |= statistics.median(flooded) > P99 and ratio > SLOWER
    print(
        f"sign-ups, {CONNECTIONS} connections, SQLite: {rate:,.0f}/s, {each * 1000:.2f} ms of the server's processor"
        f" time each | | {REACH}/s, or {1000 / REACH:.0f} ms"
    )
    return slow or (rate < REACH and each > 1 / REACH)


def processor(process: int) -> float:
    """Seconds of processor time that a process has used so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def milliseconds(seconds: Sequence[float]) -> str:
    """Return the rounds' figures, in milliseconds."""
    return ", ".join(f"{each * 1000:.1f}" for each in seconds)


def sign_up(address: str, client: str) -> bytes:
    """A sign-up by the API."""
    return post("/api/sign-ups", json.dumps({"address": address}).encode(), JSON, client)


FLOODS: Mapping[str, Callable[[str], bytes]] = {
    "sign-ups": lambda _link: sign_up("limited@example.com", LIMITED),
    "preferences": lambda link: post(link, b"language=fr", FORM),
}


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
def flooding(kind: str, link: str) -> Iterator[None]:
    """Run a flood in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.flood", "--flood", kind, "--link", link]
    place = Path(__file__).parents[1]
    with subprocess.Popen(command, cwd=place, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        yield
        process.stdin.close()
        print(f"{kind} meanwhile: {process.stdout.readline().strip()}", file=sys.stderr)


async def flood(request: bytes) -> None:
    """Post it on all connections until stdin ends, and LONGEST seconds at most."""
    statuses: Counter[int] = Counter()
    begun = time.perf_counter()
    ends = asyncio.create_task(asyncio.to_thread(sys.stdin.read))

    async def some() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        while not ends.done() and time.perf_counter() - begun < LONGEST:
            statuses[await ask(reader, writer, request)] += 1

    all_of_them = asyncio.gather(*(some() for _ in range(CONNECTIONS)))
    print("begun", flush=True)
    await all_of_them
    seconds = time.perf_counter() - begun
    print(", ".join(f"{status} {times / seconds:,.0f}/s" for status, times in statuses.items()), flush=True)


if __name__ == "__main__":
    main()
