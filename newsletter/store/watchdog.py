"""A PostgreSQL server that goes silent: no answer and no reset, as behind a firewall that drops a connection.

TCP finds out where nothing is acknowledged (``TCP``). A proxy or a server that stands still acknowledges all the same,
so whatever waits for long has a watchdog ask for a sign of life: a new connection. A long statement goes on; without
the sign, all connections are cut, and what waited for them fails.
"""

import os
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from weakref import WeakSet

import sqlalchemy as sa

# https://www.postgresql.org/docs/current/libpq-connect.html: seconds, and milliseconds for the last.
TCP: Mapping[str, str] = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
# The same at the other end, so that a client that is gone doesn't hold its locks for hours.
AT_THE_SERVER = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
# A silent server is noticed within five seconds: QUIET, a third of it until the watchdog looks, and SIGN.
QUIET = 1.5  # seconds that a statement may take before the server is asked for a sign of life
SIGN = 3  # seconds within which a new connection has to be there, unless the URL has a limit of its own
AGAIN = 10.0  # seconds of one statement until a server that gave one is asked again
NO_ANSWER = "it doesn't answer"
SHORT = 2  # seconds for a connection while the server is known to be silent, and until another one is tried


class Watchdog:
    """Watches the connections of one engine; ``listen`` before the first of them."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[Any, float]] = {}
        self._connections: WeakSet[Any] = WeakSet()
        self._known: tuple[Any, Mapping[str, Any]] | None = None
        self._silent = False
        self._try_at = 0.0  # while it is silent: nobody waits for a connection before then
        self._alive_at = 0.0
        self._ended = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def listen(self, engine: sa.Engine) -> None:
        """Have the engine's connections watched."""
        import psycopg

        watchdog = self

        class Watched(psycopg.Connection[Any]):
            """A connection that says when it waits for the server."""

            def wait(self, *arguments: Any, **named: Any) -> Any:
                watchdog._waiting[id(self)] = (self, time.monotonic())
                try:
                    return super().wait(*arguments, **named)
                except psycopg.OperationalError as err:
                    if watchdog._silent:
                        raise psycopg.OperationalError(NO_ANSWER) from err
                    raise
                finally:
                    watchdog._waiting.pop(id(self), None)

        @sa.event.listens_for(engine, "do_connect")
        def connect(_dialect: object, _record: object, arguments: Any, named: dict[str, Any]) -> Any:
            if self._silent:
                if time.monotonic() < self._try_at:
                    raise psycopg.errors.ConnectionTimeout(NO_ANSWER)
                self._try_at = time.monotonic() + SHORT
                named = {**named, "connect_timeout": SHORT}
            elif self._known:  # the server was there before, so it isn't one that starts when it is asked
                named = _soon(named)
            try:
                connection = Watched.connect(*arguments, **named)
            except psycopg.errors.ConnectionTimeout as err:
                self._is_silent()
                raise psycopg.errors.ConnectionTimeout(NO_ANSWER) from err
            except psycopg.OperationalError:  # it refused, which is an answer
                self._silent = False
                raise
            self._silent = False
            self._known = self._known or (arguments, _soon(named))
            self._connections.add(connection)
            self._start()
            return connection

    def close(self) -> None:
        """End the watch."""
        self._ended.set()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None or self._ended.is_set():
                self._ended = threading.Event()
                self._thread = threading.Thread(target=self._watch, args=(self._ended,), name="watchdog", daemon=True)
                self._thread.start()

    def _watch(self, ended: threading.Event) -> None:
        while not ended.wait(min(QUIET / 3, 1.0)):
            now = time.monotonic()
            unanswered = [began for _, began in list(self._waiting.values()) if now - began > QUIET]
            unproved = any(began > self._alive_at or now - self._alive_at > AGAIN for began in unanswered)
            if unproved and not self._gives_a_sign():
                self._is_silent()
                for connection in list(self._connections):
                    _cut(connection)

    def _is_silent(self) -> None:
        self._silent, self._try_at = True, time.monotonic() + SHORT

    def _gives_a_sign(self) -> bool:
        import psycopg

        arguments, named = self._known or ((), {})
        try:
            psycopg.connect(*arguments, **named).close()
        except psycopg.errors.ConnectionTimeout:
            return False
        except psycopg.Error:
            pass  # it refused, which is a sign
        self._alive_at = time.monotonic()
        return True


def _soon(named: Mapping[str, Any]) -> dict[str, Any]:
    """Return a connection's parameters with the limit ``SIGN``, unless the URL has one of its own."""
    default = named.get("connect_timeout") == TCP["connect_timeout"]
    return {**named, "connect_timeout": SIGN} if default else {**named}


def _cut(connection: Any) -> None:
    """Wake the thread that waits for this connection, with an error."""
    with suppress(Exception), socket.socket(fileno=os.dup(connection.pgconn.socket)) as own:
        own.shutdown(socket.SHUT_RDWR)
