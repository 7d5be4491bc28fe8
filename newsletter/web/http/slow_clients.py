"""Drop clients that send their request headers too slowly.

The gateway limits a request's time and body, but sees it only once its headers are complete. uvicorn waits for headers
forever, and httptools accepts headers of any length. uvicorn also logs a line or two for each malformed request.
"""

import asyncio
import logging

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from newsletter.web.http.tally import Tally

LARGEST_HEAD = 64 * 1024  # bytes
_TOO_LARGE = "The request's headers are too large."


class HeaderTimeoutProtocol(HttpToolsProtocol):
    """An HTTP/1.1 connection with a time limit for headers.

    A subclass sets the limit in ``seconds``, and the tally that counts ``malformed`` requests.
    """

    seconds: float
    malformed: Tally
    _late: asyncio.TimerHandle | None = None
    _head: int | None = None  # bytes of the headers received so far; None between headers
    _fields: int = 0  # bytes of the URL and the header fields parsed so far

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Start the clock for the first request's headers."""
        super().connection_made(transport)
        self.logger = _CountedWarnings(self.logger, self.malformed)
        self._start_clock()

    def data_received(self, data: bytes) -> None:
        """Stop the clock once headers are complete; between two requests uvicorn has its own time limit."""
        super().data_received(data)
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering:
            self._stop_clock()
        elif self._late is None:
            self._start_clock()
        if self._head is not None:
            self._head += len(data)
            if self._head > LARGEST_HEAD:
                self.send_400_response(_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Start counting the bytes of the headers."""
        super().on_message_begin()
        self._head = self._fields = 0

    def on_url(self, url: bytes) -> None:
        """Count the bytes of the URL."""
        self._fields += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count the bytes of a header field, which may have come in one read with all others."""
        self._fields += len(name) + len(value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Stop counting: the headers are complete. Raise ValueError if they are too large; uvicorn then answers 400."""
        self._head = None
        if self._fields > LARGEST_HEAD:
            raise ValueError(_TOO_LARGE)
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse the request; uvicorn says only that it is invalid."""
        super().send_400_response(_TOO_LARGE if self._fields > LARGEST_HEAD else msg)

    def _unsupported_upgrade_warning(self) -> None:
        """Log nothing: an Upgrade header is well-formed, and may be ignored (RFC 9110 §7.8)."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_clock()
        super().connection_lost(exc)

    def _start_clock(self) -> None:
        self._late = self.loop.call_later(self.seconds, self.transport.close)

    def _stop_clock(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class _CountedWarnings(logging.Logger):
    """A replacement for uvicorn's logger of a connection, whose warnings are all about malformed requests."""

    def __init__(self, logger: logging.Logger, malformed: Tally) -> None:
        super().__init__(logger.name, logger.getEffectiveLevel())
        self.parent, self._malformed = logger, malformed

    def warning(self, *_args: object, **_options: object) -> None:
        """Count the warning instead of logging it."""
        self._malformed.count()
