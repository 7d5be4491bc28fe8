"""Only one process at a time runs a send, whatever the clocks show."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from newsletter.errors import HeldError, StoppedError
from newsletter.store import Store
from newsletter.store.clock import database_time
from newsletter.store.sends.leases import Leases
from newsletter.store.tables import send as sends
from tests import ledger, make
from tests.rows import database_of, execute

HOUR = 3600.0
HOLDING = """
import sys, time
from newsletter.store import open_store
with open_store(sys.argv[1]) as store, store.leases.acquire(1):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def planned(store: Store) -> Store:
    """Return a store in which send 1 is planned."""
    assert store.sends.plan(issue="2026-11-23", provider="outbox", now=make.WHEN).id == 1
    return store


@contextmanager
def another_process(url: str) -> Iterator[subprocess.Popen[str]]:
    """Start a process that holds the lease of send 1, and kill it at the end."""
    with subprocess.Popen([sys.executable, "-c", HOLDING, url], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def shift(store: Store, seconds: float) -> None:
    """Move the end of a lease as if the clock were set by this number of seconds."""
    execute(store, sa.update(sends).values(held_until=sends.c.held_until - seconds))


def instantly(_seconds: float) -> None:
    """Don't sleep."""


def test_a_second_process_is_refused_with_the_first_ones_name(planned: Store, database_url: str) -> None:
    with another_process(database_url) as first:
        with pytest.raises(HeldError, match=rf"run by process {first.pid} on "):
            planned.leases.acquire(1)
        assert planned.leases.holder(1).startswith(f"process {first.pid} on ")


def test_the_lease_of_a_killed_process_is_taken_over_at_once(planned: Store, database_url: str) -> None:
    with another_process(database_url) as first:
        first.kill()
        first.wait()
        assert planned.leases.holder(1) == ""
        with planned.leases.acquire(1) as lease:
            lease.ensure_held()


def test_a_returned_lease_is_free_at_once(planned: Store) -> None:
    with planned.leases.acquire(1), pytest.raises(HeldError):
        planned.leases.acquire(1)
    with planned.leases.acquire(1):
        pass


@pytest.mark.parametrize("jump", [3 * HOUR, -3 * HOUR])
def test_a_clock_jump_takes_no_lease_from_a_live_process(planned: Store, jump: float) -> None:
    with planned.leases.acquire(1) as lease:

        def a_heartbeat_later(_seconds: float) -> None:
            planned.leases.renew(lease)

        shift(planned, jump)
        with pytest.raises(HeldError):
            Leases(database_of(planned), sleep=a_heartbeat_later).acquire(1)
        lease.ensure_held()


@pytest.mark.parametrize("jump", [3 * HOUR, -3 * HOUR])
def test_the_lease_of_a_process_without_heartbeats_is_taken_over_at_any_clock_time(planned: Store, jump: float) -> None:
    first = planned.leases.acquire(1)  # never kept
    shift(planned, jump)
    with Leases(database_of(planned), sleep=instantly).acquire(1) as second:
        second.ensure_held()
        planned.leases.renew(first)
        with pytest.raises(StoppedError, match="another process has taken over"):
            first.ensure_held()


def test_a_process_that_lost_its_lease_claims_nothing(planned: Store) -> None:
    first = planned.leases.acquire(1)
    shift(planned, HOUR)
    with Leases(database_of(planned), sleep=instantly).acquire(1), database_of(planned).writing() as connection:
        connection.execute(sa.update(sends).values(status="running"))
    execute(planned, sa.update(sends).values(holder="another"))
    with pytest.raises(StoppedError, match="taken over"):
        ledger.claim(planned, 1, size=10, holder=first.holder)


def test_a_stopped_process_that_wakes_hands_over_nothing(planned: Store, database_url: str) -> None:
    with another_process(database_url) as first:
        os.kill(first.pid, signal.SIGSTOP)
        try:
            shift(planned, HOUR)  # as if the process had been stopped for that long
            with Leases(database_of(planned), sleep=instantly).acquire(1) as second:
                second.ensure_held()
        finally:
            os.kill(first.pid, signal.SIGCONT)


def test_the_databases_time_is_in_unix_seconds(store: Store) -> None:
    with database_of(store).reading() as connection:
        first, second = (connection.scalars(sa.select(database_time(connection))).one() for _ in range(2))
    assert first <= second < first + 60
    assert 1_700_000_000 < first < 10_000_000_000


# Another boot of a machine with the same name: a container or clone, or this machine before a restart.
AS_ANOTHER_MACHINE = """
import sys, time
from newsletter.store import open_store
from newsletter.store.sends import process_identity
process_identity._boot = lambda: "11111111-2222-3333-4444-555555555555/pid:[4026531836]"
with open_store(sys.argv[1]) as store, store.leases.acquire(1):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_machine_with_the_same_name_is_another_machine(
    planned: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "HOLDING", AS_ANOTHER_MACHINE)
    with another_process(database_url) as first:
        with pytest.raises(HeldError, match=rf"run by process {first.pid} on \S+ \(another machine of that name"):
            planned.leases.acquire(1)
        assert f"process {first.pid} on " in planned.leases.holder(1)
        # If the lease has ended by another clock, a heartbeat is enough to keep it.
        shift(planned, HOUR)

        def a_heartbeat_later(_seconds: float) -> None:
            execute(planned, sa.update(sends).values(beats=sends.c.beats + 1))

        with pytest.raises(HeldError):
            Leases(database_of(planned), sleep=a_heartbeat_later).acquire(1)


def test_the_lease_of_a_process_on_a_dead_machine_is_taken_over_without_a_heartbeat(
    planned: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "HOLDING", AS_ANOTHER_MACHINE)
    with another_process(database_url) as first:
        first.kill()
        first.wait()
        with pytest.raises(HeldError, match="try again in 30 seconds"):
            planned.leases.acquire(1)
        shift(planned, HOUR)
        watched: list[float] = []
        with Leases(database_of(planned), sleep=watched.append).acquire(1) as lease:
            lease.ensure_held()
        assert watched == [15.0]
