"""Connections to SES that record whether a request was written completely, and check the lease right before it.

SES accepts no incomplete request, because the signature covers all of it. So if a connection is refused or reset before
the last octet has left, the delivery is not uncertain. botocore raises the same error either way, so its connections
have to record it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from urllib3.util import wait_for_read


class RequestProgress(threading.local):
    """A record of this thread's request. ``refused`` is the exception from ``ask``, which botocore would replace."""

    def __init__(self) -> None:
        self.ask: Callable[[], None] | None = None
        self.refused: BaseException | None = None
        self.complete = True


_progress = RequestProgress()


def record_writes(client: Any) -> bool:
    """Make a client's connections record what they write. Return whether this version of botocore allows it."""
    session = getattr(getattr(client, "_endpoint", None), "http_session", None)
    classes = getattr(session, "_pool_classes_by_scheme", None)
    if not isinstance(classes, dict) or not classes.keys() >= {"http", "https"}:
        return False
    classes.update(http=_Pool, https=_TlsPool)
    return True


@contextmanager
def watched_request(ask: Callable[[], None], *, recorded: bool) -> Iterator[RequestProgress]:
    """Watch the request of this block. ``ask`` is called right before its first octet leaves.

    If the client's connections don't record writes (not ``recorded``), the request counts as complete, so a lost one
    is uncertain.
    """
    _progress.ask, _progress.refused, _progress.complete = ask, None, not recorded
    try:
        yield _progress
    finally:
        _progress.ask = None


class _RecordingMixin:
    """A mix-in for botocore's connections."""

    silent_at_first = True
    """True if the server sends nothing before the request. With TLS it may: tickets follow the handshake."""

    def request(self, *arguments: Any, **named: Any) -> None:
        connection: Any = self
        if not connection.sock:
            connection.connect()
            if self.silent_at_first and wait_for_read(connection.sock, 0):  # closed or reset
                connection.close()
                raise ConnectionResetError("the connection was closed as soon as it was opened")
        if _progress.ask is not None:
            try:
                _progress.ask()
            except BaseException as err:
                _progress.refused = err
                raise
        parent: Any = super()
        parent.request(*arguments, **named)
        _progress.complete = True


class _Connection(_RecordingMixin, AWSHTTPConnection):  # type: ignore[misc]
    pass


class _TlsConnection(_RecordingMixin, AWSHTTPSConnection):  # type: ignore[misc]
    silent_at_first = False


class _Pool(AWSHTTPConnectionPool):  # type: ignore[misc]
    ConnectionCls = _Connection


class _TlsPool(AWSHTTPSConnectionPool):  # type: ignore[misc]
    ConnectionCls = _TlsConnection
