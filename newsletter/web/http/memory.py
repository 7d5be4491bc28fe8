"""Keep the memory of a server small that runs for days on an editor's computer."""

import asyncio
import ctypes
import gc
import sys
import time
from contextlib import suppress

_M_ARENA_MAX = -8  # glibc's malloc.h; see mallopt(3)
_WORK = 0.2  # seconds of processor time after which there may be memory to return


def keep_memory_small() -> None:
    """Set up a process that serves for days, before its application is built."""
    share_memory()
    leave_out_old_pydantic()
    collect_often()


def share_memory() -> None:
    """Let all threads of this process allocate from one arena.

    By default glibc gives up to eight for each processor, and what a thread has once used stays in its own.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library has no such setting
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def leave_out_old_pydantic() -> None:
    """Keep FastAPI from loading version 1 of Pydantic (1.5 MB) only to find that no route has a model of it."""
    sys.modules.setdefault("pydantic.v1", None)  # type: ignore[arg-type]  # "not found": FastAPI expects that


def collect_often() -> None:
    """Collect garbage often, which a command does rarely; what is loaded by now is left out of it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)


def return_memory() -> None:
    """Return freed memory to the system: glibc keeps it after a large piece of work."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


async def return_memory_often(every: float = 5.0) -> None:
    """Return freed memory to the system now and then, until this is cancelled; not while the process does nothing."""
    used = 0.0
    while True:
        await asyncio.sleep(every)
        if time.process_time() - used > _WORK:
            await asyncio.to_thread(return_memory)
            used = time.process_time()
