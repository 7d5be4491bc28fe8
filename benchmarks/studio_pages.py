"""How long every page of a hosted studio takes with a million readers on SQLite, against the bound of a page.

    python -m benchmarks.studio_pages [--readers 1000000] [--rounds 5] [--processor] [--only segments]

The studio serves a team of 30 at localhost and has 1,000 entries, 100 topics and segments, 100 sent issues, one that is
being sent (and then paused), one that is scheduled, one that is held up, and an audit log of 100,000 rows. The
newsletter is written once a day, which takes up to a minute, and kept in ``.bench``. Every page, and every part that
scripts fetch, is timed from the request of a signed-in admin to the last byte; the first request of each counts on its
own, the others as a median. With ``--processor``, the bound is for the processor time of the studio's process, which
other work on the machine hardly changes (Linux only). Memory is that of the process at the start, and after all pages
and the use of a passkey.
"""

import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.large_studio import (
    READERS,
    draft_date,
    latest_date,
    new_secret,
    newsletter_of,
    paused_send,
    session_of,
    under_way_date,
)
from benchmarks.results import Report, parser
from benchmarks.studio import MARGIN, MEMORY_MB, PAGE_MS, memory_mb, milliseconds
from newsletter.domain.people import Role

ROUNDS = 5
COUNTS_MS = 300  # for a step of live counts
_STEPS = re.compile(r"/segments/(counts|try)")
_IN_STEPS = re.compile(r"/segments/(counts|try)|/readers$|followers=1")  # numbers that pages fetch after they are shown


def paths(readers: int) -> tuple[str, ...]:
    """Return the paths of all pages and parts."""
    draft, under_way, latest = draft_date(), under_way_date(), latest_date()
    reader = f"{readers // 2 + 3:032x}"
    of_issues = [
        f"/issues/{slug}{page}"
        for slug in (draft, under_way, latest)
        for page in ("", "/review", "/send", "/send/checks", "/report", "/readers")
        if (slug, page) not in ((draft, "/report"), (under_way, "/readers"), (latest, "/readers"))
    ]
    return (
        "/",
        "/desk/findings",
        "/links",
        "/capture",
        *of_issues,
        f"/issues/{draft}/send/time?day={draft}&time=07:00",
        "/entries",
        "/entries/entry-0007",
        "/entries/entry-0007/email",
        "/text/issues/entries/entry-0007.md",
        "/history/issues/entries/entry-0007.md",
        "/remote",
        "/settings",
        "/segments",
        "/segments/counts?segment=segment-0&segment=segment-1&segment=segment-2&segment=segment-3&segment=segment-4",
        "/segments/counts?segment=segment-5&segment=segment-6&segment=segment-7&segment=everyone&after=500000",
        "/segments/segment-2",
        "/segments/segment-5",
        '/segments/try?where=language+%3D+"de"',
        "/topics",
        "/topics?followers=1",
        "/topics/topic-1",
        "/topics/topic-1/change?kind=rename&slug=topic-one&name=One",
        "/topics/topic-1/change?kind=merge&into=topic-2",
        "/readers",
        "/readers?list=unsubscribed",
        "/readers?list=unconfirmed",
        "/readers?list=suppressed",
        "/readers?list=waiting",
        "/readers?q=r",
        "/readers?q=lov",
        "/readers?q=M%C3%BCller,+J%C3%B6rn",
        "/readers?q=r77",
        "/readers/totals",
        f"/readers/{reader}",
        f"/readers/{reader}/next",
        "/readers/new",
        "/readers/import",
        "/readers/export",
        "/reports",
        "/reports?days=365",
        "/reports?days=all",
        "/reports/days.csv?days=all",
        "/people",
        "/people/audit",
        "/people/audit?act=approve",
        "/people/audit?act=none",
        "/people/audit?address=m1%40example.org",
        "/people/audit?thing=issue+2025-01-03",
        "/people/audit?before=50000",
        "/account",
    )


class Client:
    """A signed-in admin's requests to a studio, and what they cost its process."""

    def __init__(self, process: int, client: httpx.Client) -> None:
        self._process, self._client = process, client

    def request(self, path: str) -> tuple[float, float, int]:
        """Request a path; return the milliseconds that it took, the processor's milliseconds, and the status."""
        return self._timed(lambda: self._client.get(path))

    def use_passkey(self) -> tuple[float, float, int]:
        """Ask for what a browser needs to use a passkey, which loads the library for that."""
        origin = {"Origin": f"http://{self._client.headers['Host']}"}
        return self._timed(lambda: self._client.post("/confirm/options", headers=origin, data={"for": "a benchmark"}))

    def _timed(self, request: Callable[[], httpx.Response]) -> tuple[float, float, int]:
        used, began = processor_ms(self._process), time.perf_counter()
        try:
            status = request().status_code
        except httpx.HTTPError:  # the page failed, and its connection was closed
            status = 500
        took = milliseconds(began)
        return took, processor_ms(self._process) - used, status


