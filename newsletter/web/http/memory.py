"""Keep a server's memory small where the C library would give each thread memory of its own."""

import ctypes
import sys
from contextlib import suppress

_M_ARENA_MAX = -8  # glibc's malloc.h; see mallopt(3)
_ARENAS = 2


def share_memory() -> None:
    """Let all threads of this process allocate from two arenas.

    By default glibc gives up to eight for each processor, and what a thread has once used stays in its own.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library has no such setting
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
