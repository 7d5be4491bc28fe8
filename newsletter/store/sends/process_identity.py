"""Names of the processes that hold leases, unique even across restarts of the machine."""

import os
import secrets
import socket
from pathlib import Path

_PROC = Path("/proc")


_ended: set[str] = set()


def this_process() -> str:
    """Return a name for a new lease of this process: host, pid, boot, start time and a nonce, separated by spaces."""
    return " ".join((_host(), str(os.getpid()), _boot(), _started(os.getpid()) or "-", secrets.token_hex(4)))


def mark_ended(holder: str) -> None:
    """Treat a lease of this process as ended, even if the database couldn't be updated."""
    _ended.add(holder)


def describe(holder: str) -> str:
    """Return a holder's name as words for an operator, such as ``process 17 on mail-1``."""
    host, pid, run, *_ = [*holder.split(), "?", "?", "?"]
    if host == _host() and run != _boot():
        return f"process {pid} on {host} (another machine of that name, or this one before it was restarted)"
    return f"process {pid} on {host}"


def is_gone(holder: str) -> bool:
    """Return whether a process has certainly ended: it belonged to this boot of this machine, and doesn't exist.

    Host names prove little, since containers and clones share them, and their machine-id too. So nothing is known about
    a process with another boot id or PID namespace.
    """
    if holder in _ended:
        return True
    _, pid, run, started, *_ = [*holder.split(), *[""] * 4]
    if not pid.isdecimal() or "-" in (run, started):
        return False
    return run == _boot() and _started(int(pid)) != started


def _host() -> str:
    return socket.gethostname().replace(" ", "_") or "?"


def _boot() -> str:
    """Return the boot id and the PID namespace, which is a container's own."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{(_PROC / 'self/ns/pid').readlink()}"
    except OSError:  # not Linux: only an expired lease shows that a process is gone
        return "-"


def _started(pid: int) -> str | None:
    """Return when a process started, in the kernel's clock ticks; None if it doesn't exist or has ended (proc(5))."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in ("Z", "X") else fields[19]
