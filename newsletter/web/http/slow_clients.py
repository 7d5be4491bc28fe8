"""HTTP/1.1 for clients that are not to be waited for: the head of a request comes soon, or the connection is closed.

The gate counts the time and the body of a request, which begins when its head is there. uvicorn waits for heads for
ever, and httptools takes heads of any length. uvicorn also logs a line or two for each request that is malformed.
"""

import asyncio
import logging

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from newsletter.web.http.tally import Tally

LARGEST_HEAD = 64 * 1024  # octets


class PromptProtocol(HttpToolsProtocol):
    """One connection. A subclass says how many ``seconds`` a head may take, and what counts ``malformed`` requests."""

    seconds: float
    malformed: Tally
    _late: asyncio.TimerHandle | None = None
    _head: int | None = None  # octets that came while it was unfinished; None when it is not

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """The first head is waited for."""
        super().connection_made(transport)
        self.logger = _CountedWarnings(self.logger, self.malformed)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """A head that is there is waited for no longer; between two requests uvicorn counts the time itself."""
        super().data_received(data)
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering:
            self._stop_waiting()
        elif self._late is None:
            self._wait()
        if self._head is not None:
            self._head += len(data)
            if self._head > LARGEST_HEAD:
                self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._head = 0

    def on_headers_complete(self) -> None:
        """It is there."""
        self._head = None
        super().on_headers_complete()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: a request for another protocol is well-formed, and answered as any other (RFC 9110 §7.8)."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._late = self.loop.call_later(self.seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class _CountedWarnings(logging.Logger):
    """uvicorn's logger of a connection, whose warnings are all about malformed requests."""

    def __init__(self, logger: logging.Logger, malformed: Tally) -> None:
        super().__init__(logger.name, logger.getEffectiveLevel())
        self.parent, self._malformed = logger, malformed

    def warning(self, *_args: object, **_options: object) -> None:
        """Count it instead."""
        self._malformed.count()
