"""Who holds a lease: a process, told apart from every other one, also after a restart of the machine."""

import os
import secrets
import socket
from pathlib import Path

_PROC = Path("/proc")


_given_up: set[str] = set()


def this_process() -> str:
    """A name for a new lease of this process: host, number, run of the machine, start and a nonce, between spaces."""
    return " ".join((_host(), str(os.getpid()), _run(), _started(os.getpid()) or "-", secrets.token_hex(4)))


def give_up(holder: str) -> None:
    """This process, which lives, holds nothing by that name any more, whatever the database could be told."""
    _given_up.add(holder)


def in_words(holder: str) -> str:
    """A holder as an operator looks for it."""
    host, pid, run, *_ = [*holder.split(), "?", "?", "?"]
    if host == _host() and run != _run():
        return f"process {pid} on {host} (another machine of that name, or this one before it was started again)"
    return f"process {pid} on {host}"


def is_gone(holder: str) -> bool:
    """Return whether the process is certain to have ended: it was one of this run of this machine, and isn't there.

    A machine's name says little: containers and clones share theirs, and their machine-id too. So nothing is known of a
    process whose run of the machine, or whose space of process numbers, is another one.
    """
    if holder in _given_up:
        return True
    _, pid, run, started, *_ = [*holder.split(), *[""] * 4]
    if not pid.isdecimal() or "-" in (run, started):
        return False
    return run == _run() and _started(int(pid)) != started


def _host() -> str:
    return socket.gethostname().replace(" ", "_") or "?"


def _run() -> str:
    """This run of the machine, and the space that its process numbers are of: containers have their own."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{(_PROC / 'self/ns/pid').readlink()}"
    except OSError:  # not Linux: only the lease's end says that a process is gone
        return "-"


def _started(pid: int) -> str | None:
    """When a process started, in the kernel's own count; None where there is none, or it has ended (proc(5))."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in ("Z", "X") else fields[19]
