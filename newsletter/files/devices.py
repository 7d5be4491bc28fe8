"""Paths whose file is written to and never replaced: devices, pipes, and open files such as /dev/stdout."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

_MOST_LINKS = 40  # in a row, as on Linux


def open_in_place(path: Path) -> BinaryIO | None:
    """Open a device, a pipe or an open file for writing, at its end; return None if the path isn't one.

    Raise OSError if it can't be written to.
    """
    shared = _open_file(path)
    if shared is not None and shared.parent in (Path(f"/proc/{os.getpid()}/fd"), Path("/dev/fd")):
        return os.fdopen(os.dup(int(shared.name)), "wb")  # shares its position with stdout
    if shared is not None or _is_device_or_pipe(path):
        return open(path, "wb", opener=_open_existing)
    return None


def _open_file(path: Path) -> Path | None:
    """Return the entry of /proc or /dev/fd that links lead to, such as /proc/7/fd/1; None if they don't lead there.

    An entry of /proc is itself a link, to the file that some process has opened under any name.
    """
    for _ in range(_MOST_LINKS):
        path = Path(os.path.realpath(path.parent), path.name)
        if path.is_relative_to("/proc") or path.is_relative_to("/dev/fd"):
            return path
        if not path.is_symlink():
            return None
        path = path.parent / path.readlink()
    return None


def _is_device_or_pipe(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISBLK(mode) or stat.S_ISFIFO(mode)


def _open_existing(path: str, flags: int) -> int:
    return os.open(path, flags & ~(os.O_TRUNC | os.O_CREAT) | os.O_APPEND)
