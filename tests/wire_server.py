"""A small pipelining SMTP server on a raw socket that follows a script at each step: answer, disconnect, or both.

It records what it accepted and answered, so that receipts can be compared with the truth.
"""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO

STEPS = ("greeting", "MAIL", "RCPT", "DATA", "BODY", "END")
CUT = "cut"  # closes without an answer
HALF = "half"  # closes after half of the answer
THEN_CUT = "then cut"  # closes after the answer
_USUAL = {
    "greeting": "220 mx.example.net",
    "MAIL": "250 2.1.0 Ok",
    "RCPT": "250 2.1.5 Ok",
    "DATA": "354 End data with <CR><LF>.<CR><LF>",
    "END": "250 2.0.0 Ok: queued as 4B7C",
}


@dataclass
class WireServer:
    """A scripted server. ``script`` has the next reactions at each step of any connection; after them, all goes well.

    ``twice`` has the steps at which every answer is given twice, ``unasked`` an unsolicited reply after a step.
    ``reading`` is called at each line of a message. ``dribble`` is the number of seconds before each octet of an answer
    at ``END``.

    ``accepted`` has the address and the bytes of each accepted message, ``refused`` the addresses answered with
    5xx, ``open_ended`` those whose message was begun and whose answer may not have reached the client.
    """

    port: int = 0
    pipelining: bool = True
    takes_data_for_nobody: bool = False
    abrupt: bool = False
    twice: frozenset[str] = frozenset()
    unasked: dict[str, str] = field(default_factory=dict)
    reading: Callable[[], object] = lambda: None
    dribble: float = 0.0
    most_connections: int = 100
    script: dict[str, list[str]] = field(default_factory=dict)
    accepted: list[tuple[str, bytes]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    open_ended: set[str] = field(default_factory=set)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    together: int = 0

    def reaction(self, step: str) -> str:
        """Return the scripted reaction, or an empty text."""
        waiting = self.script.get(step)
        return waiting.pop(0) if waiting else ""


class _Ended(Exception):  # noqa: N818
    """An error that ends the connection."""


class _Connection:
    def __init__(self, owner: WireServer, connection: socket.socket) -> None:
        self.owner = owner
        self.socket = connection
        self.input: BinaryIO = connection.makefile("rb")
        self.sender = False
        self.address = ""

    def serve(self) -> None:
        with suppress(_Ended, OSError):
            if self.owner.together > self.owner.most_connections:
                self.end("421 4.7.0 mx.example.net Error: too many connections")
            self.react("greeting")
            for line in self.input:
                self.obey(line.decode().strip())

    def obey(self, command: str) -> None:
        verb = command[:4].upper()
        self.owner.commands.append(verb)
        if verb == "EHLO":
            self.say("250-mx.example.net\r\n250-8BITMIME\r\n250 " + ("PIPELINING" if self.owner.pipelining else "HELP"))
        elif verb == "RSET":
            self.sender, self.address = False, ""
            self.say("250 2.0.0 Ok")
        elif verb == "QUIT":
            self.end("221 2.0.0 Bye")
        elif verb == "MAIL":
            if self.sender:
                self.say("503 5.5.1 Error: nested MAIL command")
            else:
                self.sender = self.react("MAIL")
        elif verb == "RCPT":
            self.rcpt(command.partition("<")[2].partition(">")[0])
        elif verb == "DATA":
            self.data()
        else:
            self.say("500 5.5.2 Error: command not recognized")

    def rcpt(self, address: str) -> None:
        if not self.sender:
            self.say("503 5.5.1 Error: need MAIL command")
        elif self.react("RCPT", address):
            self.address = address

    def data(self) -> None:
        if not self.address:
            if not self.owner.takes_data_for_nobody or not self.sender:
                self.say("554 5.5.1 Error: no valid recipients")
                return
            self.say(_USUAL["DATA"])
            content = self.content()
            assert content == b"", "a message was sent without a recipient"
            self.sender = False
            self.say("554 5.5.1 Error: no valid recipients")
        elif self.react("DATA", self.address):
            address, self.sender, self.address = self.address, False, ""
            self.owner.open_ended.add(address)
            if self.owner.reaction("BODY") == CUT:
                self.input.read(100)
                self.end("")
            content = self.content()
            if self.react("END", address, content):
                self.owner.open_ended.discard(address)

    def content(self) -> bytes:
        lines: list[bytes] = []
        for line in self.input:
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line)
            self.owner.reading()
        raise _Ended

    def react(self, step: str, address: str = "", content: bytes | None = None) -> bool:
        """Answer a step and return whether it was accepted and the connection continues."""
        owner, reaction = self.owner, self.owner.reaction(step)
        answer = "" if reaction in (CUT, HALF, THEN_CUT) else reaction or _USUAL[step]
        if content is not None and (not answer or answer[0] in "23"):
            owner.accepted.append((address, content))  # before the client learns of it
        if answer.startswith("5"):
            owner.refused.add(address)
        if step == "DATA" and reaction == THEN_CUT:
            owner.open_ended.add(address)  # the client writes its message, which is never read
        if step == "END" and not owner.abrupt and reaction not in (CUT, HALF):
            owner.open_ended.discard(address)
        if not answer:
            last_words = {CUT: "", HALF: _USUAL[step][:10], THEN_CUT: _USUAL[step]}[reaction]
            self.end(last_words, whole=reaction == THEN_CUT)
        if answer.startswith("421"):
            self.end(answer)
        if step == "END" and owner.dribble:
            for octet in f"{answer}\r\n".encode():
                time.sleep(owner.dribble)
                self.socket.sendall(bytes([octet]))
        else:
            more = [answer] * (step in owner.twice) + ([owner.unasked[step]] if step in owner.unasked else [])
            self.say("\r\n".join([answer, *more]))
        if step == "END":
            owner.open_ended.discard(address)
        return answer[0] in "23"

    def say(self, answer: str) -> None:
        self.socket.sendall(answer.encode() + b"\r\n")

    def end(self, answer: str, *, whole: bool = True) -> None:
        """Send a last reply, or half of it, and close with a reset or in order."""
        if answer:
            self.socket.sendall(answer.encode() + (b"\r\n" if whole else b""))
        if self.owner.abrupt:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            self.socket.shutdown(socket.SHUT_WR)
            while self.socket.recv(65536):
                pass
        raise _Ended


@contextmanager
def wire_server(*, window: int = 0) -> Iterator[WireServer]:
    """Start a server on a free port of 127.0.0.1; ``window`` is roughly its receive buffer in octets."""
    owner = WireServer()
    counting = threading.Lock()

    def serve(connection: socket.socket) -> None:
        with connection:
            handler = _Connection(owner, connection)
            with handler.input:
                handler.serve()
        with counting:
            owner.together -= 1

    def listen(listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                with counting:
                    owner.connections += 1
                    owner.together += 1
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    listening = socket.create_server(("127.0.0.1", 0))
    if window:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    owner.port = listening.getsockname()[1]
    thread = threading.Thread(target=listen, args=(listening,), daemon=True)
    thread.start()
    try:
        yield owner
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)