def processor_ms(process: int) -> float:
    """Return the processor time of a process so far, in milliseconds; 0 on systems other than Linux."""
    tasks = Path(f"/proc/{process}/task")
    used = 0
    for task in tasks.iterdir() if tasks.exists() else ():
        try:
            used += int((task / "schedstat").read_text(encoding="ascii").split()[0])
        except OSError:  # the thread has ended
            continue
    return used / 1e6


@contextmanager
def hosted_studio(root: Path) -> Iterator[tuple[int, httpx.Client]]:
    """Run the studio for a team, without a worker; yield its process and the client of a signed-in admin."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    secret = session_of(root, Role.ADMIN)
    command = [sys.executable, "-m", "newsletter", "-C", str(root), "studio", "--host", "localhost", "--port", port]
    environment = {**os.environ, "NEWSLETTER_SECRET": new_secret()}
    with subprocess.Popen(
        [*command, "--no-open", "--no-worker"], stdout=subprocess.PIPE, text=True, env=environment
    ) as server:
        try:
            assert server.stdout is not None
            server.stdout.readline()
            headers = {"Host": f"localhost:{port}", "Cookie": f"newsletter-studio-{port}={secret}"}
            address = f"http://127.0.0.1:{port}"
            with httpx.Client(base_url=address, headers=headers, timeout=600) as client:
                yield server.pid, client
        finally:
            server.terminate()


def until_idle(process: int) -> None:
    """Wait until a process does nothing for half a second: what it does in the background is not the page's."""
    idle = 0
    while idle < 5:
        before = processor_ms(process)
        time.sleep(0.1)
        idle = idle + 1 if processor_ms(process) - before < 2 else 0


def main() -> None:
    """Measure all pages."""
    chosen = parser(__doc__)
    chosen.add_argument("--readers", type=int, default=READERS)
    chosen.add_argument("--rounds", type=int, default=ROUNDS)
    chosen.add_argument("--processor", action="store_true", help="the bound is for processor time")
    chosen.add_argument("--only", default="", help="only paths that contain this")
    arguments = chosen.parse_args()
    report = Report(as_json=arguments.json)
    root = newsletter_of(arguments.readers)
    kind = 1 if arguments.processor else 0
    firsts: dict[str, float] = {}

    def measure(path: str, name: str = "") -> None:
        first = admin.request(path)
        rest = [admin.request(path) for _ in range(arguments.rounds)]
        usual, used = (statistics.median(row[at] for row in rest) for at in (0, 1))
        bound = COUNTS_MS if _STEPS.match(path) else PAGE_MS
        if first[2] != 200:
            report.fault(path, f"status {first[2]}")
            return
        if not _IN_STEPS.search(path):
            firsts[name or path] = first[kind]
        report.add(
            name or path,
            f"{usual:.0f} ms, processor {used:.0f} ms; the first {first[0]:.0f} ms, processor {first[1]:.0f} ms",
            yardstick=f"{bound} ms",
            ratio=(usual, used)[kind] / bound,
            at_most=MARGIN,
        )
        until_idle(process)

    with hosted_studio(root) as (process, client):
        admin = Client(process, client)
        until_idle(process)
        started = memory_mb(process) if sys.platform == "linux" else 0.0
        for path in paths(arguments.readers):
            if arguments.only in path:
                measure(path)
        watched = f"/issues/{under_way_date()}/send"
        if arguments.only in watched:
            with paused_send(root):
                measure(watched, f"{watched}, paused")
        if (status := admin.use_passkey()[2]) != 200:
            report.fault("a passkey", f"status {status}")
        until_idle(process)
        ended = memory_mb(process) if sys.platform == "linux" else 0.0
    if firsts:
        slowest = max(firsts, key=lambda path: firsts[path])
        report.add(
            f"the slowest first request of a page after the start: {slowest}",
            f"{firsts[slowest]:.0f} ms",
            yardstick=f"{PAGE_MS} ms",
            ratio=firsts[slowest] / PAGE_MS,
            at_most=MARGIN,
        )
    if ended:
        report.add(
            "the studio's memory after all pages",
            f"{ended:.0f} MB, {started:.0f} MB at the start",
            yardstick=f"{MEMORY_MB} MB",
            ratio=ended / MEMORY_MB,
            at_most=MARGIN,
        )
    report.finish()


if __name__ == "__main__":
    main()
