"""Processes that send and are killed at random or at a given step, and the outcome."""

import multiprocessing
import os
import random
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing.process import BaseProcess
from pathlib import Path

import sqlalchemy as sa

from newsletter import sending
from newsletter.domain.delivery import DeliveryStatus, Receipt, Uncertainty
from newsletter.domain.rate_limits import SendingSettings
from newsletter.domain.send import Send
from newsletter.domain.subscriber import Subscriber
from newsletter.message.mime import Letter
from newsletter.providers import open_provider
from newsletter.sending import SendContext
from newsletter.store import Store, open_store
from newsletter.store.sends.leases import Leases
from tests import make
from tests.databases import sqlite3
from tests.rows import database_of
from tests.sending.freeze_requests import to_everyone
from tests.sending.receiving import PATIENCE, Receiver, Server

S = DeliveryStatus
ISSUE = "2026-11-23"
CONNECTIONS, BATCH = 8, 5
IN_FLIGHT = CONNECTIONS * BATCH


def prepare(path: Path, readers: int) -> None:
    """Make a database with this number of readers."""
    with open_store(f"sqlite:///{path}") as store:
        fill(store, readers)


def fill(store: Store, readers: int) -> None:
    """Add this number of confirmed readers."""
    store.subscribers.merge(
        (
            [
                Subscriber(address=f"r{at}@example.com", first_name="Ada")
                for at in range(first, min(first + 1000, readers))
            ]
            for first in range(0, readers, 1000)
        ),
        now=make.WHEN,
    )


def new_copy(database: bytes, folder: Path) -> str:
    """Copy a database over the previous copy, and return its URL."""
    for file in folder.iterdir():
        file.unlink()
    path = folder / "newsletter.db"
    path.write_bytes(database)
    return f"sqlite:///{path}"


# What a process does --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Via:
    """A provider on this machine: its name and options, and its maximum of messages in flight."""

    name: str
    options: Mapping[str, object]
    in_flight: int


def smtp(port: int) -> Via:
    """Return a relay."""
    options = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "connections": CONNECTIONS,
        "batch_size": BATCH,
        "messages_per_connection": 1_000_000,
    }
    return Via(name="smtp", options=options, in_flight=IN_FLIGHT)


def ses(url: str) -> Via:
    """Return the SES stub, with calls of 50 so that readers are left after many kills."""
    return Via(name="ses", options={"region": "eu-west-1", "endpoint_url": url, "concurrency": 1}, in_flight=50)


KEYS = {"AWS_ACCESS_KEY_ID": "AKIATESTS", "AWS_SECRET_ACCESS_KEY": "a secret that only the tests know"}


@contextmanager
def open_send_context(via: Via, policy: Uncertainty) -> Iterator[SendContext]:
    """Open everything a send needs to deliver mail."""
    provider = open_provider(via.name, via.options, root=Path.cwd(), environment=KEYS)
    try:
        yield make.send_context(provider, via.name, sending=SendingSettings(uncertain=policy))
    finally:
        provider.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where a process kills itself: before or after the commit of a call of the store, at the given such call; or
    after so many receipts of the provider, before they are written down."""

    when: str
    what: str
    time: int = 1

    def __str__(self) -> str:
        return f"{self.when} {self.what} {self.time}"


RECEIPT = "a receipt"


def send(url: str, via: Via, policy: Uncertainty, seconds: float | None = None, end: Step | None = None) -> None:
    """Do what `newsletter send ISSUE` does, or `--resume` if it is frozen. ``seconds`` is the length of a lease."""
    with open_store(url) as store, open_send_context(via, policy) as by:
        if seconds is not None:
            store.leases = Leases(database_of(store), seconds)
        if end is not None:
            _arm(store, by, end)
        frozen = store.sends.of_issue(ISSUE)
        if frozen is None or not frozen.digest:
            ended = begin(store, by)
        elif not frozen.status.ended:
            ended = sending.resume(store, by, issue=ISSUE).result()
        else:
            return  # the process was killed after recording that
        assert ended.status.ended


def begin(store: Store, by: SendContext, issue: str = ISSUE) -> Send:
    """Start the send of an issue to everyone."""
    return sending.start(store, by, to_everyone(issue=issue)).result()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _arm(store: Store, by: SendContext, end: Step) -> None:
    left = count(end.time, -1)
    if end.what == RECEIPT:
        submit = by.provider.submit

        def submitting(letters: Sequence[Letter]) -> Iterable[Receipt]:
            for receipt in submit(letters):
                if next(left) == 1:
                    _die()
                yield receipt

        by.provider.submit = submitting  # type: ignore[method-assign]
        return
    part, _, method = end.what.partition(".")
    owner, database = getattr(store, part), database_of(store)
    call, writing = getattr(owner, method), database.writing
    here = threading.local()  # the lease has its own thread

    def calling(*arguments: object, **named: object) -> object:
        here.armed = next(left) == 1
        try:
            return call(*arguments, **named)
        finally:
            here.armed = False

    @contextmanager
    def committing() -> Iterator[sa.Connection]:
        armed = getattr(here, "armed", False)
        with writing() as connection:
            yield connection
            if armed and end.when == "before":
                _die()
        if armed:
            _die()

    setattr(owner, method, calling)
    database.writing = committing  # type: ignore[method-assign]


class Processes:
    """A starter of children, forked from a process that has imported everything so that they start at once."""

    def __init__(self) -> None:
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["tests.sending.warm_up"])

    def start(self, *arguments: object, target: Callable[..., None] = send) -> BaseProcess:
        """Start a child that sends."""
        process = self.context.Process(target=target, args=arguments, daemon=True)
        process.start()
        return process

    def finish(self, *arguments: object) -> None:
        """Run a child that sends to the end."""
        process = self.start(*arguments)
        process.join(PATIENCE)
        assert process.exitcode == 0, f"the send did not end: {process.exitcode}"

    def succeed(self, *arguments: object) -> None:
        """Start a child that sends to the end, once the process that holds the send has lost its lease."""
        for _ in range(PATIENCE):
            process = self.start(*arguments)
            process.join(PATIENCE)
            if process.exitcode == 0:
                return
        raise AssertionError("nobody could take the send over")


def stop_outside_a_transaction(process: BaseProcess, url: str) -> None:
    """Stop a process with SIGSTOP, but not while it locks the database, which would block all others."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0, isolation_level=None)) as other:
        while True:
            os.kill(process.pid or 0, signal.SIGSTOP)
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                os.kill(process.pid or 0, signal.SIGCONT)
            else:
                other.execute("ROLLBACK")
                return


