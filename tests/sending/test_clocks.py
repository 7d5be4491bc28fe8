"""Clocks that jump, and the clock changes in spring and autumn."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from newsletter import sending
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.local_times import LocalTime, moments_by_zone
from newsletter.domain.quiet_hours import parse_quiet_hours
from newsletter.domain.rate_limits import SendingSettings
from newsletter.domain.schedule import SkippedTimeError, parse_moment
from newsletter.domain.segment import EVERYONE
from newsletter.domain.send import Send, SendStatus
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import HeldError
from newsletter.sending import Observer, SendContext, SendOutcome, WorkerCallbacks, run_due_sends
from newsletter.sending.stop_signals import StopRequests
from newsletter.store import Lease, Store, open_store
from newsletter.store.sends.leases import Leases
from tests import make
from tests.databases import new_sqlite
from tests.rows import database_of
from tests.sending.faults import ISSUE, Accepting, addresses, assert_nothing_lost_or_doubled, fill
from tests.sending.freeze_requests import to_everyone

S = DeliveryStatus
HOUR = 3600.0
BERLIN = ZoneInfo("Europe/Berlin")


def start(store: Store, by: SendContext, now: datetime, observer: Observer, local: LocalTime | None = None) -> Send:
    return sending.start(store, by, to_everyone(now, local=local), observer=observer).result()


# Jumps ---------------------------------------------------------------------------------------------------------------


@dataclass
class Jumping:
    """A clock that is set once, at the reading of this number; ``passed`` is the real number of seconds."""

    at: int
    seconds: float
    passed: float = 0.0
    looks: int = 0

    def __call__(self) -> datetime:
        self.looks += 1
        self.passed += 0.001
        jumped = self.seconds if self.looks >= self.at else 0.0
        return make.WHEN + timedelta(seconds=self.passed + jumped)

    def wait(self, seconds: float) -> None:
        self.passed += seconds


@pytest.mark.parametrize("hours", [3, -3])
def test_a_clock_jump_neither_stalls_a_send_nor_causes_a_burst(
    memory: Path, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = at = 0
    while at <= looks:
        at += 1
        clock = Jumping(at, hours * HOUR)
        monkeypatch.setattr(StopRequests, "wait", lambda _, seconds, clock=clock: clock.wait(seconds))
        handed_over: list[float] = []
        provider = Accepting(before=lambda times=handed_over, clock=clock: times.extend([clock.passed] * 5))  # type: ignore[misc]
        with open_store(new_sqlite(memory / f"{at}.db")) as store:
            readers = fill(store, 20)
            by = replace(make.send_context(provider), sending=SendingSettings(per_second=10.0))
            send = start(store, by, make.WHEN, Observer(clock=clock))
            assert send.waits_until is None
            assert_nothing_lost_or_doubled(store, send, provider, readers)
        assert clock.passed < 5
        for first in handed_over:
            assert sum(first <= other < first + 1 for other in handed_over) <= 15
        looks = max(looks, clock.looks)
    assert looks > 15


@dataclass
class DatabaseClock:
    """A clock for SQLite that a test can set."""

    ahead: float = 0.0
    beats: Callable[[], int] = lambda: 0

    def __call__(self, _now: str) -> float:
        return (time.time() + self.ahead) / 86400 + 2440587.5

    def a_heartbeat_later(self, _seconds: float) -> None:
        """Wait for a heartbeat of the process that runs the send."""
        before = self.beats()
        while self.beats() == before:
            time.sleep(0.01)


@pytest.fixture
def database_clock(memory: Path) -> Iterator[tuple[Store, DatabaseClock]]:
    """Open a store on a database whose clock can be set."""
    clock = DatabaseClock()
    with open_store(new_sqlite(memory / "newsletter.db")) as store:
        engine = database_of(store).engine
        engine.dispose()
        sa.event.listen(engine, "connect", lambda driver, _: driver.create_function("julianday", 1, clock))
        yield store, clock


@pytest.mark.parametrize("hours", [3, -3])
def test_only_one_process_runs_a_send_when_the_databases_clock_jumps(
    database_clock: tuple[Store, DatabaseClock], hours: int
) -> None:
    store, clock = database_clock
    store.leases = Leases(database_of(store), 0.3)
    another = Leases(database_of(store), 0.3, sleep=clock.a_heartbeat_later)
    clock.beats = lambda: store.leases._read(1).beats
    readers = fill(store, 20)

    def jump_and_back() -> None:
        for clock.ahead in (hours * HOUR, 0.0):
            with pytest.raises(HeldError, match="run by process"):
                another.acquire(1)
            clock.a_heartbeat_later(0)

    provider = Accepting(before=jump_and_back)
    send = start(store, make.send_context(provider), make.WHEN, Observer())
    assert send.counts == {S.SUBMITTED: 20}
    assert provider.called == 4
    assert_nothing_lost_or_doubled(store, send, provider, readers)


# Twice a year --------------------------------------------------------------------------------------------------------


@dataclass
class Worker:
    """A worker that polls every ten minutes, and records when it reached each reader."""

    store: Store
    by: SendContext
    now: datetime
    local: LocalTime | None = None
    reached: dict[datetime, list[str]] = field(default_factory=dict)

    def look(self) -> None:
        provider = self.by.provider
        assert isinstance(provider, Accepting)
        before = len(provider.accepted)
        hands = WorkerCallbacks(start=self.start, resume=self.resume, failed=self.failed, paused=self.paused)
        run_due_sends(self.store, hands, lambda: self.now)
        if provider.addresses[before:]:
            self.reached[self.now] = sorted(provider.addresses[before:])

    def look_until(self, end: datetime) -> None:
        while self.now < end:
            self.look()
            self.now += timedelta(minutes=10)

    def start(self, send: Send, lease: Lease) -> SendOutcome:
        return sending.start_planned(
            self.store,
            self.by,
            to_everyone(self.now, local=self.local),
            lease,
            scheduled=send,
            observer=Observer(clock=lambda: self.now),
        )

    def resume(self, _send: Send, lease: Lease) -> SendOutcome:
        return sending.resume_running(self.store, self.by, lease, observer=Observer(clock=lambda: self.now))

    def failed(self, _send: Send, why: Exception) -> None:
        raise why

    def paused(self, send: Send) -> None:
        raise AssertionError(send.reason)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def schedule(store: Store, begins: datetime, local_time: str = "") -> None:
    store.sends.schedule(
        issue=ISSUE,
        provider="test",
        segments=[EVERYONE],
        begins=begins,
        local_time=local_time,
        deadline=int(6 * HOUR),
        now=make.WHEN,
    )


@pytest.mark.parametrize(
    ("at", "begins"), [("2026-10-25 02:30", "2026-10-25 00:30"), ("2026-03-29 03:00", "2026-03-29 01:00")]
)
def test_a_send_in_the_hour_of_a_clock_change_begins_once(store: Store, at: str, begins: str) -> None:
    readers = fill(store, 3)
    moment = parse_moment(at, BERLIN, utc("2026-01-01 00:00"))
    schedule(store, moment.at)
    worker = Worker(store, make.send_context(Accepting()), moment.at - timedelta(hours=2))
    worker.look_until(moment.at + timedelta(hours=3))
    assert worker.reached == {utc(begins): readers}
    assert store.sends.get(1).status is SendStatus.FINISHED


def test_a_send_at_a_nonexistent_time_is_refused_with_the_next_valid_one() -> None:
    with pytest.raises(SkippedTimeError, match=r'does not exist in Europe/Berlin.*: write "2026-03-29 03:00"'):
        parse_moment("2026-03-29 02:30", BERLIN, utc("2026-01-01 00:00"))


@pytest.mark.parametrize(
    ("day", "in_berlin", "in_london"),
    [
        (date(2026, 3, 29), "01:00", "01:30"),  # 02:30 is skipped in Berlin
        (date(2026, 10, 25), "00:30", "02:30"),  # comes twice in Berlin
    ],
)
def test_readers_in_zones_with_clock_changes_get_an_issue_once_by_local_time(
    store: Store, day: date, in_berlin: str, in_london: str
) -> None:
    home, london, new_york, berlin = addresses(4)
    zones = {home: "", london: "Europe/London", new_york: "America/New_York", berlin: "Europe/Berlin"}
    store.subscribers.merge(
        [[Subscriber(address=address, time_zone=zone) for address, zone in zones.items()]], now=make.WHEN
    )
    local = moments_by_zone(day, wall(2, 30), store.sends.count_by_zone([EVERYONE], now=make.WHEN), home=BERLIN)
    schedule(store, local.first, "02:30")
    worker = Worker(store, make.send_context(Accepting()), local.first - timedelta(hours=2), local)
    worker.look_until(local.last + timedelta(hours=2))
    assert worker.reached == {
        utc(f"{day} {in_berlin}"): [home, berlin],
        utc(f"{day} {in_london}"): [london],
        utc(f"{day} 06:30"): [new_york],
    }
    assert store.sends.get(1).status is SendStatus.FINISHED


@pytest.mark.parametrize(
    ("quiet", "begins", "until"),
    [
        ("22:00-06:00", "2026-03-28 21:30", "2026-03-29 04:00"),  # an hour less
        ("22:00-06:00", "2026-10-24 20:30", "2026-10-25 05:00"),  # an hour more
        ("22:00-02:30", "2026-03-28 23:30", "2026-03-29 01:00"),  # ends at a skipped time
        ("02:00-03:00", "2026-10-25 00:10", "2026-10-25 02:00"),  # comes twice
    ],
)
def test_quiet_hours_end_by_the_changed_clock(store: Store, quiet: str, begins: str, until: str) -> None:
    readers = fill(store, 3)
    by = replace(make.send_context(Accepting()), sending=SendingSettings(quiet=parse_quiet_hours(quiet)), zone=BERLIN)
    schedule(store, utc(begins))
    worker = Worker(store, by, utc(begins) - timedelta(hours=1))
    worker.look_until(utc(until) + timedelta(hours=2))
    assert worker.reached == {utc(until): readers}
