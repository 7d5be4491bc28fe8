"""Several workers and an operator at once: each send runs once, and the operator's decisions take effect."""

import os
import signal
import subprocess
import sys
import threading
from itertools import count
from pathlib import Path

import pytest

from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.send import SendStatus
from newsletter.store import open_store
from tests.sending.kills import BATCH, Processes, fill, smtp
from tests.sending.receiving import PATIENCE, receiver
from tests.sending.workers import schedule, work, work_and_kill

SENDS, READERS = 16, 2  # `make soak` has 200 sends
ENDED = {SendStatus.FINISHED, SendStatus.FAILURES}


@pytest.mark.parametrize("workers", [2, 5])
def test_several_workers_run_each_of_many_due_sends_once(processes: Processes, database_url: str, workers: int) -> None:
    with open_store(database_url) as store:
        fill(store, READERS)
        schedule(store, SENDS)
    with receiver() as server:
        done = work_and_kill(
            processes,
            database_url,
            smtp(server.port),
            server,
            workers=workers,
            sends=SENDS,
            readers=READERS,
            kills=workers - 1,
            seed=workers,
        )
    assert set(done.sends) <= ENDED
    assert sum(done.sends.values()) == SENDS
    assert (done.lost, done.doubled) == (0, 0)
    assert done.held <= (workers - 1) * READERS


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_worker_told_to_stop_at_the_end_of_a_send_begins_no_other(
    processes: Processes, memory: Path, number: signal.Signals
) -> None:
    url = f"sqlite:///{memory / 'newsletter.db'}"
    last, proceed = threading.Event(), threading.Event()
    dots = count(1)

    def hold(step: str) -> None:
        if step == "the final dot" and next(dots) == BATCH + 1:
            last.set()
            assert proceed.wait(PATIENCE)

    with open_store(url) as store, receiver() as server:
        fill(store, BATCH + 1)  # two batches
        schedule(store, SENDS)
        server.passing = hold
        worker = processes.start(url, smtp(server.port), target=work)
        assert last.wait(PATIENCE)
        while not store.sends.get(1).counts.get(DeliveryStatus.SUBMITTED):
            worker.join(0.01)  # nothing is left to claim once the other batch is recorded
            assert worker.is_alive()
        os.kill(worker.pid or 0, number)
        proceed.set()
        worker.join(PATIENCE)
        assert [send.id for send in store.sends.all() if send.digest] == [1]
        assert server.accepted == BATCH + 1


def test_a_signal_at_any_moment_causes_no_deadlock() -> None:
    hammered = """
import signal, threading
from newsletter.sending import stop_requests
over = threading.Event()
def hammer():
    for _ in range(20_000):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)
    over.set()
with stop_requests() as stop:
    threading.Thread(target=hammer).start()
    while not over.is_set():
        stop.wait(1)
"""
    subprocess.run([sys.executable, "-c", hammered], timeout=PATIENCE, check=True)  # which kills it if it hangs