# What came of it ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A summary of a send that was killed repeatedly.

    ``in_flight``: attempts that were *submitting* at a kill. ``lost``: neither accepted by the server nor held.
    ``silently``: doubled without having been in flight, or accepted more often than the ledger has attempts.
    ``differing``: doubled with another Message-ID or other content.
    """

    kills: int
    in_flight: int
    lost: int
    doubled: int
    silently: int
    differing: int
    held: int


Death = frozenset[tuple[str, int]]
"""The attempts, by address and number, that were *submitting* when a process was killed."""


def under_way(url: str) -> Death:
    """Return the deliveries that a killed process left in flight."""
    return frozenset((address, attempt) for address, attempt, status in _ledger(url) if status == S.SUBMITTING.value)


def outcome(url: str, server: Server, *, readers: int, deaths: Sequence[Death]) -> Outcome:
    """Compare the ledger with what the server accepted."""
    server.settle()
    attempts = {address: attempt for address, attempt, _ in _ledger(url)}
    held = {address for address, _, status in _ledger(url) if status == S.UNCERTAIN.value}
    messages = server.messages
    assert len(attempts) == readers
    assert messages.keys() <= attempts.keys()
    doubled = {address: len(each) for address, each in messages.items() if len(each) > 1}
    in_flight = frozenset().union(*deaths)
    known = {address for address, _ in in_flight}
    return Outcome(
        kills=len(deaths),
        in_flight=len(in_flight),
        lost=len(attempts.keys() - messages.keys() - held),
        doubled=len(doubled),
        silently=sum(address not in known or times > attempts[address] for address, times in doubled.items()),
        differing=sum(len(set(messages[address])) > 1 for address in doubled),
        held=len(held),
    )


def _ledger(url: str) -> Sequence[tuple[str, int, str]]:
    """Return address, attempt and status of each delivery."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        rows: Sequence[tuple[str, int, str]] = connection.execute(
            "SELECT address, attempt, delivery.status FROM delivery JOIN subscriber ON subscriber.id = subscriber"
        ).fetchall()
    return rows


def assert_nothing_lost_or_silently_doubled(summary: Outcome, policy: Uncertainty) -> None:
    """Assert what docs/sending.md promises: no message is lost or silently doubled, or doubled at all if held."""
    assert (summary.lost, summary.silently, summary.differing) == (0, 0, 0)
    if policy is Uncertainty.HOLD:
        assert (summary.doubled, summary.held) == (0, summary.in_flight)
    else:
        assert summary.doubled <= summary.in_flight
        assert summary.held == 0


def killed(
    processes: Processes,
    url: str,
    server: Receiver,
    policy: Uncertainty,
    end: Step,
    seconds: float | None = None,
) -> Death:
    """Run a process that kills itself, and return what it left in flight."""
    return died(processes.start(url, smtp(server.port), policy, seconds, end), url)


def died(process: BaseProcess, url: str) -> Death:
    """Wait for a process to be killed, and return what it left in flight."""
    process.join(PATIENCE)
    assert process.exitcode == -signal.SIGKILL, f"it ended before it could be killed: {process.exitcode}"
    return under_way(url)


def killed_at_random(
    processes: Processes,
    url: str,
    via: Via,
    server: Server,
    *,
    readers: int,
    kills: int,
    policy: Uncertainty,
    seed: int,
) -> Outcome:
    """Run a send that is killed after random numbers of messages and resumed each time.

    If uncertain messages are resent, a tenth of the kills happens then.
    """
    chance = random.Random(seed)
    again = kills // 10 if policy is Uncertainty.RESEND else 0
    numbers = [chance.randint(0, readers // kills) for _ in range(kills - again)]
    deaths: list[Death] = []

    def kill(messages: int) -> None:
        before = server.accepted
        process = processes.start(url, via, policy)
        server.wait_for(before + messages, process)
        process.kill()
        deaths.append(died(process, url))

    for number in numbers:
        kill(number)
    uncertain = len(frozenset().union(*deaths))
    first_time = sum(status == S.QUEUED.value for _, _, status in _ledger(url))
    for _ in range(again):
        kill(first_time + chance.randint(0, uncertain // (2 * again)))
        first_time = 0
    processes.finish(url, via, policy)
    return outcome(url, server, readers=readers, deaths=deaths)
