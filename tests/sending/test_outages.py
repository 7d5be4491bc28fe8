"""An outage of any kind and length affects only messages in flight and probes. All others arrive once."""

import json
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from newsletter import sending
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.send import Send, SendStatus
from newsletter.errors import OutageError
from newsletter.providers import open_provider
from newsletter.providers.smtp.provider import open_smtp
from newsletter.sending import EventLog, Observer, SendContext, circuit_breaker
from newsletter.sending.circuit_breaker import Breaker
from newsletter.store import Store, open_store
from tests import make
from tests.clock import Clock
from tests.databases import new_sqlite
from tests.sending.broken_line import Failure, Line, line_to
from tests.sending.faults import fill
from tests.sending.freeze_requests import to_everyone
from tests.sending.kills import KEYS
from tests.sending.receiving import Receiver, Server, Ses, receiver
from tests.ses_stub import Fault, SesStub, ses_stub

S = DeliveryStatus
F = Failure
READERS, BEGINS = 360, 100
IN_FLIGHT = 4 * 20


@dataclass
class Run:
    """A send over a line that fails and is repaired, and its notices."""

    store: Store
    by: SendContext
    fail: Callable[[], object]
    repair: Callable[[], object]
    accepted: Callable[[], Counter[str]]
    lasts: int  # the outage ends after this number of notices
    notices: list[str] = field(default_factory=list)
    stood: list[Send] = field(default_factory=list)  # how the ledger had the send at each notice
    log: BytesIO = field(default_factory=BytesIO)
    under_way: int = -1
    ahead: timedelta = timedelta()

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def progress(self, done: int, _whole: int) -> None:
        if done >= BEGINS and self.under_way < 0:
            self.under_way = self.store.sends.get(1).counts.get(S.SUBMITTING, 0)
            self.fail()

    def notice(self, words: str) -> None:
        self.notices.append(words)
        self.stood.append(self.store.sends.get(1))
        if self.outages >= self.lasts:
            self.repair()

    @property
    def outages(self) -> int:
        return sum("no clear answer" in words for words in self.notices)

    def send(self) -> Send:
        """Start, and resume whenever it is due."""
        observer = Observer(progress=self.progress, notice=self.notice, clock=self.clock, log=EventLog(self.log))
        sent = sending.start(self.store, self.by, to_everyone(), observer=observer).result()
        for _ in range(50):
            if sent.status.ended:
                return sent
            assert sent.waits_until is not None
            assert sent.reason
            self.ahead += max(sent.waits_until - self.clock(), timedelta()) + timedelta(seconds=1)
            told = len(self.notices)
            sent = sending.resume(self.store, self.by, issue=sent.issue, observer=observer).result()
            if not sent.status.ended and len(self.notices) == told:
                self.notice(f"no clear answer to its check: {sent.reason}")
        raise AssertionError(f"it does not end: {sent}")

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


@pytest.fixture
def store(memory: Path) -> Iterator[Store]:
    """Open a store with the readers."""
    with open_store(new_sqlite(memory / "newsletter.db")) as opened:
        fill(opened, READERS)
        yield opened


@contextmanager
def by(provider: Any, name: str) -> Iterator[SendContext]:
    try:
        yield make.send_context(provider, name)
    finally:
        provider.close()


def over_line(store: Store, context: SendContext, line: Line, server: Server, lasts: int) -> Run:
    """Return a send over a line that breaks by itself and is repaired on command."""
    return Run(
        store=store,
        by=context,
        fail=lambda: None,
        repair=line.repair,
        accepted=lambda: Counter({to: len(each) for to, each in server.messages.items()}),
        lasts=lasts,
    )


@contextmanager
def over_ses(store: Store, root: Path, lasts: int) -> Iterator[tuple[Run, Line, SesStub]]:
    with ses_stub() as stub, line_to(urlsplit(stub.url).port or 0) as line:
        options = {"region": "eu-west-1", "endpoint_url": f"http://localhost:{line.port}", "timeout": 1}
        provider = open_provider("ses", options, root=root, environment=KEYS)
        provider.batch_size = 20
        server = Ses(stub)
        with by(provider, "ses") as context:
            yield (
                over_line(store, context, line, server, lasts),
                line,
                stub,
            )


@contextmanager
def over_smtp(store: Store, root: Path, lasts: int) -> Iterator[tuple[Run, Line, Receiver]]:
    with receiver() as server, line_to(server.port) as line:
        options = {"host": "localhost", "port": line.port, "security": "none", "timeout": 1, "batch_size": 20}
        provider = open_smtp(options, root=root, environment={}, timer=Clock().timer())
        with by(provider, "smtp") as context:
            yield (
                over_line(store, context, line, server, lasts),
                line,
                server,
            )


