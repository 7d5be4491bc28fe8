"""Processes that send and are killed, and the mail server that they send to, which knows what it accepted."""

import hashlib
import multiprocessing
import os
import random
import signal
import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Protocol

from newsletter import sending
from newsletter.audience import EVERYONE, Subscriber
from newsletter.delivery import DeliveryStatus, Uncertainty
from newsletter.pace import SendingSettings
from newsletter.providers import open_provider
from newsletter.sending import Post
from newsletter.store import Store, open_store
from newsletter.store.leases import Leases
from newsletter.tokens import Signer
from tests import make
from tests.ses_stub import SesStub

S = DeliveryStatus
ISSUE = "2026-11-23"
CONNECTIONS, BATCH = 8, 5
IN_FLIGHT = CONNECTIONS * BATCH
STEPS = ("MAIL", "RCPT", "DATA", "the final dot", "250")
PATIENCE = 120  # seconds for anything


class Server(Protocol):
    """What knows which messages it accepted."""

    @property
    def messages(self) -> Mapping[str, Sequence[tuple[bytes, str]]]:
        """What was accepted for each address: Message-ID and digest."""
        ...

    def wait_for(self, accepted: int, process: BaseProcess) -> None:
        """Until so many messages were accepted, or the process has ended."""
        ...


@dataclass
class Receiver:
    """A pipelining SMTP server. ``messages`` has what was accepted for each address: Message-ID and digest.

    ``passing`` is called at each step of each transaction, before the step's answer, and at ``250`` after it.
    """

    port: int = 0
    messages: dict[str, list[tuple[bytes, str]]] = field(default_factory=lambda: defaultdict(list))
    accepted: int = 0
    passing: Callable[[str], None] | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, accepted: int, process: BaseProcess) -> None:
        """Until so many messages were accepted, or the process has ended."""
        with self.changed:
            while self.accepted < accepted and process.is_alive():
                self.changed.wait(0.05)

    def serve(self, connection: socket.socket) -> None:
        address = ""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError), connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 mx.example.net\r\n")
            for line in lines:
                verb = line[:4].upper()
                if verb == b"EHLO":
                    connection.sendall(b"250-mx.example.net\r\n250 PIPELINING\r\n")
                elif verb == b"DATA":
                    self.pass_by("DATA")
                    connection.sendall(b"354 go on\r\n")
                    body = []
                    for part in lines:
                        if part == b".\r\n":
                            break
                        body.append(part)
                    else:
                        return  # cut off: nothing was accepted
                    self.pass_by("the final dot")
                    self.accept(address, b"".join(body))
                    connection.sendall(b"250 2.0.0 Ok: queued\r\n")
                    self.pass_by("250")
                elif verb == b"QUIT":
                    connection.sendall(b"221 Bye\r\n")
                    return
                else:
                    if verb == b"RCPT":
                        address = line.partition(b"<")[2].partition(b">")[0].decode()
                    if verb in (b"MAIL", b"RCPT"):
                        self.pass_by(verb.decode())
                    connection.sendall(b"250 Ok\r\n")

    def accept(self, address: str, message: bytes) -> None:
        identity = message.partition(b"Message-ID: ")[2].partition(b"\r\n")[0]
        with self.changed:
            self.messages[address].append((identity, hashlib.sha256(message).hexdigest()))
            self.accepted += 1
            self.changed.notify_all()

    def pass_by(self, step: str) -> None:
        if self.passing is not None:
            self.passing(step)


