"""A send that is killed, at random and at every step, loses nobody and doubles nobody silently."""

import os
import signal
import sqlite3
import threading
from contextlib import closing
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from newsletter.delivery import DeliveryStatus, Uncertainty
from newsletter.store import open_store
from tests.sending.kills import (
    COMMITS,
    IN_FLIGHT,
    ISSUE,
    PATIENCE,
    STEPS,
    Outcome,
    Processes,
    Receiver,
    Ses,
    killed_at_random,
    outcome,
    prepare,
    receiver,
    ses,
    smtp,
)
from tests.ses_stub import ses_stub

S = DeliveryStatus
READERS, KILLS = 20_000, 20
SOME = 8_000  # by SES: the stub is as strict as SES, and slow
EACH = 20  # kills at each step


@pytest.fixture(scope="module")
def processes() -> Processes:
    return Processes()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kills") / "many.db"
    prepare(path, READERS)
    return path


@pytest.fixture(scope="module")
def some(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kills") / "some.db"
    prepare(path, SOME)
    return path


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kills") / "few.db"
    prepare(path, 12)
    return path


def copied(template: Path, to: Path) -> str:
    to.write_bytes(template.read_bytes())
    return f"sqlite:///{to}"


@pytest.mark.parametrize("policy", list(Uncertainty))
def test_random_kills_by_smtp_lose_nobody_and_double_only_what_was_uncertain(
    processes: Processes, many: Path, tmp_path: Path, policy: Uncertainty
) -> None:
    url = copied(many, tmp_path / "newsletter.db")
    with receiver() as server:
        found = killed_at_random(
            processes, url, smtp(server.port), server, readers=READERS, kills=KILLS, policy=policy, seed=1
        )
    assert_holds(found, policy, IN_FLIGHT)


@pytest.mark.parametrize("policy", list(Uncertainty))
def test_random_kills_by_ses_lose_nobody_and_double_only_what_was_uncertain(
    processes: Processes, some: Path, tmp_path: Path, policy: Uncertainty
) -> None:
    url = copied(some, tmp_path / "newsletter.db")
    with ses_stub() as stub:
        via = ses(stub.url)
        found = killed_at_random(processes, url, via, Ses(stub), readers=SOME, kills=KILLS, policy=policy, seed=1)
    assert_holds(found, policy, via.in_flight)


def assert_holds(found: Outcome, policy: Uncertainty, in_flight: int) -> None:
    """What docs/sending.md promises."""
    assert found.kills == KILLS
    assert (found.lost, found.silently, found.differing) == (0, 0, 0)
    assert found.uncertain <= KILLS * in_flight
    if policy is Uncertainty.HOLD:
        assert found.doubled == 0
        assert found.held == found.uncertain
    else:
        assert found.doubled <= found.uncertain
        assert found.held == 0


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_a_step_of_the_protocol(processes: Processes, few: Path, tmp_path: Path, step: str) -> None:
    for time in range(EACH):
        url = copied(few, tmp_path / f"{time}.db")
        with receiver() as server:
            process = processes.start(url, smtp(server.port), Uncertainty.HOLD)
            passings, once = iter(range(1000)), threading.Lock()

            def kill(at: str, process=process, passings=passings, once=once, time=time) -> None:  # type: ignore[no-untyped-def]
                with once:
                    if at == step and next(passings) == time % 12:
                        process.kill()

            server.passing = kill
            process.join(PATIENCE)
            assert process.exitcode == -signal.SIGKILL
            server.passing = None
            processes.finish(url, smtp(server.port), Uncertainty.HOLD)
            found = outcome(url, server, readers=12, kills=1)
        assert (found.lost, found.doubled) == (0, 0)
        assert found.held <= IN_FLIGHT


@pytest.mark.parametrize("commit", [f"{when} {name}" for name in COMMITS for when in ("before", "after")])
def test_a_kill_before_and_after_each_commit(processes: Processes, few: Path, tmp_path: Path, commit: str) -> None:
    for time in range(EACH):
        url = copied(few, tmp_path / f"{time}.db")
        often = commit.endswith(".exchange")  # the first claims, the second writes answers down
        with receiver() as server:
            process = processes.start(
                url, smtp(server.port), Uncertainty.HOLD, None, (commit, 1 + time % 2 if often else 1)
            )
            process.join(PATIENCE)
            assert process.exitcode == -signal.SIGKILL
            processes.finish(url, smtp(server.port), Uncertainty.HOLD)
            found = outcome(url, server, readers=12, kills=1)
        assert (found.lost, found.doubled) == (0, 0)
        if not often:
            assert found.held == 0


def test_a_stopped_process_sends_nothing_more_once_another_has_taken_over(
    processes: Processes, many: Path, tmp_path: Path
) -> None:
    url = copied(many, tmp_path / "newsletter.db")
    with receiver() as server:
        stopped = processes.start(url, smtp(server.port), Uncertainty.RESEND, 0.5)
        server.wait_for(2000, stopped)
        _stop_outside_a_transaction(stopped, server, tmp_path / "newsletter.db")
        processes.succeed(url, smtp(server.port), Uncertainty.RESEND, 0.5)
        before = server.accepted
        os.kill(stopped.pid or 0, signal.SIGCONT)
        stopped.join(PATIENCE)
        assert stopped.exitcode == 1
        found = outcome(url, server, readers=READERS, kills=1)
        # What it had in flight when it was stopped may still arrive; that was uncertain, and sent again.
        assert server.accepted - before <= IN_FLIGHT
    assert (found.lost, found.silently, found.differing) == (0, 0, 0)
    assert found.doubled <= found.uncertain <= IN_FLIGHT


def _stop_outside_a_transaction(process: BaseProcess, server: Receiver, database: Path) -> None:
    """A process that is stopped inside of one holds the database, and nobody can take over before it wakes or dies."""
    assert process.pid is not None
    with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as other:
        while process.is_alive():
            server.wait_for(server.accepted + 1, process)
            os.kill(process.pid, signal.SIGSTOP)
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                os.kill(process.pid, signal.SIGCONT)
            else:
                other.execute("ROLLBACK")
                return
    raise AssertionError("the process was in a transaction all the time")


def test_of_two_that_begin_at_once_one_runs(processes: Processes, few: Path, tmp_path: Path) -> None:
    for time in range(100):
        url = copied(few, tmp_path / f"{time}.db")
        with receiver() as server:
            both = [processes.start(url, smtp(server.port), Uncertainty.HOLD) for _ in range(2)]
            for process in both:
                process.join(PATIENCE)
            assert sorted(process.exitcode or 0 for process in both) in ([0, 1], [0, 0])
            assert server.accepted == 12
        with open_store(url) as store:
            found = store.sends.find(ISSUE)
            assert found is not None
            assert found.counts == {S.SUBMITTED: 12}
