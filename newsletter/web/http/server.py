"""The sockets of the preview and the public pages, and why there can be none."""

import errno
import socket

from newsletter.errors import UsageError
from newsletter.files import library_errors


def listen(host: str, port: int, *, taken: str = "choose another with --port") -> socket.socket:
    """Return a socket at an address of this machine; ``taken`` says what to do if its port is in use.

    Raise UsageError if there can be none.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=1024)
    except OverflowError as err:
        raise UsageError(f"there is no port {port}", hint="choose one from 1 to 65535 with --port") from err
    except OSError as err:
        raise _refused(err, host, port, taken) from err
    # asyncio does so only for sockets that say TCP by name; without it each answer waits 40 ms for an acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _refused(err: OSError, host: str, port: int, taken: str) -> UsageError:
    if err.errno == errno.EADDRINUSE:
        return UsageError(f"port {port} is already in use", hint=taken)
    if err.errno == errno.EACCES:
        return UsageError(f"only root may listen on port {port}", hint="choose one from 1024 on with --port")
    if err.errno == errno.EADDRNOTAVAIL or isinstance(err, socket.gaierror):
        hint = "name one of its own with --host, or 0.0.0.0 for all of them"
        return UsageError(f"this machine has no address {host}", hint=hint)
    what = f"can't listen at {host}, port {port} ({library_errors.of_system(err)})"
    return UsageError(what, hint="choose others with --host and --port")
