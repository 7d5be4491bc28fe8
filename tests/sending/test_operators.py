"""An operator pauses, cancels or reschedules a send while a worker handles it: the result takes effect."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter import sending
from newsletter.domain.delivery import DeliveryStatus, Uncertainty
from newsletter.domain.segment import EVERYONE
from newsletter.domain.send import Send, SendStatus
from newsletter.errors import SendError
from newsletter.providers import open_provider
from newsletter.sending import SendContext, run_due_sends
from newsletter.store import Store, open_store
from newsletter.store.sends.leases import Leases
from tests import make
from tests.rows import database_of
from tests.sending.conftest import FEW
from tests.sending.faults import Accepting, fill
from tests.sending.freeze_requests import to_everyone
from tests.sending.kills import KEYS, Processes, new_copy, smtp, stop_outside_a_transaction
from tests.sending.receiving import PATIENCE, Receiver, receiver
from tests.sending.workers import DEADLINE, hands
from tests.ses_stub import ses_stub

S = DeliveryStatus
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FIRST, SECOND = "2026-11-23", "2026-11-24"


@dataclass
class Worker:
    """A worker with a clock that a test can set. ``composing`` is called while it composes an issue."""

    store: Store
    by: SendContext
    now: datetime = NOON
    composing: Callable[[Send], object] = lambda _: None
    failures: list[str] = field(default_factory=list)
    paused: list[str] = field(default_factory=list)

    def look(self) -> datetime | None:
        return run_due_sends(
            self.store,
            hands(
                self.store,
                self.by,
                clock=lambda: self.now,
                composing=self.composing,
                failed=lambda _, why: self.failures.append(str(why)),
                paused=lambda send: self.paused.append(send.reason),
            ),
            lambda: self.now,
        )


def schedule(store: Store, issue: str = FIRST, begins: datetime = NOON) -> int:
    segments = [EVERYONE]
    return store.sends.schedule(
        issue=issue, provider="test", segments=segments, begins=begins, deadline=DEADLINE, now=NOON
    ).id


def frozen(store: Store, issue: str, began: datetime = NOON) -> int:
    """Begin a send whose process died before its first message."""
    return store.sends.freeze(
        compiled=make.compiled(issue=issue),
        tailor=make.tailor(slug=issue),
        date=began,
        segments=[EVERYONE],
        provider="test",
        signing_key=make.send_context(Accepting()).signer.key,
        now=began,
    ).id


ACTIONS: dict[str, Callable[[Store, int], object]] = {
    "paused": lambda store, send: store.controls.pause(send, "paused by an operator"),
    "cancelled": sending.cancel,
}


@pytest.mark.parametrize("make_due", [schedule, frozen])
@pytest.mark.parametrize("status", list(ACTIONS))
def test_an_operators_action_during_another_send_takes_effect(
    store: Store, make_due: Callable[[Store, str, datetime], int], status: str
) -> None:
    fill(store, 3)
    begins = datetime.now(UTC)
    schedule(store, FIRST, begins)
    second = make_due(store, SECOND, begins)

    def act() -> None:
        provider.before = lambda: None
        ACTIONS[status](store, second)

    provider = Accepting(before=act)
    worker = Worker(store, make.send_context(provider), now=begins + timedelta(minutes=1))
    worker.look()
    worker.look()
    assert store.sends.get(second).status == status
    assert len(provider.accepted) == 3
    assert worker.failures == worker.paused == []


@pytest.mark.parametrize("status", list(ACTIONS))
def test_an_operators_action_while_the_issue_is_composed_takes_effect(store: Store, status: str) -> None:
    fill(store, 3)
    number = schedule(store)
    provider = Accepting()
    worker = Worker(store, make.send_context(provider), composing=lambda send: ACTIONS[status](store, send.id))
    worker.look()
    worker.look()
    assert (store.sends.get(number).status, provider.accepted, worker.failures) == (status, [], [])


def test_a_send_rescheduled_while_it_is_composed_begins_at_its_new_time(store: Store) -> None:
    readers = fill(store, 3)
    tomorrow = NOON + timedelta(days=1)

    def move(send: Send) -> None:
        if send.begins == NOON:
            sending.cancel(store, send.id)
            schedule(store, FIRST, tomorrow)

    provider = Accepting()
    worker = Worker(store, make.send_context(provider), composing=move)
    schedule(store)
    assert worker.look() == tomorrow
    assert provider.accepted == []
    worker.now = tomorrow
    worker.look()
    assert provider.addresses == readers


def test_resuming_a_send_stops_if_it_is_cancelled_meanwhile(store: Store) -> None:
    fill(store, 3)
    number = schedule(store)
    store.controls.pause(number, "lunch")
    store.controls.resume(number, now=NOON)
    provider = Accepting()
    with store.leases.acquire(number) as lease:
        sending.cancel(store, number)
        with pytest.raises(SendError, match="cancelled"):
            sending.start_planned(
                store,
                make.send_context(provider),
                to_everyone(NOON),
                lease,
            ).result()
    assert provider.accepted == []
    assert store.sends.get(number).status is SendStatus.CANCELLED


@pytest.mark.parametrize("status", ["scheduled", "planned"])
def test_a_send_that_has_not_begun_is_paused_once_it_is_too_late(store: Store, status: str) -> None:
    fill(store, 3)
    number = schedule(store)
    if status == "planned":  # killed between its time and its freeze
        with store.leases.acquire(number) as lease:
            store.controls.begin_scheduled(number, begins=NOON, holder=lease.holder, now=NOON)
    assert store.sends.get(number).status == status
    worker = Worker(store, make.send_context(Accepting()), now=NOON + timedelta(days=3))
    worker.look()
    assert store.sends.get(number).status is SendStatus.PAUSED
    assert worker.paused == ["it was to begin at 2026-11-23 12:00 (UTC) and is 72 hours late; the limit is 6 hours"]
    worker.look()
    assert len(worker.paused) == 1


def test_a_send_that_becomes_too_late_while_it_is_composed_is_paused(store: Store) -> None:
    fill(store, 3)
    number = schedule(store)

    def take_long(_: Send) -> None:
        worker.now += timedelta(hours=7)

    provider = Accepting()
    worker = Worker(store, make.send_context(provider), composing=take_long)
    worker.look()
    assert (store.sends.get(number).status, provider.accepted) == (SendStatus.PAUSED, [])
    assert len(worker.paused) == 1


def test_only_the_process_that_holds_a_send_can_pause_it(store: Store) -> None:
    number = schedule(store)
    with store.leases.acquire(number) as lease:
        assert not store.controls.pause_held(number, "a former holder", holder="somebody else", now=NOON)
        assert not store.controls.postpone(number, "a former holder", now=NOON, holder="somebody else")
        assert store.sends.get(number).status is SendStatus.SCHEDULED
        assert store.controls.pause_held(number, "too late", holder=lease.holder, now=NOON)
    assert store.sends.get(number).reason == "too late"


# Cancel waits --------------------------------------------------------------------------------------------------------


@pytest.fixture
def relay() -> Iterator[Receiver]:
    with receiver() as server:
        yield server


def test_a_cancel_returns_when_the_last_message_is_answered(
    processes: Processes, few: bytes, memory: Path, relay: Receiver
) -> None:
    url = new_copy(few, memory)
    under_way, proceed = threading.Event(), threading.Event()

    def hold(step: str) -> None:
        if step == "the final dot":
            under_way.set()
            assert proceed.wait(PATIENCE)

    relay.passing = hold
    process = processes.start(url, smtp(relay.port), Uncertainty.HOLD)
    assert under_way.wait(PATIENCE)
    notices: list[str] = []
    with open_store(url) as store:

        def notice(words: str) -> None:
            notices.append(words)
            proceed.set()

        counts = sending.cancel(store, 1, notice=notice).counts
        told = relay.accepted
        process.join(PATIENCE)
        relay.settle()
        assert notices == [
            f"waiting for process {process.pid} on {os.uname().nodename} to finish the messages in flight"
        ]
        assert relay.accepted == told == counts[S.SUBMITTED] == FEW - counts.get(S.SKIPPED, 0)
        assert store.sends.get(1).status is SendStatus.CANCELLED


def test_a_stopped_process_that_wakes_after_a_cancel_sends_nothing_more(
    processes: Processes, few: bytes, memory: Path, relay: Receiver
) -> None:
    url = new_copy(few, memory)
    under_way, proceed = threading.Event(), threading.Event()

    def hold(step: str) -> None:
        if step == "RCPT":
            under_way.set()
            assert proceed.wait(PATIENCE)

    relay.passing = hold
    process = processes.start(url, smtp(relay.port), Uncertainty.HOLD, 1.0)
    try:
        assert under_way.wait(PATIENCE)
        stop_outside_a_transaction(process, url)
        with open_store(url) as store:
            store.leases = Leases(database_of(store), 1.0)
            sending.cancel(store, 1)
            counts, told = store.sends.get(1).counts, relay.accepted
            assert counts[S.UNCERTAIN] + counts.get(S.SKIPPED, 0) == FEW
            proceed.set()
            os.kill(process.pid or 0, signal.SIGCONT)
            process.join(PATIENCE)
            relay.settle()
            # Data in the system's buffers before the cancel may still arrive, and was reported as uncertain.
            assert relay.accepted - told <= counts[S.UNCERTAIN]
            assert store.sends.get(1).status is SendStatus.CANCELLED
    finally:
        process.kill()


# Outages -------------------------------------------------------------------------------------------------------------


def by(name: str, port: int) -> SendContext:
    """Return a relay, or SES, on this port."""
    options: dict[str, object] = {"host": "127.0.0.1", "port": port, "security": "none", "connections": 1}
    if name == "ses":
        options = {"region": "eu-west-1", "endpoint_url": f"http://127.0.0.1:{port}", "timeout": 5}
    return make.send_context(open_provider(name, options, root=Path.cwd(), environment=KEYS))


@pytest.mark.parametrize("name", ["smtp", "ses"])
def test_a_send_recovers_by_itself_from_a_short_outage_at_its_start(store: Store, name: str) -> None:
    fill(store, 3)
    number = schedule(store)
    worker = Worker(store, by(name, 1))  # no process listens there
    assert worker.look() == NOON + timedelta(seconds=15)
    waiting = store.sends.get(number)
    assert waiting.status is SendStatus.SCHEDULED
    assert waiting.reason == worker.failures[0].partition(": check")[0] or waiting.reason in worker.failures[0]
    for seconds in (15, 15, 30, 60, 120, 240, 300, 300):
        assert worker.look() == worker.now + timedelta(seconds=seconds)
        worker.now += timedelta(seconds=seconds)
    if name == "ses":
        with ses_stub() as stub:
            worker.by = by(name, int(stub.url.rpartition(":")[2]))
            worker.look()
            assert len(stub.mailed) == 3
    else:
        with receiver() as server:
            worker.by = by(name, server.port)
            worker.look()
            assert server.accepted == 3
    assert store.sends.get(number).status is SendStatus.FINISHED


def test_an_outage_longer_than_the_deadline_pauses_the_send(store: Store) -> None:
    fill(store, 3)
    number = schedule(store)
    worker = Worker(store, by("smtp", 1))
    looks = 0
    while store.sends.get(number).status is SendStatus.SCHEDULED:
        following = worker.look()
        worker.now = following or worker.now
        looks += 1
    assert looks < 100
    (why,) = worker.paused
    assert "the limit is 6 hours; the last try failed: no connection to 127.0.0.1:1" in why
    assert NOON + timedelta(hours=6) < worker.now < NOON + timedelta(hours=6, minutes=6)


def test_a_send_waits_out_an_outage_until_the_deadline(store: Store) -> None:
    fill(store, 3)
    number = frozen(store, FIRST)
    worker = Worker(store, by("smtp", 1), now=datetime.now(UTC) + timedelta(minutes=1))
    assert worker.look() == worker.now + timedelta(seconds=15)
    waiting = store.sends.get(number)
    assert waiting.status is SendStatus.RUNNING
    assert "no connection to 127.0.0.1:1" in waiting.reason
    with receiver() as server:
        worker.by = by("smtp", server.port)
        worker.now += timedelta(seconds=15)
        worker.look()
        assert server.accepted == 3
    assert store.sends.get(number).status is SendStatus.FINISHED
    second, began = frozen(store, SECOND), worker.now + timedelta(minutes=1)
    worker.by, worker.now = by("smtp", 1), began
    while store.sends.get(second).status is SendStatus.RUNNING:
        worker.now = worker.look() or worker.now
    assert store.sends.get(second).status is SendStatus.PAUSED
    assert store.sends.get(second).reason.startswith("it has failed for 6 hours: no connection to 127.0.0.1:1")
    assert timedelta(hours=6) < worker.now - began < timedelta(hours=6, minutes=6)
