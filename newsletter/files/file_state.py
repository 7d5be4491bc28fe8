"""The state of files on disk, to find out whether any has changed without reading them."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
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
    return frozenset(state for place in places for state in _states(place))


def _states(place: Path) -> Iterator[FileState]:
    try:
        status = place.stat()
    except OSError:
        return
    if place.is_dir():
        yield from _states_below(place)
    else:
        yield _state(str(place), status)


def _states_below(folder: str | Path) -> Iterator[FileState]:
    try:
        with os.scandir(folder) as entries:
            files = list(entries)
    except OSError:  # deleted meanwhile, or unreadable
        return
    for file in files:
        if file.is_dir(follow_symlinks=False):
            yield from _states_below(file.path)
        else:
            with suppress(OSError):  # deleted meanwhile, or a broken link
                yield _state(file.path, file.stat())


def _state(path: str, status: os.stat_result) -> FileState:
    return FileState(path, status.st_ino, status.st_size, status.st_mtime_ns)
