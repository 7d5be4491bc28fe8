"""The state of files on disk, to find out whether any has changed without reading them."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class FileState(NamedTuple):
    """A file's state, which differs after each save: its inode, size in bytes and time of change in ns."""

    path: str
    inode: int
    size: int
    changed: int


def file_states(places: Iterable[Path]) -> frozenset[FileState]:
    """Return the state of each file among the places and below the folders among them.

    Places that don't exist or can't be read are left out. Links to folders are not followed.
    """
    states: list[FileState] = []
    for place in places:
        try:
            status = place.stat()
        except OSError:
            continue
        if stat.S_ISDIR(status.st_mode):
            _add_below(str(place), states)
        else:
            states.append(FileState(str(place), status.st_ino, status.st_size, status.st_mtime_ns))
    return frozenset(states)


def _add_below(folder: str, states: list[FileState]) -> None:  # a list, not a generator: every page looks at all files
    try:
        with os.scandir(folder) as entries:
            files = list(entries)
    except OSError:  # deleted meanwhile, or unreadable
        return
    for file in files:
        if file.is_dir(follow_symlinks=False):
            _add_below(file.path, states)
            continue
        try:
            status = file.stat()
        except OSError:  # deleted meanwhile, or a broken link
            continue
        states.append(FileState(file.path, status.st_ino, status.st_size, status.st_mtime_ns))
