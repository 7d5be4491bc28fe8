"""Servers that know what they accepted: whom it was for, its Message-ID, and a digest of what it was."""

import hashlib
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from typing import Protocol

from tests.ses_stub import SesStub

STEPS = ("MAIL", "RCPT", "DATA", "the message", "the final dot")
PATIENCE = 600  # seconds for anything, on a machine that is busy with much else


class Server(Protocol):
    """What knows which messages it accepted."""

    @property
    def messages(self) -> Mapping[str, Sequence[tuple[bytes, str]]]:
        """What was accepted for each address: Message-ID and digest."""
        ...

    @property
    def accepted(self) -> int:
        """How many messages that are."""
        ...

    def wait_for(self, accepted: int, process: BaseProcess) -> None:
        """Until so many messages were accepted, or the process has ended."""
        ...

    def settle(self) -> None:
        """Until everything is counted that dead processes had still written."""
        ...


@dataclass
class Receiver:
    """A pipelining SMTP server; ``passing`` is called at each of STEPS, before it is answered."""

    port: int = 0
    messages: dict[str, list[tuple[bytes, str]]] = field(default_factory=lambda: defaultdict(list))
    accepted: int = 0
    passing: Callable[[str], object] | None = None
    connections: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, accepted: int, process: BaseProcess) -> None:
        """Until so many messages were accepted, or the process has ended."""
        with self.changed:
            while self.accepted < accepted and process.is_alive():
                self.changed.wait(0.05)

    def settle(self) -> None:
        """Until everything is counted that dead processes had still written."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.connections == 0, PATIENCE)

    def serve(self, connection: socket.socket) -> None:
        """All of a connection, which is one of ``connections`` already."""
        with suppress(OSError), connection, connection.makefile("rb") as lines:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(b"220 mx.example.net\r\n")
            address = ""
            for line in lines:
                verb = line[:4].upper()
                if verb == b"EHLO":
                    connection.sendall(b"250-mx.example.net\r\n250 PIPELINING\r\n")
                elif verb == b"DATA":
                    self._pass("DATA")
                    connection.sendall(b"354 go on\r\n")
                    message = self._content(lines)
                    if message is None:
                        break
                    self._pass("the final dot")
                    self._accept(address, message)
                    connection.sendall(b"250 2.0.0 Ok: queued\r\n")
                elif verb == b"QUIT":
                    connection.sendall(b"221 Bye\r\n")
                    break
                else:
                    if verb == b"RCPT":
                        address = line.partition(b"<")[2].partition(b">")[0].decode()
                    if verb in (b"MAIL", b"RCPT"):
                        self._pass(verb.decode())
                    connection.sendall(b"250 Ok\r\n")
        with self.changed:
            self.connections -= 1
            self.changed.notify_all()

    def _content(self, lines: Iterator[bytes]) -> bytes | None:
        """None where the connection ended before the message did: it was not accepted."""
        message: list[bytes] = []
        for line in lines:
            if not message:
                self._pass("the message")
            if line == b".\r\n":
                return b"".join(message)
            message.append(line)
        return None

    def _accept(self, address: str, message: bytes) -> None:
        identity = message.partition(b"Message-ID: ")[2].partition(b"\r\n")[0]
        with self.changed:
            self.messages[address].append((identity, hashlib.sha256(message).hexdigest()))
            self.accepted += 1
            self.changed.notify_all()

    def _pass(self, step: str) -> None:
        if self.passing is not None:
            self.passing(step)


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
                with owner.changed:
                    owner.connections += 1
                threading.Thread(target=owner.serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield owner
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)


class Ses:
    """The stub of SES, as a Server. Its quota is ample: a process that is killed leaves some of it reserved."""

    def __init__(self, stub: SesStub) -> None:
        self._stub = stub
        stub.account["SendQuota"]["Max24HourSend"] = 1_000_000.0

    @property
    def messages(self) -> Mapping[str, Sequence[tuple[bytes, str]]]:
        """What was accepted for each address: our own Message-ID and a digest of what the reader sees."""
        found: dict[str, list[tuple[bytes, str]]] = defaultdict(list)
        for mailed in self._stub.mailed:
            identity = mailed.headers["X-Newsletter-Message-ID"].encode()
            seen = repr((mailed.subject, mailed.html, mailed.text, mailed.tags)).encode()
            found[mailed.to].append((identity, hashlib.sha256(seen).hexdigest()))
        return found

    @property
    def accepted(self) -> int:
        """How many messages that are."""
        return len(self._stub.mailed)

    def wait_for(self, accepted: int, process: BaseProcess) -> None:
        """Until so many messages were accepted, or the process has ended."""
        while len(self._stub.mailed) < accepted and process.is_alive():
            process.join(0.005)

    def settle(self) -> None:
        """Until everything is counted that dead processes had still written."""
        while self._stub.connections:
            time.sleep(0.005)
