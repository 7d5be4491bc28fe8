"""Only one process runs a send: one of two at once, and the successor of a stopped one."""

import os
import signal
import threading
from datetime import date, timedelta
from math import ceil
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from newsletter import sending
from newsletter.domain.delivery import DeliveryStatus, Uncertainty
from newsletter.domain.send import SendStatus
from newsletter.errors import SendError
from newsletter.store import open_store
from tests.sending.conftest import FEW
from tests.sending.kills import (
    BATCH,
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
    open_send_context,
    outcome,
    smtp,
    stop_outside_a_transaction,
    under_way,
)
from tests.sending.receiving import PATIENCE, receiver

S = DeliveryStatus
HOLD, RESEND = Uncertainty.HOLD, Uncertainty.RESEND


def begin_each(url: str, via: Via, at_once: Barrier, issues: list[str], errors: Connection) -> None:
    """Begin the send of each issue together with another process, and report the error, or "", to ``errors``."""
    with open_store(url) as store, open_send_context(via, HOLD) as by:
        for issue in issues:
            at_once.wait(PATIENCE)
            try:
                begin(store, by, issue)
            except SendError as err:
                errors.send(str(err))
            else:
                errors.send("")


def resume_together(url: str, via: Via, at_once: Barrier, errors: Connection) -> None:
    """Resume the send together with another process, and report the error, or "", to ``errors``."""
    with open_store(url) as store, open_send_context(via, HOLD) as by:
        at_once.wait(PATIENCE)
        try:
            sending.resume(store, by, issue=ISSUE).result()
        except SendError as err:
            errors.send(str(err))
        else:
            errors.send("")


@pytest.mark.parametrize(("database_url", "times"), [("sqlite", 20), ("postgresql", 10)], indirect=["database_url"])
def test_only_one_of_two_simultaneous_sends_runs_and_the_other_names_it(
    processes: Processes, database_url: str, times: int
) -> None:
    issues = [str(date(2026, 11, 23) + timedelta(days=day)) for day in range(times)]
    with open_store(database_url) as store, receiver() as server, open_send_context(smtp(server.port), HOLD) as by:
        fill(store, FEW)
        at_once = processes.context.Barrier(3)
        ends = [processes.context.Pipe() for _ in range(2)]
        both = [
            processes.start(database_url, smtp(server.port), at_once, issues, theirs, target=begin_each)
            for _, theirs in ends
        ]
        for number, issue in enumerate(issues, 1):
            at_once.wait(PATIENCE)  # neither begins the next issue before this one is checked
            assert_one_ran(both, [ours.recv() for ours, _ in ends])
            with pytest.raises(SendError, match=f"issue {issue} was sent on .* to {FEW} of {FEW} readers"):
                begin(store, by, issue)
            assert server.accepted == number * FEW
            result = store.sends.of_issue(issue)
            assert result is not None
            assert (result.status, result.counts) == (SendStatus.FINISHED, {S.SUBMITTED: FEW})
        for process in both:
            process.join(PATIENCE)
            assert process.exitcode == 0


def test_only_one_of_two_simultaneous_resumes_after_a_kill_runs(processes: Processes, few: bytes, memory: Path) -> None:
    at_once = processes.context.Barrier(2)
    for _ in range(5):
        url = new_copy(few, memory)
        with receiver() as server:
            deaths = [killed(processes, url, server, HOLD, Step(when="after", what=RECEIPT))]
            ends = [processes.context.Pipe() for _ in range(2)]
            both = [
                processes.start(url, smtp(server.port), at_once, theirs, target=resume_together) for _, theirs in ends
            ]
            assert_one_ran(both, [ours.recv() for ours, _ in ends])
            for process in both:
                process.join(PATIENCE)
            result = outcome(url, server, readers=FEW, deaths=deaths)
            assert_nothing_lost_or_silently_doubled(result, HOLD)


def assert_one_ran(both: list[BaseProcess], errors: list[str]) -> None:
    """Assert that one process ran, and that the other got its name, or came too late."""
    assert errors.count("") == 1, errors
    (first,) = (process.pid for process, words in zip(both, errors, strict=True) if not words)
    words = "".join(errors)
    assert f"is run by process {first} on " in words or "was sent on" in words or words.endswith(", finished"), words


def test_a_stopped_process_that_wakes_repeats_no_message_of_its_successor(
    processes: Processes, few: bytes, memory: Path
) -> None:
    url = new_copy(few, memory)
    held, here, stopped, proceed = threading.Semaphore(0), threading.local(), threading.Event(), threading.Event()

    def hold(step: str) -> None:
        """Make the process wait for the server with a message on each connection, with no answer recorded yet."""
        if step == "DATA" and not stopped.is_set():
            here.messages = getattr(here, "messages", 0) + 1
            if here.messages == 2:
                held.release()
                assert proceed.wait(PATIENCE)

    with receiver() as server:
        server.passing = hold
        process = processes.start(url, smtp(server.port), RESEND, 1.0)
        for _ in range(ceil(FEW / BATCH)):
            assert held.acquire(timeout=PATIENCE)
        stop_outside_a_transaction(process, url)
        stopped.set()
        in_flight = under_way(url)
        processes.succeed(url, smtp(server.port), RESEND, 1.0)
        before = server.accepted
        proceed.set()
        os.kill(process.pid or 0, signal.SIGCONT)
        process.join(PATIENCE)
        assert process.exitcode == 1
        result = outcome(url, server, readers=FEW, deaths=[in_flight])
        assert server.accepted == before
    assert_nothing_lost_or_silently_doubled(result, RESEND)
    assert result.doubled == ceil(FEW / BATCH)  # the first message on each connection, whose batch had no answer yet
