"""Only one process runs a send: of two at once, one; of one that was stopped and its successor, the successor."""

import os
import signal
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from newsletter import sending
from newsletter.delivery import DeliveryStatus, SendStatus, Uncertainty
from newsletter.errors import SendError
from newsletter.store import open_store
from tests.sending.conftest import FEW, SOME
from tests.sending.kills import (
    ISSUE,
    RECEIPT,
    Processes,
    Step,
    Via,
    assert_nothing_lost_or_silently_doubled,
    begin,
    fill,
    killed,
    new_copy,
    outcome,
    post,
    smtp,
    under_way,
)
from tests.sending.receiving import PATIENCE, Receiver, receiver

S = DeliveryStatus
HOLD, RESEND = Uncertainty.HOLD, Uncertainty.RESEND


def begin_each(url: str, via: Via, at_once: Barrier, issues: list[str], said: Connection) -> None:
    """Begin the send of each issue together with another process; ``said`` gets what was said against it, if so."""
    with open_store(url) as store, post(via, HOLD) as by:
        for issue in issues:
            at_once.wait(PATIENCE)
            try:
                begin(store, by, issue)
            except SendError as err:
                said.send(str(err))
            else:
                said.send("")


def go_on(url: str, via: Via, at_once: Barrier, said: Connection) -> None:
    """Go on with the send together with another process."""
    with open_store(url) as store, post(via, HOLD) as by:
        at_once.wait(PATIENCE)
        try:
            sending.resume(store, by, issue=ISSUE)
        except SendError as err:
            said.send(str(err))
        else:
            said.send("")


@pytest.mark.parametrize(("database_url", "times"), [("sqlite", 100), ("postgresql", 20)], indirect=["database_url"])
def test_of_two_that_begin_at_once_one_runs_and_the_other_is_told_who(
    processes: Processes, database_url: str, times: int
) -> None:
    issues = [str(date(2026, 11, 23) + timedelta(days=day)) for day in range(times)]
    with open_store(database_url) as store, receiver() as server, post(smtp(server.port), HOLD) as by:
        fill(store, FEW)
        at_once = processes.context.Barrier(3)
        ends = [processes.context.Pipe() for _ in range(2)]
        both = [
            processes.start(database_url, smtp(server.port), at_once, issues, theirs, target=begin_each)
            for _, theirs in ends
        ]
        for number, issue in enumerate(issues, 1):
            at_once.wait(PATIENCE)  # neither begins the next issue before all was looked at
            assert_one_ran(both, [ours.recv() for ours, _ in ends])
            with pytest.raises(SendError, match=f"issue {issue} was sent on .* to {FEW} of {FEW} readers"):
                begin(store, by, issue)
            assert server.accepted == number * FEW
            found = store.sends.find(issue)
            assert found is not None
            assert (found.status, found.counts) == (SendStatus.FINISHED, {S.SUBMITTED: FEW})
        for process in both:
            process.join(PATIENCE)
            assert process.exitcode == 0


def test_of_two_that_go_on_at_once_after_a_kill_one_runs(processes: Processes, few: bytes, memory: Path) -> None:
    at_once = processes.context.Barrier(2)
    for _ in range(10):
        url = new_copy(few, memory)
        with receiver() as server:
            deaths = [killed(processes, url, server, HOLD, Step(when="after", what=RECEIPT))]
            ends = [processes.context.Pipe() for _ in range(2)]
            both = [processes.start(url, smtp(server.port), at_once, theirs, target=go_on) for _, theirs in ends]
            assert_one_ran(both, [ours.recv() for ours, _ in ends])
            for process in both:
                process.join(PATIENCE)
            found = outcome(url, server, readers=FEW, deaths=deaths)
            assert_nothing_lost_or_silently_doubled(found, HOLD)


def assert_one_ran(both: list[BaseProcess], said: list[str]) -> None:
    """And the other was told which it is, or that it was too late."""
    assert said.count("") == 1, said
    (first,) = (process.pid for process, words in zip(both, said, strict=True) if not words)
    words = "".join(said)
    assert f"is run by process {first} on " in words or "was sent on" in words or words.endswith(", finished"), words


def test_a_stopped_process_sends_nothing_more_once_another_has_taken_over(
    processes: Processes, some: bytes, memory: Path
) -> None:
    url = new_copy(some, memory)
    with receiver() as server:
        stopped = processes.start(url, smtp(server.port), RESEND, 1.0)
        server.wait_for(500, stopped)
        _stop_outside_a_transaction(stopped, server, url)
        in_flight = under_way(url)
        processes.succeed(url, smtp(server.port), RESEND, 1.0)
        before = {address: len(each) for address, each in server.messages.items()}
        os.kill(stopped.pid or 0, signal.SIGCONT)
        stopped.join(PATIENCE)
        assert stopped.exitcode == 1
        found = outcome(url, server, readers=SOME, deaths=[in_flight])
        since = {address for address, each in server.messages.items() if len(each) > before.get(address, 0)}
    assert_nothing_lost_or_silently_doubled(found, RESEND)
    # What the system had of a message when the process was stopped may still go out: it was uncertain, and sent again.
    assert since <= {address for address, _ in in_flight}


def _stop_outside_a_transaction(process: BaseProcess, server: Receiver, url: str) -> None:
    """A process that is stopped inside of one holds the database, and nobody can take over before it wakes or dies."""
    assert process.pid is not None
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0, isolation_level=None)) as other:
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