class Ses:
    """The stub of SES, as a Server."""

    def __init__(self, stub: SesStub) -> None:
        self._stub = stub

    @property
    def messages(self) -> Mapping[str, Sequence[tuple[bytes, str]]]:
        """What was accepted for each address: our own Message-ID and a digest of what the reader sees."""
        found: dict[str, list[tuple[bytes, str]]] = defaultdict(list)
        for mailed in self._stub.mailed:
            identity = mailed.headers["X-Newsletter-Message-ID"].encode()
            seen = repr((mailed.subject, mailed.html, mailed.text, mailed.tags)).encode()
            found[mailed.to].append((identity, hashlib.sha256(seen).hexdigest()))
        return found

    def wait_for(self, accepted: int, process: BaseProcess) -> None:
        """Until so many messages were accepted, or the process has ended."""
        while len(self._stub.mailed) < accepted and process.is_alive():
            process.join(0.005)


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A server on a free port of 127.0.0.1."""
    owner = Receiver()
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    owner.port = listening.getsockname()[1]

    def listen() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=owner.serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield owner
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)


def prepare(path: Path, readers: int) -> str:
    """A database with so many readers; its URL."""
    url = f"sqlite:///{path}"
    with open_store(url) as store:
        store.subscribers.merge(
            [
                Subscriber(address=f"r{at}@example.com", first_name="Ada")
                for at in range(first, min(first + 1000, readers))
            ]
            for first in range(0, readers, 1000)
        )
    return url


@dataclass(frozen=True, slots=True, kw_only=True)
class Via:
    """A provider on this machine: its name and options, and how many messages it may have in flight."""

    name: str
    options: Mapping[str, object]
    in_flight: int


def smtp(port: int) -> Via:
    """A relay."""
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
    """SES, or what answers as it does: a call of 50 at a time, or there would be nobody left after many kills."""
    return Via(name="ses", options={"region": "eu-west-1", "endpoint_url": url, "concurrency": 1}, in_flight=50)


KEYS = {"AWS_ACCESS_KEY_ID": "AKIATESTS", "AWS_SECRET_ACCESS_KEY": "a secret that only the tests know"}


def post(via: Via, policy: Uncertainty, root: Path) -> Post:
    """What a send goes out by."""
    return Post(
        provider=open_provider(via.name, via.options, root=root, environment=KEYS),
        provider_name=via.name,
        signer=Signer(make.SECRET),
        base_url="https://news.example.org",
        sending=SendingSettings(uncertain=policy),
    )


def send(
    url: str, via: Via, policy: Uncertainty, lease: float | None = None, fatal: tuple[str, int] | None = None
) -> None:
    """What `newsletter send ISSUE` or, after an interruption, `--resume` does. ``fatal``: it kills itself there."""
    with open_store(url) as store:
        if lease is not None:
            store.leases = Leases(store._database, lease)
        if fatal is not None:
            _arm(store, *fatal)
        by = post(via, policy, Path(url.removeprefix("sqlite:///")).parent)
        found = store.sends.find(ISSUE)
        if found is not None and found.status.ended and policy is Uncertainty.HOLD:
            return
        if found is None or not found.digest:
            ended = sending.start(
                store,
                by,
                compiled=make.compiled(),
                tailor=make.tailor(),
                segments=[EVERYONE],
                now=make.WHEN,
            )
        else:
            ended = sending.resume(store, by, issue=ISSUE)
        by.provider.close()
        assert ended.status.ended


# Where a process may kill itself: before or after each transaction of the ledger.
COMMITS = ("sends.plan", "leases.take", "sends.freeze", "sends.exchange", "sends.finish", "leases.release")


def _arm(store: Store, where: str, times: int) -> None:
    """Die at the given passing of ``before NAME`` or ``after NAME``."""
    when, _, name = where.partition(" ")
    part, _, method = name.partition(".")
    owner = getattr(store, part)
    original = getattr(owner, method)
    left = [times]

    def deadly(*arguments: object, **named: object) -> object:
        left[0] -= 1
        if when == "before" and left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*arguments, **named)
        if when == "after" and left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, method, deadly)


class Processes:
    """Children forked from a process that has imported everything, so that starting one takes no time."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(
            ["tests.sending.kills", "newsletter.providers.smtp", "newsletter.providers.ses_account"]
        )

    def start(self, *arguments: object, target: Callable[..., None] = send) -> BaseProcess:
        """A child that sends."""
        process = self._context.Process(target=target, args=arguments, daemon=True)
        process.start()
        return process

    def finish(self, *arguments: object) -> None:
        """A child that sends to the end."""
        process = self.start(*arguments)
        process.join(PATIENCE)
        assert process.exitcode == 0, f"the send did not end: {process.exitcode}"

    def succeed(self, *arguments: object) -> None:
        """A child that sends to the end, as soon as the process that holds the send has lost it."""
        for _ in range(PATIENCE):
            process = self.start(*arguments)
            process.join(PATIENCE)
            if process.exitcode == 0:
                return
        raise AssertionError("nobody could take the send over")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a send that was killed so many times."""

    readers: int
    kills: int
    lost: int
    doubled: int
    silently: int
    differing: int
    uncertain: int
    held: int


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
    """A send that is killed after random numbers of messages, and resumed each time."""
    chance = random.Random(seed)
    happened = 0
    for _ in range(kills):
        before = sum(map(len, server.messages.values()))
        process = processes.start(url, via, policy)
        server.wait_for(before + chance.randint(0, readers // (2 * kills)), process)
        process.kill()
        process.join(PATIENCE)
        happened += process.exitcode == -signal.SIGKILL
    processes.finish(url, via, policy)
    return outcome(url, server, readers=readers, kills=happened)


def outcome(url: str, server: Server, *, readers: int, kills: int) -> Outcome:
    """The ledger against what the server accepted."""
    with open_store(url) as store:
        found = store.sends.find(ISSUE)
        assert found is not None
        with store._database.reading() as connection:
            attempts: dict[str, int] = dict(
                connection.exec_driver_sql(
                    "SELECT address, attempt FROM delivery JOIN subscriber ON subscriber.id = delivery.subscriber"
                ).all()
            )
        stands = {address: status for address, status, _ in store.sends.deliveries(found.id)}
    messages = server.messages
    doubled = {address: each for address, each in messages.items() if len(each) > 1}
    return Outcome(
        readers=readers,
        kills=kills,
        lost=sum(status is S.SUBMITTED and address not in messages for address, status in stands.items())
        + readers
        - len(stands),
        doubled=len(doubled),
        # Only an uncertain delivery gets a second attempt from a relay that put nobody off.
        silently=sum(attempts[address] < 2 for address in doubled),
        differing=sum(len(set(each)) > 1 for each in doubled.values()),
        uncertain=sum(attempt > 1 for attempt in attempts.values()) + found.counts.get(S.UNCERTAIN, 0),
        held=found.counts.get(S.UNCERTAIN, 0),
    )
