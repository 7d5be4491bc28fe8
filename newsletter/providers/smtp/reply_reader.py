"""A line reader for a server's answers. The timeout covers a whole answer, so a slow server can't stall a send.

smtplib reads through it too (greeting, EHLO, STARTTLS, AUTH), and there is no other buffer.
"""

import select
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any


class ReplyReader:
    """A reader of lines from a socket. Call ``begin`` before each answer."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._timeout = connection.gettimeout()
        self._data = b""
        self._at = 0  # data before this index has been read
        self._began: float | None = None
        self._readable = _readable(connection)

    def begin(self) -> None:
        """Restart the timeout for the next answer."""
        self._began = None

    def readline(self, limit: int) -> bytes:
        """Return a line with its line end; or ``limit`` octets without one, or the rest if the connection ended.

        Raise OSError, or TimeoutError if the answer takes too long.
        """
        while True:
            data, at = self._data, self._at
            end = data.find(b"\n", at) + 1 or len(data) + 1
            if end - at > limit:
                end = at + limit
            if end <= len(data):
                self._at = end
                return data[at:end]
            more = self._receive()
            self._data, self._at = data[at:] + more, 0
            if not more:
                self._at = len(self._data)
                return self._data

    def unsolicited(self) -> bool:
        """Return whether the server has sent a reply without a command.

        A 421 does not count: a server may send it at any time before it closes (RFC 5321 §3.8).
        """
        if self._at == len(self._data) and (self._readable() or self._pending()):
            self._socket.settimeout(0)
            try:
                self._data, self._at = self._socket.recv(65536), 0
            except (BlockingIOError, ssl.SSLWantReadError):  # a TLS record without data
                pass
            except OSError:
                return False  # the connection is lost, as the next command will show
            finally:
                self._socket.settimeout(self._timeout)
        return self._at < len(self._data) and not self._data.startswith(b"421", self._at)

    def close(self) -> None:
        """Do nothing: the socket's owner closes it."""

    def _pending(self) -> bool:
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def _receive(self) -> bytes:
        now = time.monotonic()
        if self._began is None or self._timeout is None:
            self._began = now
            return self._socket.recv(65536)
        left = self._timeout - (now - self._began)
        if left <= 0:
            raise TimeoutError("timed out")
        self._socket.settimeout(left)
        try:
            return self._socket.recv(65536)
        finally:
            self._socket.settimeout(self._timeout)


def _readable(connection: socket.socket) -> Callable[[], object]:
    """Return a function that tells whether data has arrived."""
    if not hasattr(select, "poll"):  # Windows
        return lambda: select.select([connection], [], [], 0)[0]
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return lambda: poll.poll(0)


class _ReplyReading:
    """A mix-in that makes smtplib's classes read through ``ReplyReader``."""

    def getreply(self) -> tuple[int, bytes]:
        connection: Any = self
        if connection.sock is not None:
            if connection.file is None:
                connection.file = ReplyReader(connection.sock)
            connection.file.begin()
        parent: Any = super()
        reply: tuple[int, bytes] = parent.getreply()
        return reply


class PlainSmtp(_ReplyReading, smtplib.SMTP):
    """A connection that begins unencrypted."""


class TlsSmtp(_ReplyReading, smtplib.SMTP_SSL):
    """A connection with TLS from the first octet."""
