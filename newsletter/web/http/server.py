"""The server of the preview and the public pages, and its listening socket."""

import errno
import socket
from collections.abc import Awaitable, Callable

import uvicorn

from newsletter.errors import UsageError
from newsletter.files import library_errors


async def _nothing() -> None:
    pass


class Server(uvicorn.Server):
    """A uvicorn server that calls ``ready`` once it listens.

    Before it waits for the responses in progress to end, it awaits ``closing``.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        ready: Callable[[], object],
        closing: Callable[[], Awaitable[object]] = _nothing,
    ) -> None:
        super().__init__(config)
        self._ready, self._closing = ready, closing

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening and call ``ready``."""
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Await ``closing`` and stop."""
        await self._closing()
        await super().shutdown(sockets)


def listen(host: str, port: int, *, taken: str = "choose another with --port") -> socket.socket:
    """Return a socket that listens at an address of this machine. Raise UsageError if it can't be opened.

    ``taken`` is the hint if the port is in use.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=1024)
    except OverflowError as err:
        raise UsageError(f"port {port} does not exist", hint="choose one from 1 to 65535 with --port") from err
    except OSError as err:
        raise _refused(err, host, port, taken) from err
    # asyncio does so only if the socket names TCP; without it each response waits 40 ms for an acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _refused(err: OSError, host: str, port: int, taken: str) -> UsageError:
    if err.errno == errno.EADDRINUSE:
        return UsageError(f"port {port} is already in use", hint=taken)
    if err.errno == errno.EACCES:
        return UsageError(f"only root can listen on port {port}", hint="choose one from 1024 up with --port")
    if err.errno == errno.EADDRNOTAVAIL or isinstance(err, socket.gaierror):
        hint = "choose one of its addresses with --host, or 0.0.0.0 for all"
        return UsageError(f"{host} is not an address of this machine", hint=hint)
    what = f"can't listen on {host}, port {port} ({library_errors.of_system(err)})"
    return UsageError(what, hint="choose others with --host and --port")
