"""Detection of a PostgreSQL server that goes silent: no answer and no reset, as when a firewall drops a connection.

TCP notices if nothing is acknowledged (``TCP``). But a proxy or a stopped server still acknowledges, so the watchdog
probes the server with a new connection whenever a statement takes long. If the probe succeeds, the statement goes on.
If it fails, all connections are cut, and the statements waiting on them fail.

Its times are of the monotonic clock, since they measure waits: setting the clock must neither end nor prolong them.
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

# https://www.postgresql.org/docs/current/libpq-connect.html: in seconds, but the last one in milliseconds.
TCP: Mapping[str, str] = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
# The same at the server's end, so that a client that disappeared doesn't hold its locks for hours.
AT_THE_SERVER = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
# A silent server is noticed within five seconds: QUIET, up to a third of it until the watchdog looks, and SIGN.
QUIET = 1.5  # seconds that a statement may take before the server is probed
SIGN = 3  # seconds that a probe's connection may take, unless the URL has its own limit
AGAIN = 10.0  # seconds between two probes during a long statement
NO_ANSWER = "it doesn't answer"
SHORT = 2  # seconds, while the server is silent, that a new connection may take and that pass between two attempts


class Watchdog:
    """A watchdog for the connections of one engine. Call ``listen`` before the first connection."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[Any, float]] = {}
        self._connections: WeakSet[Any] = WeakSet()
        self._known: tuple[Any, Mapping[str, Any]] | None = None
        self._silent = False
        self._try_at = 0.0  # while the server is silent, connecting fails at once before this time
        self._alive_at = 0.0
        self._ended = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def listen(self, engine: sa.Engine) -> None:
        """Watch all connections that the engine opens from now on."""
        import psycopg

        watchdog = self

        class Watched(psycopg.Connection[Any]):
            """A connection that tells the watchdog when it waits for the server."""

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
            elif self._known:  # the server answered before, so it isn't one that starts on demand
                named = _with_short_timeout(named)
            try:
                connection = Watched.connect(*arguments, **named)
            except psycopg.errors.ConnectionTimeout as err:
                self._mark_silent()
                raise psycopg.errors.ConnectionTimeout(NO_ANSWER) from err
            except psycopg.OperationalError:  # a refusal is an answer
                self._silent = False
                raise
            self._silent = False
            self._known = self._known or (arguments, _with_short_timeout(named))
            self._connections.add(connection)
            self._start()
            return connection

    def close(self) -> None:
        """Stop watching."""
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
            if unproved and not self._answers_a_probe():
                self._mark_silent()
                for connection in list(self._connections):
                    _cut(connection)

    def _mark_silent(self) -> None:
        self._silent, self._try_at = True, time.monotonic() + SHORT

    def _answers_a_probe(self) -> bool:
        import psycopg

        arguments, named = self._known or ((), {})
        try:
            psycopg.connect(*arguments, **named).close()
        except psycopg.errors.ConnectionTimeout:
            return False
        except psycopg.Error:
            pass  # a refusal is a sign of life
        self._alive_at = time.monotonic()
        return True


def _with_short_timeout(named: Mapping[str, Any]) -> dict[str, Any]:
    """Return a connection's parameters with the timeout ``SIGN``, unless the URL sets its own."""
    default = named.get("connect_timeout") == TCP["connect_timeout"]
    return {**named, "connect_timeout": SIGN} if default else {**named}


def _cut(connection: Any) -> None:
    """Shut a connection's socket down, so that the thread waiting on it gets an error."""
    with suppress(Exception), socket.socket(fileno=os.dup(connection.pgconn.socket)) as own:
        own.shutdown(socket.SHUT_RDWR)
