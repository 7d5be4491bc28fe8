"""Undoing and rescheduling a send, against the process that begins it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from newsletter.domain.notices import NoticeKind
from newsletter.domain.segment import EVERYONE
from newsletter.domain.send import Send, SendStatus
from newsletter.domain.send_errors import BegunError, NotBegunError, TransitionError, UnknownSendError
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import SendError, StoppedError
from newsletter.store import Store
from newsletter.store.tables import send as send_table
from tests import make
from tests.rows import database_of

RACES = 500
SOON, LATER = make.WHEN + timedelta(minutes=1), make.WHEN + timedelta(hours=1)


def schedule(store: Store, issue: str = make.compiled().issue) -> Send:
    return store.sends.schedule(
        issue=issue, provider="outbox", segments=[EVERYONE], begins=SOON, deadline=3600, now=make.WHEN
    )


def begin(store: Store, scheduled: Send, holder: str) -> Send:
    """Claim a scheduled send and freeze it, as a worker does."""
    store.controls.begin_scheduled(scheduled.id, begins=scheduled.begins, now=SOON, holder=holder)
    return store.sends.freeze(
        compiled=replace(make.compiled(), issue=scheduled.issue),
        tailor=make.tailor(),
        date=SOON,
        segments=[EVERYONE],
        provider="outbox",
        holder=holder,
        now=SOON,
    )


def test_an_undone_send_leaves_its_issue_unsent_and_sendable(store: Store) -> None:
    scheduled = schedule(store)
    store.schedules.undo(scheduled.id)
    undone = store.sends.get(scheduled.id)
    assert (undone.status, undone.digest, undone.due) == (SendStatus.CANCELLED, "", None)
    with pytest.raises(TransitionError, match="already cancelled"):
        store.schedules.undo(scheduled.id)
    with pytest.raises(NotBegunError):
        store.schedules.reschedule(scheduled.id, begins=LATER)
    assert schedule(store).status is SendStatus.SCHEDULED


def test_rescheduling_changes_only_the_start(store: Store) -> None:
    scheduled = schedule(store)
    store.schedules.reschedule(scheduled.id, begins=LATER, local_time="07:00")
    assert store.sends.get(scheduled.id) == replace(scheduled, begins=LATER, local_time="07:00")


def test_a_send_that_was_too_late_is_scheduled_again(store: Store) -> None:
    scheduled = schedule(store)
    with store.leases.acquire(scheduled.id) as lease:
        assert store.controls.pause_unbegun(scheduled.id, "late", begins=SOON, now=LATER, holder=lease.holder)
    store.schedules.reschedule(scheduled.id, begins=LATER)
    assert store.sends.get(scheduled.id) == replace(scheduled, begins=LATER)


def test_a_failure_of_the_earlier_time_does_not_touch_a_rescheduled_send(store: Store) -> None:
    store.subscribers.merge([[Subscriber(address="ada@example.com")]], now=make.WHEN)
    scheduled = schedule(store)
    with store.leases.acquire(scheduled.id) as lease:
        store.schedules.reschedule(scheduled.id, begins=LATER)
        holder = lease.holder
        assert not store.controls.postpone(scheduled.id, "no such topic", now=SOON, holder=holder, begins=SOON)
        assert not store.controls.pause_unbegun(scheduled.id, "late", begins=SOON, now=SOON, holder=holder)
        with pytest.raises(StoppedError, match="rescheduled"):
            begin(store, scheduled, holder)
        assert store.sends.get(scheduled.id).due == LATER


@pytest.mark.parametrize(
    ("minutes", "reported"), [(15, []), (75, [(NoticeKind.LATE, "it began 1 hour 15 minutes late")])]
)
def test_a_send_that_begins_late_is_reported(
    store: Store, minutes: int, reported: list[tuple[NoticeKind, str]]
) -> None:
    scheduled, now = schedule(store), SOON + timedelta(minutes=minutes)
    with store.leases.acquire(scheduled.id) as lease:
        for _ in range(2):  # the second time, it has begun
            store.controls.begin_scheduled(scheduled.id, begins=SOON, now=now, holder=lease.holder)
    store.notices.address(["pia@example.org"], now)
    assert [(notice.kind, notice.reason) for notice in store.notices.reserve(now, 20)] == reported


def test_a_send_never_begins_before_its_time_whatever_it_waits_for(store: Store) -> None:
    scheduled = replace(schedule(store), waits_until=make.WHEN)
    assert scheduled.due == SOON


def test_a_send_that_has_begun_can_be_neither_undone_nor_rescheduled(store: Store) -> None:
    store.subscribers.merge([[Subscriber(address="ada@example.com")]], now=make.WHEN)
    scheduled = schedule(store)
    with store.leases.acquire(scheduled.id) as lease:
        begun = begin(store, scheduled, lease.holder)
        with pytest.raises(BegunError) as caught:
            store.schedules.undo(scheduled.id)
        assert caught.value.status is SendStatus.RUNNING
        with pytest.raises(BegunError):
            store.schedules.reschedule(scheduled.id, begins=LATER)
        assert (begun.status, begun.begins) == (SendStatus.RUNNING, SOON)
    store.controls.pause(scheduled.id, "paused by Ada")  # its readers are frozen, and some may have been mailed
    for change in (store.schedules.undo, partial(store.schedules.reschedule, begins=LATER)):
        with pytest.raises(BegunError):
            change(scheduled.id)
    assert store.sends.get(scheduled.id).status is SendStatus.PAUSED
    with pytest.raises(UnknownSendError):
        store.schedules.undo(scheduled.id + 1)


def test_a_send_that_a_person_starts_at_the_keyboard_is_not_rescheduled(store: Store) -> None:
    planned = store.sends.plan(issue=make.compiled().issue, provider="outbox", now=make.WHEN)
    with pytest.raises(TransitionError):
        store.schedules.reschedule(planned.id, begins=LATER)


def race_sends(store: Store, holder: str) -> list[Send]:
    """Return as many scheduled sends as there are races, held by the same process already: that is quick."""
    schedule(store, "race-0")
    columns = [column for column in send_table.c if column.name not in ("id", "issue", "holder")]
    first = sa.select(sa.bindparam("issue"), sa.literal(holder), *columns).where(send_table.c.issue == "race-0")
    copy = sa.insert(send_table).from_select(["issue", "holder", *columns], first)
    with database_of(store).writing() as connection:
        connection.execute(copy, [{"issue": f"race-{number}"} for number in range(1, RACES + 1)])
    return [send for send in reversed(store.sends.all()) if send.issue != "race-0"]


def test_undo_and_the_worker_exclude_each_other(store: Store) -> None:
    """Race them 500 times: a send is either undone or begun, never both and never neither."""
    store.subscribers.merge([[Subscriber(address="ada@example.com")]], now=make.WHEN)
    together = threading.Barrier(2)

    def undo(scheduled: Send) -> bool:
        together.wait()
        try:
            store.schedules.undo(scheduled.id)
        except BegunError:
            return False
        return True

    def claim(scheduled: Send) -> bool:
        together.wait()
        try:
            return bool(begin(store, scheduled, "the worker").digest)
        except SendError:
            return False

    with ThreadPoolExecutor(2) as threads:
        sends = race_sends(store, "the worker")
        races = [(threads.submit(undo, send), threads.submit(claim, send)) for send in sends]
        undone, begun = ([future.result() for future in futures] for futures in zip(*races, strict=True))
    ends = {send.id: (send.status, bool(send.digest), send.recipients) for send in store.sends.all()}
    assert len(sends) == RACES
    for send, was_undone, was_begun in zip(sends, undone, begun, strict=True):
        assert was_undone is not was_begun
        expected = (SendStatus.CANCELLED, False, 0) if was_undone else (SendStatus.RUNNING, True, 1)
        assert ends[send.id] == expected
