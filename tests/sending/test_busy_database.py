"""Another process locks the database: a send waits, prints a notice, and doubles no message."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from time import sleep

import pytest
import sqlalchemy as sa

from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.send import SendStatus
from newsletter.errors import AskedToStopError, BusyError, HeldError, ProviderError
from newsletter.sending import Observer, retrying
from newsletter.sending.stop_signals import StopRequests
from newsletter.store import Store, open_store
from newsletter.store.sends.leases import Leases
from tests.databases import sqlite3
from tests.rows import database_of
from tests.sending.faults import Accepting, assert_nothing_lost_or_doubled, begin, begin_or_resume, fill

S = DeliveryStatus
READERS = 20


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "PAUSE", 0.001)


@dataclass
class Other:
    """Another process's connection, which locks the database once, until the send prints that it waits."""

    take: Callable[[], object]
    let_go: Callable[[], object]
    until: Callable[[], object] = lambda: None
    notices: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def once(self) -> None:
        with self.lock:
            if not self.notices:
                self.take()
                self.notices.append("held")

    def told(self, notice: str) -> None:
        if not self.notices:  # on a busy machine, a send may wait for its own heartbeat too
            return
        self.notices.append(notice)
        if len(self.notices) == 2:
            self.until()
            self.let_go()


@contextmanager
def holding(url: str) -> Iterator[Other]:
    """Lock the database for writing; others can still read."""
    if url.startswith("sqlite"):
        path = url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as connection:
            yield Other(
                take=lambda: connection.execute("BEGIN IMMEDIATE"), let_go=lambda: connection.execute("ROLLBACK")
            )
    else:
        import psycopg

        lock = "LOCK TABLE send, delivery, installation IN EXCLUSIVE MODE"
        with psycopg.connect(url) as two:
            yield Other(take=lambda: two.execute(lock), let_go=two.rollback)


@contextmanager
def impatient(url: str, seconds: float = 0.1) -> Iterator[Store]:
    """Open a store that waits a tenth of a second for a lock instead of ten seconds."""
    sqlite = url.startswith("sqlite")
    short = {"timeout": str(seconds)} if sqlite else {"options": f"-c lock_timeout={1000 * seconds:.0f}ms"}
    with open_store(sa.make_url(url).update_query_dict(short).render_as_string(hide_password=False)) as store:
        yield store


def then(store: Store, moment: str, do: Callable[[], None]) -> None:
    """Call a function right after this method."""
    part, _, method = moment.partition(".")
    owner = getattr(store, part)
    original = getattr(owner, method)

    def both(*arguments: object, **named: object) -> object:
        result = original(*arguments, **named)
        do()
        return result

    setattr(owner, method, both)


def none_under_way(store: Store) -> bool:
    """Return whether every message handed to the provider was answered."""
    return S.SUBMITTING not in store.sends.get(1).counts


MOMENTS = (
    "installation.verify",
    "sends.plan",
    "leases.acquire",
    "sends.freeze",
    "frozen.content",
    "deliveries.next_due",
)


@pytest.mark.parametrize("behind", [*MOMENTS, "a claim"])
def test_a_send_waits_while_another_process_locks_the_database(database_url: str, behind: str) -> None:
    with impatient(database_url) as store, holding(database_url) as other:
        readers = fill(store, READERS)
        provider = Accepting()
        if behind == "a claim":
            provider.before = other.once
        else:
            then(store, behind, other.once)
        send = begin(store, provider, Observer(notice=other.told))
        assert send.counts == {S.SUBMITTED: READERS}
        assert_nothing_lost_or_doubled(store, send, provider, readers)
    held, waiting, over = other.notices
    assert (held, over) == ("held", "continuing")
    assert waiting.endswith("is locked: another process holds it: waiting")


def test_a_send_does_not_begin_while_another_process_locks_the_database(database_url: str) -> None:
    with impatient(database_url) as store, holding(database_url) as other:
        fill(store, READERS)
        other.once()
        provider = Accepting()
        with pytest.raises(BusyError, match="is locked: another process holds it"):
            begin(store, provider, Observer(notice=other.told))
        other.let_go()
        assert store.sends.all() == []
        assert (provider.called, other.notices) == (0, ["held"])


