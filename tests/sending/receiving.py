"""Servers that record accepted messages: recipient, Message-ID and a digest of the content."""

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
PATIENCE = 600  # seconds to wait for anything on a busy machine


class Server(Protocol):
    """A server that records the messages it accepted."""

    @property
    def messages(self) -> Mapping[str, Sequence[tuple[bytes, str]]]:
        """Return the Message-ID and digest of each accepted message, by address."""
        ...

    @property
    def accepted(self) -> int:
        """Return the number of accepted messages."""
        ...

    def wait_for(self, accepted: int, process: BaseProcess) -> None:
        """Wait until this number of messages was accepted, or the process has ended."""
        ...

    def settle(self) -> None:
        """Wait until everything written by dead processes is counted."""
        ...


@dataclass
class Receiver:
    """A pipelining SMTP server. ``passing`` is called at each of STEPS, before the answer."""

    port: int = 0
    messages: dict[str, list[tuple[bytes, str]]] = field(default_factory=lambda: defaultdict(list))
    accepted: int = 0
    passing: Callable[[str], object] | None = None
    connections: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, accepted: int, process: BaseProcess) -> None:
        """Wait until this number of messages was accepted, or the process has ended."""
        with self.changed:
            while self.accepted < accepted and process.is_alive():
                self.changed.wait(0.05)

    def settle(self) -> None:
        """Wait until everything written by dead processes is counted."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.connections == 0, PATIENCE)

    def serve(self, connection: socket.socket) -> None:
        """Serve a connection, which ``connections`` already includes."""
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
        """Return the message, or None if the connection ended within it, so that it wasn't accepted."""
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
    """Start a server on a free port of 127.0.0.1."""
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
    """The SES stub as a Server. Its quota is ample, since killed processes leave some of it reserved."""

    def __init__(self, stub: SesStub) -> None:
        self._stub = stub
        stub.account["SendQuota"]["Max24HourSend"] = 1_000_000.0

    @property
    def messages(self) -> Mapping[str, Sequence[tuple[bytes, str]]]:
        """Return our Message-ID and a digest of the visible content of each accepted message, by address."""
        by_address: dict[str, list[tuple[bytes, str]]] = defaultdict(list)
        for mailed in self._stub.mailed:
            identity = mailed.headers["X-Newsletter-Message-ID"].encode()
            seen = repr((mailed.subject, mailed.html, mailed.text, mailed.tags)).encode()
            by_address[mailed.to].append((identity, hashlib.sha256(seen).hexdigest()))
        return by_address

    @property
    def accepted(self) -> int:
        """Return the number of accepted messages."""
        return len(self._stub.mailed)

    def wait_for(self, accepted: int, process: BaseProcess) -> None:
        """Wait until this number of messages was accepted, or the process has ended."""
        while len(self._stub.mailed) < accepted and process.is_alive():
            process.join(0.005)

    def settle(self) -> None:
        """Wait until everything written by dead processes is counted."""
        while self._stub.connections:
            time.sleep(0.005)
