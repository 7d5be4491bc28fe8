"""Workers' heartbeats, and reminders that are queued once."""

from datetime import date, timedelta

from newsletter.domain.notices import NoticeKind
from newsletter.domain.workers import CRON, PATIENCE, running_worker
from newsletter.store import Store, this_process
from tests import make

NOW = make.WHEN
OTHER = "mail-2 17 boot/1 99 abcd"


def test_a_worker_runs_for_as_long_as_it_shows_that_it_is_alive(store: Store) -> None:
    assert running_worker(store.workers.seen(), NOW) is None
    store.workers.beat(OTHER, now=NOW)
    store.workers.beat(OTHER, now=NOW + PATIENCE)
    running = running_worker(store.workers.seen(), NOW + 2 * PATIENCE)
    assert running is not None
    assert (running.process, running.started, running.seen) == ("process 17 on mail-2", NOW, NOW + PATIENCE)
    assert running_worker(store.workers.seen(), NOW + 2 * PATIENCE + timedelta(seconds=1)) is None


def test_a_worker_that_stops_or_dies_is_not_running(store: Store) -> None:
    mine = this_process()
    store.workers.beat(mine, now=NOW)
    assert [worker.once for worker in store.workers.seen()] == [False]
    store.workers.leave(mine)
    assert store.workers.seen() == []
    host, _, boot, *_ = mine.split()
    store.workers.beat(f"{host} 99999999 {boot} 1 abcd", now=NOW)  # a process of this machine that doesn't exist
    assert store.workers.seen() == []


def test_a_worker_from_cron_counts_until_it_should_have_come_again(store: Store) -> None:
    store.workers.beat(OTHER, now=NOW, once=True)
    last = running_worker(store.workers.seen(), NOW + CRON)
    assert last is not None
    assert last.once
    store.workers.beat("mail-1 3 boot/1 99 abcd", now=NOW + timedelta(days=2))
    assert [worker.process for worker in store.workers.seen()] == ["process 3 on mail-1"]


def test_a_reminder_is_queued_once_a_day(store: Store) -> None:
    day = date(2026, 11, 23)
    for expected in (True, False):
        queued = store.reminders.notify_once("2026-11-23", NoticeKind.APPROVAL, "why", day=day, now=NOW)
        assert queued is expected
    store.notices.address(["ada@example.org"], NOW)
    (notice,) = store.notices.reserve(NOW, 20)
    assert (notice.send, notice.issue, notice.kind, notice.reason) == (0, "2026-11-23", NoticeKind.APPROVAL, "why")
    assert store.reminders.is_claimed("approval", day)
    assert store.reminders.claim("approval", day + timedelta(days=61))
    assert not store.reminders.is_claimed("approval", day)
