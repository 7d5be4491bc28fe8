"""Connections to a fixed address, and the lookup of a host's addresses within a time limit."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.client import HTTPConnection
from ipaddress import ip_address

from newsletter.fetching.public_addresses import IPAddress

Resolve = Callable[[str, int, float], Sequence[IPAddress]]
"""A function that returns the addresses of a host and port within some seconds. It raises OSError if there are none."""


def resolve_host(host: str, port: int, seconds: float) -> Sequence[IPAddress]:
    """Return all addresses of a host. Raise TimeoutError after some seconds, OSError if there is no such host."""
    answers: list[Sequence[IPAddress] | OSError | UnicodeError] = []

    def look_up() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.append([ip_address(str(info[4][0]).partition("%")[0]) for info in infos])
        except (OSError, UnicodeError) as err:
            answers.append(err)

    thread = threading.Thread(target=look_up, daemon=True)  # the system's resolver has no time limit of its own
    thread.start()
    thread.join(max(seconds, 0))
    if not answers:
        raise TimeoutError
    if isinstance(answers[0], OSError | UnicodeError):
        raise answers[0]
    return answers[0]


class PinnedConnection(HTTPConnection):
    """A connection to one of a few fixed addresses, even if the host name resolves to others now.

    With a ``trust``, it is encrypted, and the certificate must be for the host name. It ends at a ``deadline`` of the
    monotonic clock, and is ``expired`` once it was aborted.
    """

    def __init__(
        self, host: str, port: int, *, pinned: Sequence[IPAddress], trust: ssl.SSLContext | None, deadline: float
    ) -> None:
        super().__init__(host, port)
        self.default_port = 80 if trust is None else 443  # http.client leaves it out of the Host header
        self._pinned, self._trust, self._deadline = pinned, trust, deadline
        self._socket: socket.socket | None = None  # http.client forgets its own when the server will close it
        self.expired = False

    def connect(self) -> None:
        """Connect to the first pinned address that answers."""
        last: OSError = TimeoutError()
        for address in self._pinned:
            try:
                plain = socket.create_connection((str(address), self.port), self._seconds_left())
                break
            except OSError as err:
                last = err
        else:
            raise last
        if self._trust is not None:
            plain = self._trust.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock = self._socket = plain
        if self.expired:  # the alarm rang before there was a socket to shut down
            raise TimeoutError
        if isinstance(plain, ssl.SSLSocket):
            plain.do_handshake()

    def hang_up(self) -> None:
        """Abort the transfer. A socket's timeout isn't enough: it starts again with every byte that arrives."""
        self.expired = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _seconds_left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left