def test_deferring_a_send_waits_until_it_can_be_written(database_url: str) -> None:
    with impatient(database_url) as store, holding(database_url) as other:
        fill(store, READERS)
        refusals = [ProviderError("the quota is used up", again=900), ProviderError("the sender is not verified")]

        def refuse() -> None:
            raise refusals[0]

        provider = Accepting(before=refuse)
        then(store, "deliveries.record_and_claim", lambda: other.once() if none_under_way(store) else None)
        waiting = begin(store, provider, Observer(notice=other.told))
        assert (waiting.reason, waiting.counts) == ("the quota is used up", {S.QUEUED: READERS})
        assert other.notices[-1] == "continuing"
        other.notices.clear()
        del refusals[0]
        with pytest.raises(ProviderError):
            begin_or_resume(store, provider, Observer(notice=other.told))
        assert store.sends.get(1).reason == "the sender is not verified"
        assert other.notices[-1] == "continuing"


def test_a_stopped_send_is_paused_as_soon_as_it_can_be_written(database_url: str) -> None:
    with impatient(database_url) as store, holding(database_url) as other:
        readers = fill(store, READERS)
        provider = Accepting(before=lambda: signal.raise_signal(signal.SIGINT))
        then(store, "deliveries.record_and_claim", lambda: other.once() if none_under_way(store) else None)
        with pytest.raises(AskedToStopError):
            begin(store, provider, Observer(notice=other.told))
        paused = store.sends.get(1)
        assert (paused.status, paused.reason) == (SendStatus.PAUSED, "stopped by Ctrl-C")
        assert set(paused.counts) == {S.SUBMITTED, S.QUEUED}
        provider.before = lambda: None
        assert_nothing_lost_or_doubled(store, begin_or_resume(store, provider), provider, readers)


def test_a_process_that_waits_longer_than_its_lease_continues(database_url: str) -> None:
    with impatient(database_url, 0.5) as store, holding(database_url) as other:
        store.leases = Leases(database_of(store), 0.3)
        readers = fill(store, READERS)
        provider = Accepting(concurrency=2, before=other.once)

        def until_the_lease_has_ended() -> None:
            while store.leases.holder(1):
                sleep(0.01)
            with pytest.raises((BusyError, HeldError)):  # neither can another process
                Leases(database_of(store), 0.3).acquire(1)

        other.until = until_the_lease_has_ended
        send = begin(store, provider, Observer(notice=other.told))
        assert send.counts == {S.SUBMITTED: READERS}
        assert_nothing_lost_or_doubled(store, send, provider, readers)


def test_locked_deliveries_are_polled_less_and_less_often() -> None:
    pauses = [retrying.lock_backoff(looks) for looks in range(2000)]
    assert pauses[:4] == [0.0, 0.1, 0.2, 0.4]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 6.4


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite locks no rows
def test_a_send_beside_locked_deliveries_queries_little_and_less_and_less_often(
    store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    readers = fill(store, READERS)
    refusal = [ProviderError("the sender is not verified")]

    def refuse_once() -> None:
        if refusal:
            raise refusal.pop()

    provider = Accepting(before=refuse_once)
    with pytest.raises(ProviderError):
        begin(store, provider)
    looks: list[tuple[float, int]] = []
    executed: list[str] = []
    sa.event.listen(database_of(store).engine, "before_cursor_execute", lambda *_: executed.append("a statement"))
    with psycopg.connect(database_url) as other:
        other.execute("SELECT * FROM delivery FOR UPDATE")

        def wait(_requests: object, seconds: float) -> None:
            looks.append((seconds, len(executed)))
            executed.clear()
            if len(looks) == 10:
                other.rollback()

        monkeypatch.setattr(StopRequests, "wait", wait)
        send = begin_or_resume(store, provider)
    pauses = [seconds for seconds, _ in looks[:10]]
    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 6.4, 6.4, 6.4])
    assert all(statements < 40 for _, statements in looks[1:10])
    assert_nothing_lost_or_doubled(store, send, provider, readers)
