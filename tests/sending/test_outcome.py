"""A run returns how it ended: its send has finished, waits, or was stopped."""

import json
import signal
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest

from newsletter import sending
from newsletter.domain.rate_limits import SendingSettings
from newsletter.domain.send import SendStatus
from newsletter.errors import PausedError, StoppedError
from newsletter.sending import EventLog, Finished, Observer, Stopped, WaitUntil
from newsletter.store import Store
from tests import make
from tests.sending.faults import ISSUE, Accepting, fill
from tests.sending.freeze_requests import to_everyone

AT_WHEN = Observer(clock=lambda: make.WHEN)


def test_a_send_with_every_delivery_settled_is_finished(store: Store) -> None:
    fill(store, 3)
    outcome = sending.start(store, make.send_context(Accepting()), to_everyone(), observer=AT_WHEN)
    assert isinstance(outcome, Finished)
    assert (outcome.result().id, outcome.send.status) == (1, SendStatus.FINISHED)


def test_a_send_that_has_used_its_quota_waits_for_the_next_day(store: Store) -> None:
    fill(store, 3)
    limited = replace(make.send_context(Accepting()), sending=SendingSettings(per_day=2))
    outcome = sending.start(store, limited, to_everyone(), observer=AT_WHEN)
    assert isinstance(outcome, WaitUntil)
    assert (outcome.result().status, outcome.until) == (SendStatus.RUNNING, store.sends.get(1).waits_until)
    assert outcome.reason == "the provider allows 2 messages a day"
    assert timedelta(hours=23) < outcome.until - make.WHEN <= timedelta(hours=25)


def test_a_send_paused_by_an_operator_is_stopped_with_the_reason(store: Store) -> None:
    fill(store, 20)
    provider = Accepting(before=lambda: store.controls.pause(1, "the subject is wrong") if provider.called == 2 else 0)
    outcome = sending.start(store, make.send_context(provider), to_everyone(), observer=AT_WHEN)
    assert isinstance(outcome, Stopped)
    assert outcome.send.status is SendStatus.PAUSED
    with pytest.raises(PausedError, match="is paused: the subject is wrong"):
        outcome.result()
    assert len(provider.accepted) == 10


def test_a_scheduled_send_cancelled_before_it_begins_is_stopped(store: Store) -> None:
    fill(store, 1)
    segments = to_everyone().segments
    scheduled = store.sends.schedule(
        issue=ISSUE, provider="test", segments=segments, begins=make.WHEN, deadline=60, now=make.WHEN
    )
    provider = Accepting()
    with store.leases.acquire(scheduled.id) as lease:
        store.controls.cancel(scheduled.id)
        outcome = sending.start_planned(
            store, make.send_context(provider), to_everyone(), lease, scheduled=scheduled, observer=AT_WHEN
        )
    assert isinstance(outcome, Stopped)
    assert isinstance(outcome.error, StoppedError)
    assert outcome.send.status is SendStatus.CANCELLED
    assert provider.accepted == []


def test_a_send_that_is_paused_while_it_waits_is_stopped_without_an_error(store: Store) -> None:
    fill(store, 3)
    limited = replace(make.send_context(Accepting()), sending=SendingSettings(per_day=2))
    waiting = sending.start(store, limited, to_everyone(), observer=AT_WHEN).result()
    store.controls.pause(waiting.id, "paused by an operator")
    outcome = sending.wait_until_ended(store, limited, store.sends.get(waiting.id), observer=AT_WHEN)
    assert outcome == Stopped(send=store.sends.get(waiting.id))
    assert outcome.result().status is SendStatus.PAUSED


def test_ctrl_c_during_a_run_is_logged_once(store: Store) -> None:
    fill(store, 20)
    log, pressed = BytesIO(), list[int]()

    def press(done: int, _total: int) -> None:
        if done and not pressed:  # a second Ctrl-C would exit at once
            pressed.append(done)
            signal.raise_signal(signal.SIGINT)

    observer = replace(AT_WHEN, progress=press, log=EventLog(log))
    outcome = sending.start(store, make.send_context(Accepting()), to_everyone(), observer=observer)
    assert outcome.send.status is SendStatus.PAUSED
    assert events(log)[-1] == "send.paused"
    assert events(log).count("send.paused") == 1


@pytest.mark.parametrize(("number", "logged"), [(signal.SIGINT, ["send.paused"]), (signal.SIGTERM, [])])
def test_ctrl_c_while_a_send_waits_is_logged_once(store: Store, number: signal.Signals, logged: list[str]) -> None:
    fill(store, 3)
    limited = replace(make.send_context(Accepting()), sending=SendingSettings(per_day=2))
    waiting = sending.start(store, limited, to_everyone(), observer=AT_WHEN).result()
    log = BytesIO()
    observer = replace(AT_WHEN, notice=lambda _: signal.raise_signal(number), log=EventLog(log))
    outcome = sending.wait_until_ended(store, limited, waiting, observer=observer)
    assert outcome.send == store.sends.get(waiting.id)
    assert events(log) == logged


def events(log: BytesIO) -> list[str]:
    return [json.loads(line)["event"] for line in log.getvalue().splitlines()]