def assert_cheap(run: Run, ended: Send, *, probes: bool = True) -> None:
    """Assert that only messages in flight and probes are uncertain, all others arrived once, and notices were given."""
    uncertain = ended.counts.get(S.UNCERTAIN, 0)
    assert 0 < run.under_way <= IN_FLIGHT
    assert uncertain <= run.under_way + run.outages * probes
    assert ended.counts[S.SUBMITTED] == READERS - uncertain
    assert ended.status is (SendStatus.FAILURES if uncertain else SendStatus.FINISHED)
    times = run.accepted()
    stands = {address: status for address, status, _ in run.store.deliveries.stream(1)}
    assert max(times.values()) == 1
    assert {address for address, status in stands.items() if status is S.SUBMITTED} <= times.keys()
    kinds = [event["event"] for event in run.events]
    if run.outages:
        assert "provider.outage" in kinds or "send.waits" in kinds


LENGTHS = [1, 12]  # with the last, the send is deferred


@pytest.mark.parametrize("lasts", LENGTHS)
@pytest.mark.parametrize("kind", [F.REFUSED, F.RESET_AT_CONNECT, F.RESET_IN_REQUEST, F.RESET_AT_ANSWER])
def test_a_broken_line_to_ses_affects_only_messages_in_flight(
    store: Store, tmp_path: Path, kind: Failure, lasts: int
) -> None:
    with over_ses(store, tmp_path, lasts) as (run, line, _):
        run.fail = lambda: line.fail(kind)
        # An incompletely written request leaves no doubt. One that is reset later may: the kernel has
        # taken all of a probe's octets if the reset comes a moment later.
        assert_cheap(run, run.send(), probes=kind in (F.RESET_IN_REQUEST, F.RESET_AT_ANSWER))
        assert run.outages >= lasts


@pytest.mark.parametrize(("kind", "lasts"), [(F.HANG, 3), (F.BLACK_HOLE, 1)])
def test_a_silent_line_to_ses_affects_only_messages_in_flight(
    store: Store, tmp_path: Path, kind: Failure, lasts: int
) -> None:
    with over_ses(store, tmp_path, lasts) as (run, line, _):
        run.fail = lambda: line.fail(kind)
        assert_cheap(run, run.send())


@pytest.mark.parametrize("lasts", LENGTHS)
@pytest.mark.parametrize(
    ("kind", "status", "accepted"), [("InternalFailure", 500, False), ("ServiceUnavailable", 503, True)]
)
def test_a_5xx_of_ses_affects_only_messages_in_flight(
    store: Store, tmp_path: Path, kind: str, status: int, lasts: int, accepted: bool
) -> None:
    with over_ses(store, tmp_path, lasts) as (run, _, stub):
        run.fail = lambda: stub.faults.extend([Fault(kind=kind, status=status, accepted=accepted)] * 1000)
        run.repair = stub.faults.clear
        assert_cheap(run, run.send())


@pytest.mark.parametrize("lasts", LENGTHS)
@pytest.mark.parametrize("kind", [F.REFUSED, F.RESET_AT_CONNECT, F.RESET_IN_REQUEST, F.RESET_AT_ANSWER])
def test_a_broken_line_to_a_relay_affects_only_messages_in_flight(
    store: Store, tmp_path: Path, kind: Failure, lasts: int
) -> None:
    with over_smtp(store, tmp_path, lasts) as (run, line, _):
        run.fail = lambda: line.fail(kind)
        assert_cheap(run, run.send())


@pytest.mark.parametrize(("kind", "lasts"), [(F.HANG, 3), (F.BLACK_HOLE, 1)])
def test_a_silent_line_to_a_relay_affects_only_messages_in_flight(
    store: Store, tmp_path: Path, kind: Failure, lasts: int
) -> None:
    with over_smtp(store, tmp_path, lasts) as (run, line, _):
        run.fail = lambda: line.fail(kind)
        assert_cheap(run, run.send())


