"""A TCP proxy to the tests' PostgreSQL that can fall silent, disconnect, or lose the answer to a COMMIT."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import sqlalchemy as sa

from tests.databases import PASSWORD


@dataclass
class Proxy:
    """A proxy that counts COMMITs in ``commits``, and drops the answer to the one numbered ``lose``."""

    url: str
    commits: int = 0
    lose: int = 0
    connections: int = 0
    refused: int = 0
    away: bool = False
    ends: list[socket.socket] = field(default_factory=list)
    speaking: threading.Event = field(default_factory=threading.Event)

    def go_silent(self) -> None:
        """Accept connections and data but forward nothing from now on, and never reset."""
        self.speaking.clear()

    def go_away(self) -> None:
        """Reset every connection, and each new one at once, as if the server had stopped."""
        self.away = True
        _close(*self.ends)

    def come_back(self) -> None:
        """Accept connections again."""
        self.away = False

    def speak(self) -> None:
        """Forward again, including data received meanwhile."""
        self.speaking.set()


@contextmanager
def proxy(url: str) -> Iterator[Proxy]:
    """Start a proxy to the server of this URL."""
    parsed = sa.make_url(url)
    folder = parsed.query["host"]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        through = sa.URL.create("postgresql", parsed.username, PASSWORD, "127.0.0.1", port, parsed.database)
        made = Proxy(url=through.render_as_string(hide_password=False))
        made.speak()
        accepting = threading.Thread(target=_accept, args=(made, listening, f"{folder}/.s.PGSQL.5432"), daemon=True)
        accepting.start()
        try:
            yield made
        finally:
            made.speak()
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            accepting.join()


def _accept(made: Proxy, listening: socket.socket, path: str) -> None:
    with suppress(OSError):
        while True:
            client, _ = listening.accept()
            if made.away:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, not an end
                client.close()
                made.refused += 1
                continue
            server = socket.socket(socket.AF_UNIX)
            server.connect(path)
            made.connections += 1
            made.ends += [client, server]
            losing = threading.Event()
            for forward in (_to_server, _to_client):
                threading.Thread(target=forward, args=(made, client, server, losing), daemon=True).start()
    _close(*made.ends)


def _to_server(made: Proxy, client: socket.socket, server: socket.socket, losing: threading.Event) -> None:
    with suppress(OSError):
        while data := client.recv(65536):
            made.speaking.wait()
            if b"COMMIT\0" in data:
                made.commits += 1
                if made.commits == made.lose:
                    losing.set()
            server.sendall(data)
    _close(client, server)


def _to_client(made: Proxy, client: socket.socket, server: socket.socket, losing: threading.Event) -> None:
    with suppress(OSError):
        while data := server.recv(65536):
            made.speaking.wait()
            if losing.is_set():  # the server has committed, but the client doesn't learn it
                break
            client.sendall(data)
    _close(client, server)


def _close(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
