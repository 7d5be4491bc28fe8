"""Times that other hosts read are by the database's clock, whatever the clock of the writing host."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.segment import EVERYONE
from newsletter.domain.send import Send
from newsletter.domain.subscriber import Subscriber, SuppressionReason
from newsletter.errors import StoreError
from newsletter.message.mime import Letter
from newsletter.sending import Finished, SendOutcome, WorkerCallbacks, run_due_sends
from newsletter.store import Lease, Store
from newsletter.store.clock import ASKED_EVERY, SharedClock, database_time
from newsletter.store.tables import delivery, held_bounce, send, subscriber
from newsletter.tokens import Signer
from tests import make
from tests.clock import set_ahead
from tests.rows import database_of, execute, fetch, fetch_column
from tests.sending.faults import Accepting, begin, fill

S = DeliveryStatus
only_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set this process's clock three hours ahead."""
    set_ahead(monkeypatch)


class PutsOff(Accepting):
    """A provider that defers every message."""

    def submit(self, letters: Sequence[Letter]) -> Iterable[Receipt]:
        return [
            Receipt(subscriber=letter.recipient.subscriber, status=S.DEFERRED, detail="450 4.2.0 later")
            for letter in letters
        ]


class KnowsNobody(Accepting):
    """A provider that reports every address as nonexistent."""

    def submit(self, letters: Sequence[Letter]) -> Iterable[Receipt]:
        return [
            Receipt(subscriber=letter.recipient.subscriber, status=S.REFUSED, detail="550 5.1.1 nobody", gone=True)
            for letter in letters
        ]


def database_now(store: Store) -> float:
    with database_of(store).reading() as connection:
        return connection.scalars(sa.select(database_time(connection))).one()


@only_postgresql
@pytest.mark.usefixtures("ahead")
def test_a_deferred_reader_is_due_by_the_databases_clock(store: Store) -> None:
    fill(store, 3)
    before = database_now(store)
    waiting = begin(store, PutsOff())
    after = database_now(store)
    dues = fetch_column(store, sa.select(delivery.c.due))
    assert len(dues) == 3
    (row,) = fetch(store, sa.select(send.c.created, send.c.resumed, send.c.waits_until))
    assert all(before + 59 <= due <= after + 61 for due in dues)
    assert waiting.waits_until is not None
    assert row.waits_until.timestamp() in dues
    assert before - 1 <= row.created.timestamp() <= row.resumed.timestamp() <= after + 1


@only_postgresql
@pytest.mark.usefixtures("ahead")
def test_readers_are_written_and_read_by_the_databases_clock(store: Store) -> None:
    fill(store, 3)
    begin(store, KnowsNobody())
    added = store.subscribers.add(Subscriber(address="ada@example.net"), now=store.now())
    asleep = int(database_now(store)) + 3600
    execute(store, sa.update(subscriber).values(paused_until=asleep))
    reached = store.sends.count_audience([EVERYONE], now=store.now())
    assert (reached.recipients, reached.paused) == (0, 4)
    columns = subscriber.c.created, subscriber.c.changed, held_bounce.c.since
    written = [moment for column in columns for moment in fetch_column(store, sa.select(column))]
    assert len(written) == 4 + 4 + 3
    store.suppressions.add("ben@example.net", SuppressionReason.MANUAL, now=store.now())
    assert store.self_service.erase(added.key, store.now(), Signer(make.SECRET).fingerprints)
    written += [suppression.since for suppression in store.suppressions.stream()]
    written += [since for _, since in store.erasures]
    assert len(written) >= 13
    assert max(written).timestamp() <= database_now(store) + 1


@only_postgresql
@pytest.mark.usefixtures("ahead")
def test_a_worker_whose_clock_is_ahead_begins_nothing_early(store: Store) -> None:
    begins = datetime.now(UTC) + timedelta(hours=1)
    store.sends.schedule(
        issue="2026-11-23", provider="test", segments=[EVERYONE], begins=begins, deadline=3600, now=make.WHEN
    )
    begun: list[str] = []

    def start(due: Send, _: Lease) -> SendOutcome:
        begun.append(due.issue)
        return Finished(send=due)

    def refuse(*_: object) -> SendOutcome:
        raise AssertionError

    def fail(*_: object) -> None:
        raise AssertionError

    hands = WorkerCallbacks(start=start, resume=refuse, failed=fail, paused=fail)
    following = run_due_sends(store, hands, store.now)
    assert begun == []
    assert following == begins


def test_the_shared_clock_is_the_databases(store: Store) -> None:
    before = database_now(store)
    now = store.now().timestamp()
    assert before - 1 <= now <= database_now(store) + 1


def test_the_shared_clock_continues_while_the_server_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    here, answers = [1000.0], [5_000_000.0]
    monkeypatch.setattr("time.clock_gettime", lambda _: here[0])

    def ask() -> float:
        if not answers:
            raise StoreError("away")
        return answers.pop()

    clock = SharedClock(ask)
    assert clock.now().timestamp() == 5_000_000
    here[0] += ASKED_EVERY + 5
    assert clock.now().timestamp() == 5_000_000 + ASKED_EVERY + 5
    answers.append(6_000_000.0)
    assert clock.now().timestamp() < 6_000_000  # it was read a moment ago
    here[0] += ASKED_EVERY
    assert clock.now().timestamp() == 6_000_000


def test_a_shared_clock_without_a_time_raises_an_error() -> None:
    def ask() -> float:
        raise StoreError("away")

    with pytest.raises(StoreError, match="away"):
        SharedClock(ask).now()