@pytest.mark.parametrize("name", ["ses", "smtp"])
def test_a_failing_name_lookup_affects_no_message(
    store: Store, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = socket.getaddrinfo
    over = over_ses if name == "ses" else over_smtp
    with over(store, tmp_path, 4) as (run, line, _):

        def unknown(*_: object, **__: object) -> Any:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

        def fail() -> None:
            monkeypatch.setattr(socket, "getaddrinfo", unknown)
            line.fail(F.RESET_IN_REQUEST)  # open connections are unusable

        def repair() -> None:
            monkeypatch.setattr(socket, "getaddrinfo", known)
            line.repair()

        run.fail, run.repair = fail, repair
        ended = run.send()
        assert_cheap(run, ended, probes=False)


def test_an_operator_is_notified_when_an_outage_begins_and_ends(store: Store, tmp_path: Path) -> None:
    with over_ses(store, tmp_path, 2) as (run, _, stub):
        run.fail = lambda: stub.faults.extend([Fault(kind="InternalFailure", status=500)] * 1000)
        run.repair = stub.faults.clear
        run.send()
    first, second, last = run.notices
    assert first.startswith("ses gives no clear answer: InternalFailure")
    assert "No more messages go out for now; one is tried as soon as" in first
    assert "one is tried in" in second
    assert last == "ses answers again: continuing"
    told = [event for event in run.events if event["event"].startswith("provider.")]
    assert [event["event"] for event in told] == ["provider.outage", "provider.outage", "provider.recovered"]
    assert {event["provider"] for event in told} == {"ses"}


def test_the_ledger_says_what_is_wrong_since_when_and_when_the_next_try_is(store: Store, tmp_path: Path) -> None:
    with over_ses(store, tmp_path, 2) as (run, _, stub):
        run.fail = lambda: stub.faults.extend([Fault(kind="InternalFailure", status=500)] * 1000)
        run.repair = stub.faults.clear
        ended = run.send()
    first, second, last = run.stood
    for stands in (first, second):
        assert stands.status is SendStatus.RUNNING
        assert stands.reason.startswith("ses gives no clear answer: InternalFailure")
    assert first.failing_since is not None
    assert second.failing_since == first.failing_since
    assert second.waits_until is not None
    assert second.waits_until > first.failing_since
    for stands in (last, ended):
        assert (stands.reason, stands.failing_since, stands.waits_until) == ("", None, None)


UNCLEAR = Receipt(subscriber=1, status=S.UNCERTAIN, detail="no answer")
CLEAR = make.submitted(2)


def test_after_a_probe_messages_come_back_two_four_eight_at_a_time_and_then_batches() -> None:
    breaker = Breaker(8, 50)
    assert breaker.room(3) == 250
    breaker.record(0, [UNCLEAR], None)
    assert (breaker.room(2), breaker.room(0)) == (0, 1)
    breaker.record(0, [CLEAR], None)  # it was handed over before
    assert breaker.room(0) == 1
    rooms = []
    for _ in range(9):
        breaker.record(1, [CLEAR], None)
        rooms.append((breaker.room(0), breaker.room(1)))
    assert rooms == [(2, 0), (4, 0), (8, 0), (16, 0), (32, 0), (50, 0), (100, 50), (250, 200), (400, 350)]
    assert breaker.closed


def test_ses_that_fails_only_for_batches_affects_two_messages_at_a_time(store: Store, tmp_path: Path) -> None:
    with over_ses(store, tmp_path, 12) as (run, _, stub):
        run.fail = lambda: stub.failing_paths.add("outbound-bulk-emails")
        run.repair = stub.failing_paths.clear
        ended = run.send()
    assert ended.counts.get(S.UNCERTAIN, 0) <= run.under_way + 2 * run.outages
    assert ended.counts[S.SUBMITTED] == READERS - ended.counts.get(S.UNCERTAIN, 0)
    assert max(run.accepted().values()) == 1


def test_failed_probes_become_less_frequent_until_the_send_is_deferred() -> None:
    breaker, delays = Breaker(4, 50), []
    while not breaker.exhausted:
        breaker.record(breaker.epoch, [UNCLEAR], None)
        delays.append(breaker.delay / circuit_breaker.FIRST_WAIT)
        breaker.waited()
    assert delays == [0, 1, 2, 4, 8, 16, 32, 0]


def test_an_outage_between_clear_answers_is_the_same_outage() -> None:
    breaker = Breaker(4, 50)
    for _ in range(circuit_breaker.PROBES + 1):
        breaker.record(breaker.epoch, [], OutageError("nobody there"))
        if not breaker.exhausted:
            for _ in range(circuit_breaker.RECOVERED - 1):
                breaker.record(breaker.epoch, [CLEAR], None)
    assert breaker.exhausted


def test_a_message_that_always_loses_the_connection_is_distinguished_from_an_outage() -> None:
    breaker = Breaker(4, 50)
    lost = Receipt(subscriber=1, status=S.DEFERRED, lost=True)
    breaker.record(0, [lost], None)
    assert not breaker.concerns_others(1)
    breaker.record(0, [Receipt(subscriber=2, status=S.DEFERRED, lost=True)], None)
    assert breaker.concerns_others(1)
    breaker.record(1, [CLEAR], None)
    assert not breaker.concerns_others(1)
