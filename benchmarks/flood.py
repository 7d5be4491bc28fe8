"""How fast readers can unsubscribe during a flood of requests, and how many sign-ups are accepted.

A process posts, on 64 connections, as fast as it is answered: sign-ups of a client that has used up its hour, or
preferences with the link of one reader. Readers unsubscribe meanwhile, and before it, so that each flood has a quiet
yardstick of its own. Sign-ups are compared with an empty route that commits one row. The server is a process too, with
SQLite.
"""

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

from benchmarks.answer import ISSUE, SECRET, TOML, serve
from benchmarks.empty_route import empty_route
from benchmarks.freeze import fill
from benchmarks.load import FORM, JSON, as_fast_as_possible, ask, get, paced, percentile, post
from benchmarks.results import Report, parser
from newsletter.tokens import Purpose, Signer

PORT = 18027
ROUNDS, SECONDS, RATE = 5, 4, 100
CONNECTIONS = 64
LIMITED = "192.0.2.66"  # the client that is over its limit
LONGEST = 60  # seconds of a flood that nobody ends
SLOWER = 3.0  # p99 in a flood, of p99 without it, at most
SIGN_UPS, FEWER = 3000, 0.35  # sign-ups a second, of the empty route's requests a second, at least


def main() -> None:
    """Measure each flood, then sign-ups."""
    chosen = parser(__doc__)
    chosen.add_argument("--rounds", type=int, default=ROUNDS)
    chosen.add_argument("--flood", choices=FLOODS, help="be the client of this flood, until stdin is closed")
    chosen.add_argument("--link", default="", help="the path of the reader's link")
    arguments = chosen.parse_args()
    if arguments.flood:
        asyncio.run(flood(FLOODS[arguments.flood](arguments.link)))
        return
    report = Report(as_json=arguments.json)
    with tempfile.TemporaryDirectory() as folder:
        measure(report, Path(folder), arguments.rounds)
    report.finish()


def measure(report: Report, root: Path, rounds: int) -> None:
    """Add the rows."""
    (root / "newsletter.toml").write_text(TOML)
    readers = 3 * rounds * SECONDS * RATE + rounds
    fill(root / "newsletter.db", readers)
    signer = Signer(SECRET)
    keys = iter([f"{number:032x}" for number in range(1, readers + 1)])
    p99s: dict[str, list[float]] = {"": [], **{kind: [] for kind in FLOODS}}
    with serve(root, PORT) as server, empty_route(root / "newsletter.db") as empty:
        asyncio.run(exhaust_limit())
        for _ in range(rounds):
            link = f"/preferences/{ISSUE}/{signer.sign(Purpose.PREFERENCES, ISSUE, next(keys))}"
            for kind, results in p99s.items():
                some = [next(keys) for _ in range(SECONDS * RATE)]
                paths = [f"/unsubscribe/{ISSUE}/{signer.sign(Purpose.UNSUBSCRIBE, ISSUE, key)}" for key in some]
                requests = [post(path, b"List-Unsubscribe=One-Click", FORM) for path in paths]
                with flooding(kind, link) if kind else nullcontext():
                    times = asyncio.run(paced(PORT, requests, per_second=RATE, connections=16))
                results.append(percentile(times, 99))
        before = processor_time(server)
        signing_up = SIGN_UPS / asyncio.run(as_fast_as_possible(PORT, sign_ups(), connections=CONNECTIONS, status=202))
        used = (processor_time(server) - before) / SIGN_UPS
        requests = [get("/")] * SIGN_UPS
        committing = SIGN_UPS / asyncio.run(as_fast_as_possible(empty, requests, connections=CONNECTIONS, status=200))
    for kind in FLOODS:
        quiet, flooded = p99s[""], p99s[kind]
        report.add(
            f"unsubscribing during a flood of {kind} on {CONNECTIONS} connections, p99",
            f"{milliseconds(flooded)} ms",
            yardstick=f"without the flood: {milliseconds(quiet)} ms",
            ratio=statistics.median(after / before for before, after in zip(quiet, flooded, strict=True)),
            at_most=SLOWER,
        )
    report.add(
        f"sign-ups on {CONNECTIONS} connections, SQLite",
        f"{signing_up:,.0f}/s ({used * 1000:.2f} ms of processor time each)",
        yardstick=f"empty route: {committing:,.0f}/s",
        ratio=signing_up / committing,
        at_least=FEWER,
    )


def processor_time(process: int) -> float:
    """Return the seconds of processor time that a process has used so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def milliseconds(rounds: Sequence[float]) -> str:
    """Return the range of the rounds' figures, in milliseconds."""
    return f"{min(rounds) * 1000:.1f} to {max(rounds) * 1000:.1f}"


def sign_up(address: str, client: str) -> bytes:
    """Return a sign-up by the API."""
    return post("/api/sign-ups", json.dumps({"address": address}).encode(), JSON, client)


def sign_ups() -> Iterator[bytes]:
    """Yield sign-ups of different addresses by different clients."""
    for number in range(SIGN_UPS):
        yield sign_up(f"new{number}@example.com", f"10.{number // 250}.{number % 250}.1")


FLOODS: Mapping[str, Callable[[str], bytes]] = {
    "sign-ups": lambda _link: sign_up("limited@example.com", LIMITED),
    "preferences": lambda link: post(link, b"language=fr", FORM),
}


async def exhaust_limit() -> None:
    """Sign up until the client is refused."""
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    number = 0
    while await ask(reader, writer, sign_up(f"limited{number}@example.com", LIMITED)) != 429:
        number += 1
    writer.close()


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
    """Post a request on all connections until stdin is closed, for at most LONGEST seconds."""
    statuses: Counter[int] = Counter()
    began = time.perf_counter()
    closed = asyncio.create_task(asyncio.to_thread(sys.stdin.read))

    async def repeat() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        while not closed.done() and time.perf_counter() - began < LONGEST:
            statuses[await ask(reader, writer, request)] += 1

    clients = asyncio.gather(*(repeat() for _ in range(CONNECTIONS)))
    print("begun", flush=True)
    await clients
    seconds = time.perf_counter() - began
    print(", ".join(f"{status} {count / seconds:,.0f}/s" for status, count in statuses.items()), flush=True)


if __name__ == "__main__":
    main()
