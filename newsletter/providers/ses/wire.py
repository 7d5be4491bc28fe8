"""Whether a request to SES was written as a whole, and a last look at the lease right before it is written.

SES accepts nothing of a request that it has in part: the signature is of all of it. So a connection that is refused or
reset before the last octet has left is no reason for doubt. botocore says the same of both, so its connections note it.
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


class Writing(threading.local):
    """The request that this thread writes. ``refused`` is what ``ask`` raised: botocore makes another error of it."""

    def __init__(self) -> None:
        self.ask: Callable[[], None] | None = None
        self.refused: BaseException | None = None
        self.complete = True


_writing = Writing()


def note_writes(client: Any) -> bool:
    """Let a client's connections note what they write. Return whether this botocore can do it."""
    session = getattr(getattr(client, "_endpoint", None), "http_session", None)
    classes = getattr(session, "_pool_classes_by_scheme", None)
    if not isinstance(classes, dict) or not classes.keys() >= {"http", "https"}:
        return False
    classes.update(http=_Pool, https=_TlsPool)
    return True


@contextmanager
def writing(ask: Callable[[], None], *, noted: bool) -> Iterator[Writing]:
    """Watch the request of this block. ``ask`` is called right before its first octet leaves.

    Where nothing is ``noted`` it counts as complete, which leaves the doubt.
    """
    _writing.ask, _writing.refused, _writing.complete = ask, None, not noted
    try:
        yield _writing
    finally:
        _writing.ask = None


class _Noting:
    """Mixed into botocore's connections."""

    silent_at_first = True
    """Whether SES says nothing before it is asked. With TLS it may: tickets follow the handshake."""

    def request(self, *arguments: Any, **named: Any) -> None:
        connection: Any = self
        if not connection.sock:
            connection.connect()
            if self.silent_at_first and wait_for_read(connection.sock, 0):  # it was closed or reset
                connection.close()
                raise ConnectionResetError("the connection was closed as soon as it was open")
        if _writing.ask is not None:
            try:
                _writing.ask()
            except BaseException as err:
                _writing.refused = err
                raise
        parent: Any = super()
        parent.request(*arguments, **named)
        _writing.complete = True


class _Connection(_Noting, AWSHTTPConnection):  # type: ignore[misc]
    pass


class _TlsConnection(_Noting, AWSHTTPSConnection):  # type: ignore[misc]
    silent_at_first = False


class _Pool(AWSHTTPConnectionPool):  # type: ignore[misc]
    ConnectionCls = _Connection


class _TlsPool(AWSHTTPSConnectionPool):  # type: ignore[misc]
    ConnectionCls = _TlsConnection
