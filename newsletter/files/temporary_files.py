"""Unfinished files under temporary names, and the removal of those that killed processes have left.

A process keeps its unfinished file locked, so that others can tell it from the file of a process that was killed.
"""

import fcntl
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from newsletter.files.private_files import open_privately

PART = ".part"  # the ending of temporary names, which begin with a dot
_KEPT = 48  # characters of the file's name in the temporary one: more could exceed what a file system allows
_UNIQUE = re.compile(rf"[0-9a-f]{{8}}{re.escape(PART)}")


class TemporaryFile:
    """An open file under a temporary name, ``part``. With ``private``, only its owner can read it.

    Without ``part``, the name is unique, and the file is locked until ``close``.
    """

    def __init__(self, path: Path, *, private: bool, part: Path | None = None) -> None:
        self._lock: int | None = None
        opener = open_privately if private else None
        if part is not None:
            part.unlink(missing_ok=True)
            self.part = part
            self.file: BinaryIO = open(part, "xb", opener=opener)  # noqa: SIM115
            return
        remove_abandoned(path)
        while True:
            self.part = path.with_name(f"{_beginning(path)}{os.urandom(4).hex()}{PART}")
            self.file = open(self.part, "xb", opener=opener)  # noqa: SIM115
            self._lock = _lock(self.file)
            if os.path.lexists(self.part):
                return
            self.close()  # another process took it for abandoned, because it was not locked yet

    def close(self) -> None:
        """Close the file, remove its temporary name if it still has that one, and release the lock."""
        with suppress(OSError):  # buffered octets that don't fit on the disk; the file is deleted anyway
            self.file.close()
        with suppress(OSError):
            self.part.unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def remove_abandoned(path: Path) -> None:
    """Remove the unfinished files of this name that killed processes have left, as far as permissions allow it."""
    beginning = _beginning(path)
    names: list[str] = []
    with suppress(OSError), os.scandir(path.parent) as entries:  # of a folder that we may write to but perhaps not list
        names = [entry.name for entry in entries]
    for name in names:
        if name.startswith(beginning) and _UNIQUE.fullmatch(name, len(beginning)):
            _remove_unlocked(path.with_name(name))


def _beginning(path: Path) -> str:
    return f".{path.name[:_KEPT]}."


def _remove_unlocked(part: Path) -> None:
    with suppress(OSError):  # it is locked, somebody else's or already gone
        handle = os.open(part, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink()
        finally:
            os.close(handle)


def _lock(file: BinaryIO) -> int | None:
    """Lock a file until the returned handle is closed. Return None on a file system without locks."""
    handle = os.dup(file.fileno())
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError:
        os.close(handle)
        return None
    return handle
