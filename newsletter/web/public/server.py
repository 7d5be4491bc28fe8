"""Serve the public pages until the process is asked to stop."""

import contextlib
import signal
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from newsletter.web.http.server import Server
from newsletter.web.http.slow_clients import HeaderTimeoutProtocol
from newsletter.web.http.tally import Tally
from newsletter.web.public.app import TIME_LIMIT


def serve_public(
    app: ASGIApp, listening: socket.socket, *, ready: Callable[[], object], log: Callable[[str], object]
) -> None:
    """Serve until Ctrl-C or SIGTERM; call ``ready`` once listening. ``log`` logs the number of malformed requests."""
    # uvicorn shuts down gracefully and then raises the signal again: SIGTERM would kill the process there.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with listening, contextlib.suppress(KeyboardInterrupt):
        public_server(app, ready, log).run(sockets=[listening])


def public_server(
    app: ASGIApp, ready: Callable[[], object], log: Callable[[str], object], *, time_limit: float = TIME_LIMIT
) -> Server:
    """Return a server of the pages, which drops clients that need more than ``time_limit`` seconds for their headers.

    Requests are not logged: most URLs contain a token.
    """

    class LimitedProtocol(HeaderTimeoutProtocol):
        seconds = time_limit
        malformed = Tally(log, "malformed requests were refused")

    config = uvicorn.Config(
        app,
        http=LimitedProtocol,
        ws="none",  # a request to upgrade to WebSocket is answered like any other
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # uvicorn would trust X-Forwarded-For from anyone on this machine
        timeout_graceful_shutdown=10,
    )
    return Server(config, ready=ready)
