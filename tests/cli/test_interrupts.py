"""Ctrl-C, a second Ctrl-C and killed workers: commands in their own processes, and how the next one continues."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.test_sends import facts, make_due
from tests.command_line import Run, edit
from tests.databases import WARNING
from tests.sending.receiving import PATIENCE, Receiver, receiver

READERS = {f"r{at}@example.com" for at in range(12)}


@pytest.fixture
def server(root: Path, run: Run) -> Iterator[Receiver]:
    """Start the relay of a newsletter with twelve readers, one connection and two messages per batch."""
    file = root / "readers.csv"
    file.write_text("\n".join(["address", *sorted(READERS)]))
    assert run("subscribers", "import", str(file)).status == 0
    with receiver() as smtp:
        relay = f'name = "smtp"\nhost = "127.0.0.1"\nport = {smtp.port}\nsecurity = "none"\n'
        edit("newsletter.toml", 'name = "outbox"\npath = "outbox"\n', f"{relay}connections = 1\nbatch_size = 2\n")
        yield smtp


@contextmanager
def held(server: Receiver, message: int, process: "subprocess.Popen[str]") -> Iterator[None]:
    """Hold the answer to this message, which the server has received completely."""
    reached, over = threading.Event(), threading.Event()
    seen = 0

    def wait(step: str) -> None:
        nonlocal seen
        seen += step == "the final dot"
        if seen == message and not reached.is_set():
            reached.set()
            assert over.wait(PATIENCE)

    server.passing = wait
    try:
        assert reached.wait(PATIENCE), process.communicate()
        yield
    finally:
        server.passing = None
        over.set()


@contextmanager
def started(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Start a command as from a terminal: background jobs of a shell ignore Ctrl-C."""
    words = "import signal, newsletter.__main__ as n; signal.signal(2, signal.default_int_handler); n.main()"
    command = [sys.executable, "-c", words, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def times(server: Receiver) -> dict[str, int]:
    """Return how often the server accepted a message for each reader."""
    server.settle()
    return {address: len(each) for address, each in server.messages.items()}


def test_ctrl_c_finishes_messages_in_flight_pauses_and_prints_how_to_continue(server: Receiver, run: Run) -> None:
    with started("send", "latest", "--yes", "--any-date") as sending:
        with held(server, 3, sending):
            sending.send_signal(signal.SIGINT)
        out, err = sending.communicate(timeout=PATIENCE)
    assert sending.returncode == 130
    assert "continue with `newsletter send 2026-11-23 --resume`" in err
    assert "paused: stopped by Ctrl-C" in out
    submitted = len(times(server))
    assert 4 <= submitted < 12
    assert facts(run)["counts"] == {"queued": 12 - submitted, "submitted": submitted}
    assert run("worker", "--once").stdout == ""  # the one who paused a send resumes it
    resumed = run("send", "latest", "--resume")
    assert resumed.status == 0
    assert "12 = 12 submitted" in resumed.stdout
    assert times(server) == dict.fromkeys(READERS, 1)


def test_a_second_ctrl_c_stops_at_once_as_safely_as_a_kill(server: Receiver, run: Run) -> None:
    with started("send", "latest", "--yes", "--any-date") as sending, held(server, 3, sending):
        while sending.poll() is None:  # two signals may arrive as one
            sending.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                sending.wait(0.05)
        assert sending.returncode == 130
    assert facts(run)["counts"] == {"queued": 8, "submitted": 2, "submitting": 2}
    resumed = run("send", "latest", "--resume")
    assert resumed.status == 3
    assert "12 = 10 submitted + 2 held (uncertain)" in resumed.stdout
    got = times(server)
    assert set(got.values()) == {1}
    assert len(got) == 11


def test_resuming_a_late_scheduled_send_keeps_readers_local_times(root: Path, run: Run) -> None:
    (root / "readers.csv").write_text("address\nada@example.com\n")
    assert run("subscribers", "import", "readers.csv").status == 0
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
    edit("issues/2026-11-23.md", "date: 2026-11-23", f"date: {tomorrow}")
    assert run("send", "latest", "--yes", "--local-time", "12:00").status == 0
    make_due(timedelta(hours=7))
    assert run("worker", "--once").stdout == ""
    assert facts(run)["status"] == "paused"
    with started("sends", "resume", "1") as resumed:
        assert resumed.stderr is not None
        assert any("waits until" in line for line in resumed.stderr)
    assert str(facts(run)["waits_until"]).startswith(f"{tomorrow}T12:00")
    assert facts(run)["counts"] == {"queued": 1}


def test_a_killed_workers_send_is_finished_by_the_next_one(server: Receiver, run: Run) -> None:
    run("send", "latest", "--yes", "--any-date", "--at", f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d} 06:30")
    make_due(timedelta(minutes=1))
    with started("worker", "--once") as worker, held(server, 3, worker):
        worker.kill()
        worker.communicate(timeout=PATIENCE)
    assert facts(run)["status"] == "running"
    worked = run("worker", "--once")
    assert worked.stdout == "issue 2026-11-23: finished with failures; 12 = 10 submitted + 2 held (uncertain)\n"
    assert set(times(server).values()) == {1}
    assert run("sends", "settle", "1", "--resend").status == 0
    got = times(server)
    assert got.keys() == READERS
    assert sorted(got.values()) == [1] * 11 + [2]
    (doubled,) = (each for each in server.messages.values() if len(each) == 2)
    assert doubled[0] == doubled[1]


PRESSED_WHILE_IMPORTING = """
import os, signal, sys
class Pressing:
    def find_spec(self, name, path=None, target=None):
        if name == "newsletter.cli.app":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Pressing())
signal.signal(2, signal.default_int_handler)
from newsletter.__main__ import main
main(["--help"])
"""


def test_ctrl_c_before_a_command_has_begun_ends_it_without_a_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", PRESSED_WHILE_IMPORTING], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


@pytest.mark.parametrize("gone", ["a pipe that nobody reads", "closed"])
def test_a_send_whose_output_was_closed_exits_with_its_own_status(server: Receiver, run: Run, gone: str) -> None:
    arguments = [sys.executable, "-m", "newsletter", "send", "latest", "--yes", "--any-date"]
    if gone == "closed":
        status = subprocess.run(["sh", "-c", 'exec "$@" >&- 2>&-', "sh", *arguments], check=False).returncode
    else:
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as sending:
            for stream in (sending.stdout, sending.stderr):
                assert stream is not None
                stream.close()
            status = sending.wait(PATIENCE)
    assert status == 0
    assert times(server) == dict.fromkeys(READERS, 1)
    assert facts(run)["status"] == "finished"


def test_a_worker_survives_a_half_saved_newsletter_toml(server: Receiver, run: Run) -> None:
    words = (
        "import signal, newsletter.__main__ as n, newsletter.publishing.workers.worker as w;"
        " w.LONGEST_PAUSE = w.SHORTEST_PAUSE = 0.05; n.main(['worker'])"
    )
    whole = Path("newsletter.toml").read_text()
    with subprocess.Popen([sys.executable, "-c", words], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as worker:
        try:
            assert worker.stderr is not None
            assert worker.stdout is not None
            run(
                "send",
                "latest",
                "--yes",
                "--any-date",
                "--at",
                f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d} 06:30",
            )
            make_due(timedelta(minutes=1))
            assert b"finished" in worker.stdout.readline()  # it is at work
            assert worker.stderr.read(len(WARNING)) == WARNING.encode()
            Path("newsletter.toml").write_text(whole[:40])
            assert b"newsletter.toml" in worker.stderr.readline()
            assert any(b"retries every" in line for line in worker.stderr)  # after the other errors in the file
            Path("newsletter.toml").write_text(whole)
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(PATIENCE) == 0
        finally:
            worker.kill()
