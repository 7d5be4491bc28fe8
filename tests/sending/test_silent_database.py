"""A database that falls silent without a reset: a send prints a notice, continues later, and can be stopped."""

import os
import signal
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace

import psycopg
import pytest
import sqlalchemy as sa

from newsletter.domain.delivery import DeliveryStatus
from newsletter.errors import NewsletterError, UnreachableError
from newsletter.sending import Observer, retrying
from newsletter.store import Store, open_store
from newsletter.store import watchdog as silence
from tests.postgresql_proxy import Proxy, proxy
from tests.rows import database_of
from tests.sending.faults import Accepting, addresses, assert_nothing_lost_or_doubled, at_last, begin, fill

S = DeliveryStatus
READERS = 12
QUIET, SIGN = silence.QUIET, silence.SIGN
only_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check for a sign of life after a moment. Two seconds is libpq's shortest wait for a connection."""
    monkeypatch.setattr(retrying, "PAUSE", 0.01)
    monkeypatch.setattr(retrying, "FOR_THE_LAST_ANSWERS", 0.1)
    monkeypatch.setattr(silence, "QUIET", 0.3)
    monkeypatch.setattr(silence, "SIGN", 2)


@dataclass
class Told:
    """A list of a send's notices; the first one makes the database answer again, or stops the process."""

    first: object
    notices: list[str] = field(default_factory=list)

    def __call__(self, notice: str) -> None:
        self.notices.append(notice)
        if len(self.notices) == 1:
            assert callable(self.first)
            self.first()


def silent_in_the_middle(store: Store, between: Proxy) -> Accepting:
    """Return a provider in whose second batch the database falls silent."""
    fill(store, READERS)
    provider = Accepting(batch_size=2, concurrency=2)

    def before() -> None:
        if provider.called == 2:
            between.go_silent()

    provider.before = before
    return provider


@only_postgresql
def test_a_send_waits_for_a_silent_database_with_a_notice_and_continues(database_url: str) -> None:
    with proxy(database_url) as between, open_store(between.url) as store:
        provider = silent_in_the_middle(store, between)
        told = Told(first=between.speak)
        send = begin(store, provider, Observer(notice=told))
        assert send.counts == {S.SUBMITTED: READERS}
        assert_nothing_lost_or_doubled(store, send, provider, addresses(READERS))
    waiting, over = told.notices
    assert "cannot be reached: it doesn't answer" in waiting
    assert "not-to-be-printed" not in waiting
    assert waiting.endswith(": waiting")
    assert over == "continuing"


@only_postgresql
def test_sigterm_ends_a_send_whose_database_is_silent(database_url: str) -> None:
    with proxy(database_url) as between, open_store(between.url) as store:
        provider = silent_in_the_middle(store, between)
        told = Told(first=partial(os.kill, os.getpid(), signal.SIGTERM))
        began = time.monotonic()
        with pytest.raises(NewsletterError):
            begin(store, provider, Observer(notice=told))
        assert time.monotonic() - began < 60  # it was forever, and is 5 seconds on a fast machine
        assert told.notices
    between.speak()
    provider.before = lambda: None
    with open_store(database_url) as store:
        send = at_last(store, provider)
        assert_nothing_lost_or_doubled(store, send, provider, addresses(READERS))
        assert send.counts.get(S.UNCERTAIN, 0) <= 4  # what was in flight


def why_unreachable(store: Store) -> str:
    with pytest.raises(UnreachableError) as raised, database_of(store).reading() as connection:
        connection.exec_driver_sql("SELECT 1")
    return raised.value.what


@only_postgresql
def test_a_slow_statement_is_not_interrupted_but_a_silence_after_it_is_noticed(database_url: str) -> None:
    with proxy(database_url) as between, open_store(between.url) as store:
        with database_of(store).reading() as connection:
            assert connection.exec_driver_sql("SELECT 'done' FROM pg_sleep(2)").scalar_one() == "done"
        assert between.connections >= 2  # a sign of life was requested
        between.go_silent()
        began = time.monotonic()
        assert "doesn't answer" in why_unreachable(store)
        assert time.monotonic() - began < silence.AGAIN
        between.go_away()
        between.speak()
        while "doesn't answer" in why_unreachable(store):
            assert time.monotonic() - began < 60
        assert "doesn't answer" not in why_unreachable(store)  # it is unreachable now rather than silent


@pytest.mark.parametrize("began", [100, 100.001, 100.25, 100.499])  # the watchdog looks at 100 seconds and again later
def test_a_silent_server_is_noticed_within_five_seconds(monkeypatch: pytest.MonkeyPatch, began: float) -> None:
    watchdog, now = silence.Watchdog(), 100.0

    class Looks(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            nonlocal now
            now += 0 if watchdog._silent else timeout or 0
            return watchdog._silent

    def connect(connect_timeout: str, **_: object) -> None:
        nonlocal now
        now += float(connect_timeout)
        raise psycopg.errors.ConnectionTimeout

    monkeypatch.setattr(silence, "QUIET", QUIET)
    monkeypatch.setattr(silence, "SIGN", SIGN)
    monkeypatch.setattr(psycopg, "connect", connect)
    monkeypatch.setattr(silence, "time", SimpleNamespace(monotonic=lambda: now))
    watchdog._known = (), silence._with_short_timeout(silence.TCP)
    watchdog._waiting[1] = object(), began
    watchdog._watch(Looks())
    assert now - began <= 5


@only_postgresql
def test_connections_have_time_limits_that_the_url_can_change(database_url: str) -> None:
    with proxy(database_url) as between:
        own = sa.make_url(between.url).update_query_dict({"connect_timeout": "33"})
        with (
            open_store(own.render_as_string(hide_password=False)) as store,
            database_of(store).reading() as first,
            database_of(store).reading() as second,
        ):
            drivers = [connection.connection.driver_connection for connection in (first, second)]
            known, later = (driver.info.get_parameters() for driver in drivers if driver is not None)
    assert known["connect_timeout"] == later["connect_timeout"] == "33"
    assert (known["tcp_user_timeout"], known["keepalives_idle"]) == ("20000", "10")
    assert "tcp_keepalives_idle=10" in known["options"]
