"""`newsletter worker` while there is nothing to do or a service is away: it keeps running and queries little."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from newsletter import bootstrap, settings
from newsletter.cli import worker as command
from newsletter.cli.notice_text import notice_message
from newsletter.publishing.workers import worker
from newsletter.publishing.workers.notifier import Notifier
from newsletter.sending import Observer, StopRequests
from newsletter.settings import Settings
from newsletter.store import Store, open_store
from tests.cli.test_sends import _set, by_smtp, facts, make_due
from tests.command_line import READERS, Run, edit
from tests.databases import new_sqlite
from tests.postgresql_proxy import proxy
from tests.sending.faults import fill
from tests.sending.receiving import PATIENCE
from tests.sending.test_operators import frozen
from tests.smtp_server import CUT, smtp_server

QUICK = (
    "import newsletter.__main__ as n, newsletter.publishing.workers.worker as w;"
    " w.LONGEST_PAUSE = w.SHORTEST_PAUSE = 0.05; n.main(['worker'])"
)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_idle_worker_survives_an_outage_of_postgresql_and_sends_afterwards(
    run: Run, root: Path, database_url: str
) -> None:
    (root / "readers.csv").write_text(READERS)
    with proxy(database_url) as between:
        edit("newsletter.toml", 'language = "en"\n', f'language = "en"\ndatabase = "{between.url}"\n')
        assert run("subscribers", "import", "readers.csv").status == 0
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        assert run("send", "latest", "--yes", "--any-date", "--at", f"{tomorrow:%Y-%m-%d} 06:30").status == 0
        before = between.connections
        with subprocess.Popen([sys.executable, "-c", QUICK], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as idle:
            try:
                assert idle.stdout is not None
                assert idle.stderr is not None
                until(lambda: between.connections > before + 2, idle)  # it has polled twice
                between.go_away()
                error, note = idle.stderr.readline(), idle.stderr.readline()
                assert b"the database postgresql://postgres@127.0.0.1" in error
                assert b"not-to-be-printed" not in error
                assert b"retries every" in note
                until(lambda: between.refused > 10, idle)
                with psycopg.connect(database_url, autocommit=True) as other:
                    other.execute("UPDATE send SET begins = now() - interval '1 minute'")
                between.come_back()
                assert idle.stdout.readline() == b"issue 2026-11-23: finished; 3 = 3 submitted\n"
                idle.send_signal(signal.SIGTERM)
                assert idle.wait(PATIENCE) == 0
                # Each error is printed once rather than at each attempt: cut off, refused and closed early are three.
                assert idle.stderr.read().count(b"error:") <= 3
            finally:
                idle.kill()


def until(reached: Any, process: "subprocess.Popen[bytes]") -> None:
    last = time.monotonic() + PATIENCE
    while not reached():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < last
        time.sleep(0.01)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Record the statements that this thread executes: a worker counts days in another one."""
    executed: list[str] = []
    thread = threading.get_ident()

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if threading.get_ident() == thread:
            executed.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield executed
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def run_due(own: Settings, store: Store) -> tuple[float, bool]:
    """Run due sends as the command does; return the seconds until the next look, and whether all went well."""
    notifier = Notifier(notice_message, print)
    loop = worker.Worker(lambda: own, bootstrap.open_store, command._Printer(), observer=Observer(), notifier=notifier)
    return loop.run_due(own, store)


def test_a_worker_beside_a_running_send_queries_little_and_counts_no_deliveries(root: Path, database_url: str) -> None:
    own = replace(settings.load(root), database=database_url)
    with open_store(database_url) as elsewhere:
        fill(elsewhere, 3)
        number = frozen(elsewhere, "2026-11-23")
        with elsewhere.leases.acquire(number), statements() as executed:
            with open_store(database_url) as store:
                seconds, fine = run_due(own, store)
            of_a_look = [
                statement for statement in executed if "held_until" not in statement or "UPDATE" not in statement
            ]
    assert fine
    assert seconds == worker.LONGEST_PAUSE
    assert len(of_a_look) < 3 * seconds  # three a second; it was hundreds
    assert not [statement for statement in of_a_look if "delivery" in statement]


def test_an_unreachable_relay_is_retried_less_and_less_often_and_logged_once_each(run: Run, readers: Path) -> None:
    with smtp_server(answers={"greeting": CUT}) as server:
        by_smtp(server)
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        run("send", "latest", "--yes", "--any-date", "--at", f"{tomorrow:%Y-%m-%d} 06:30")
        make_due(timedelta(minutes=1))
        first = run("worker", "--once")
        assert first.stderr.count("error:") == 1
        tried = server.connections
        own = settings.load(readers)
        with open_store(own.database) as store:
            for _ in range(5):  # before the next attempt is due
                assert run_due(own, store)[1]
        assert server.connections == tried
        for minutes in (1, 30):
            now = datetime.now(UTC)
            failing, due = now - timedelta(minutes=minutes), now - timedelta(seconds=1)
            _set(f"failing_since = '{failing:%Y-%m-%d %H:%M:%S.%f}', waits_until = '{due:%Y-%m-%d %H:%M:%S.%f}'")
            assert run("worker", "--once").stderr.count("error:") == 1
            wait = datetime.fromisoformat(str(facts(run)["waits_until"])) - now
            assert wait >= timedelta(minutes=min(minutes, 5))
        assert server.connections == 3 * tried
        again = run("worker", "--once")  # a run by cron always tries
        assert (again.status, again.stderr.count("error:"), server.connections) == (1, 1, 4 * tried)


class Looks(StopRequests):
    """Requests to stop, which come after some looks; ``before`` is called before each of them."""

    def __init__(self, before: Sequence[Callable[[], object]]) -> None:
        super().__init__()
        self.before = list(before)

    def wait(self, seconds: float) -> None:
        """Do what comes next instead of waiting."""
        if not self.before:
            self.signal = signal.SIGTERM
            return
        self.before.pop(0)()


def test_a_studio_s_worker_waits_for_settings_and_a_database_and_makes_neither(root: Path) -> None:
    toml = root / "newsletter.toml"
    text = toml.read_text("utf-8")
    toml.write_text("name = [broken", "utf-8")

    def load() -> Settings:
        return settings.load(root)

    looks = Looks([lambda: toml.write_text(text, "utf-8")])
    command._accompany(os.getppid(), load, looks)
    assert looks
    assert not (root / "newsletter.db").exists()
    looks = Looks([lambda: new_sqlite(root / "newsletter.db")])
    command._accompany(os.getppid(), load, looks)
    assert not looks
