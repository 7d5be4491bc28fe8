"""A TCP proxy on this machine whose line a test can break in several ways and repair."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum


class Failure(StrEnum):
    """A way in which open and new connections fail while the line is broken."""

    REFUSED = "refused"
    RESET_AT_CONNECT = "reset at connect"
    RESET_IN_REQUEST = "reset mid-request"
    RESET_AT_ANSWER = "reset instead of an answer"  # the server has the request
    HANG = "hang"  # the server has the request, its answer never comes
    BLACK_HOLE = "black hole"  # no data in either direction


SOME = 2_000  # octets of a request that are forwarded before the reset
_RESET = struct.pack("ii", 1, 0)


class Line:
    """A proxy to a port of 127.0.0.1. ``failure`` is None while all is well."""

    def __init__(self, target: int) -> None:
        self.failure: Failure | None = None
        self.port = 0
        self._target = target
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._listening: socket.socket | None = None
        self._lock = threading.Lock()
        self._listen()

    def fail(self, failure: Failure) -> None:
        """Break the line, from now on."""
        self.failure = failure
        if failure is Failure.REFUSED:
            self._stop_listening()
        if failure in (Failure.REFUSED, Failure.RESET_AT_CONNECT):
            self._reset_all()

    def repair(self) -> None:
        """Forward everything again, on new connections."""
        if self.failure is None:
            return
        self.failure = None
        self._reset_all()
        if self._listening is None:
            self._listen()

    def close(self) -> None:
        """Close the proxy and all connections."""
        self._stop_listening()
        self._reset_all()

    def _listen(self) -> None:
        listening = socket.create_server(("127.0.0.1", self.port), backlog=128)
        self.port = listening.getsockname()[1]
        self._listening = listening
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()

    def _stop_listening(self) -> None:
        if self._listening is not None:
            self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
            self._listening = None

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                if self.failure is Failure.RESET_AT_CONNECT:
                    _reset(client)
                    continue
                server = socket.socket()
                server.connect(("127.0.0.1", self._target))  # without a name lookup, which a test may break
                for side in (client, server):
                    side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self._pairs.append((client, server))
                for pump in (self._to_server, self._to_client):
                    threading.Thread(target=pump, args=(client, server), daemon=True).start()

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        passed = 0
        with suppress(OSError):
            while data := client.recv(65536):
                if self.failure is Failure.BLACK_HOLE:
                    continue
                if self.failure is Failure.RESET_IN_REQUEST:
                    server.sendall(data[: SOME - passed])
                    passed += len(data)
                    if passed >= SOME:
                        _reset(client)
                        _reset(server)
                        return
                else:
                    server.sendall(data)
            server.shutdown(socket.SHUT_WR)

    def _to_client(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if self.failure is Failure.RESET_AT_ANSWER:
                    _reset(client)
                    return
                if self.failure not in (Failure.HANG, Failure.BLACK_HOLE):
                    client.sendall(data)
            client.shutdown(socket.SHUT_WR)

    def _reset_all(self) -> None:
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for client, server in pairs:
            _reset(client)
            with suppress(OSError):  # it may keep the data received so far
                server.shutdown(socket.SHUT_WR)


def _reset(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        connection.shutdown(socket.SHUT_RD)
    with suppress(OSError):
        connection.close()


@contextmanager
def line_to(target: int) -> Iterator[Line]:
    """Start a line to a port of 127.0.0.1, which works at first."""
    line = Line(target)
    try:
        yield line
    finally:
        line.close()
