"""The lock of a newsletter: one writer of its manuscripts at a time, across processes and threads.

The lock is that of the file ``.newsletter/lock`` (flock), so the system frees it when its process ends, even by a
crash. The file is never deleted: two processes could then each lock a file of that name. Text editors and git don't
take part, so writers also check that a file is still the one they read.
"""

import errno
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from newsletter.errors import NewsletterError
from newsletter.files import library_errors
from newsletter.files.cache_folder import CACHE, make_cache_folder

PATIENCE = 10.0
"""The number of seconds that a writer waits for another one by default."""

_NAME = "lock"
_SHORTEST, _LONGEST = 0.001, 0.02  # seconds between two attempts
_BUSY = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES})
_WITHOUT_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL})


class LockedError(NewsletterError):
    """A newsletter whose files another program has been changing for too long.

    ``seconds`` is the time that this one has waited, ``process`` the other's process id, or 0 if it isn't known.
    """

    code = "newsletter-locked"

    def __init__(self, *, seconds: float, process: int = 0) -> None:
        self.seconds, self.process = seconds, process
        other = f"another program (process {process})" if process else "another program"
        if process == os.getpid():
            other = "another change"
        super().__init__(
            f"{other} has kept this newsletter's files locked for {seconds:.0f} seconds; nothing was changed here",
            hint="try again; if it stays like this, stop that program",
        )


class NoLockError(NewsletterError):
    """A newsletter that can't be locked, for example in a read-only folder; ``reason`` says why."""

    code = "newsletter-lock-missing"

    def __init__(self, *, path: Path, reason: str, hint: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path} can't be locked: {reason}; nothing was changed", hint=hint)


class _HeldLocks(threading.local):
    """The locks that this thread holds: the depth of each, by newsletter."""

    def __init__(self) -> None:
        self.depths: dict[Path, int] = {}


_held = _HeldLocks()
_handles: set[int] = set()  # of locked files, of all threads
_threads: dict[Path, threading.Lock] = {}  # they hand a lock on at once; the file's alone would have to be polled
_guard = threading.Lock()


def _forget_locks() -> None:
    """Forget in a forked process what its parent holds: it has the parent's memory, but none of its threads."""
    global _guard
    _guard = threading.Lock()
    for handle in _handles:
        os.close(handle)
    _handles.clear()
    _threads.clear()
    _held.depths.clear()


os.register_at_fork(after_in_child=_forget_locks)


@contextmanager
def newsletter_lock(root: Path, *, seconds: float = PATIENCE) -> Iterator[None]:
    """Hold the lock of the newsletter in a folder. A thread that holds it already may take it again.

    Wait at most so many seconds for another writer. Raise LockedError after that, and NoLockError if the file can't be
    made or the file system has no locks.
    """
    newsletter = root.resolve()
    depth = _held.depths.get(newsletter, 0)
    if depth == 0:
        handle = _locked(newsletter, seconds)
    _held.depths[newsletter] = depth + 1
    try:
        yield
    finally:
        if depth:
            _held.depths[newsletter] = depth
        else:
            del _held.depths[newsletter]
            _unlock(handle)
            _threads[newsletter].release()


def _locked(newsletter: Path, seconds: float) -> int:
    """Return a handle of the locked file, with the lock among threads held too."""
    path, end = newsletter / CACHE / _NAME, time.monotonic() + seconds
    with _guard:
        among_threads = _threads.setdefault(newsletter, threading.Lock())
    if not among_threads.acquire(timeout=seconds):
        raise LockedError(seconds=seconds, process=os.getpid())
    try:
        handle = _locked_file(path, seconds, end)
    except BaseException:
        among_threads.release()
        raise
    with suppress(OSError):  # a full disk; the number is only for messages
        os.pwrite(handle, f"{os.getpid():<20}\n".encode(), 0)
    _handles.add(handle)
    return handle


def _unlock(handle: int) -> None:
    _handles.discard(handle)
    fcntl.flock(handle, fcntl.LOCK_UN)  # closing it isn't enough if a forked process has it open too
    os.close(handle)


def _locked_file(path: Path, seconds: float, end: float) -> int:
    while True:
        handle = _opened(path)
        try:
            _wait(handle, path, seconds, end)
            if os.path.samestat(os.fstat(handle), path.lstat()):
                return handle
        except FileNotFoundError:  # somebody has cleared the folder of caches: lock the new file
            pass
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _opened(path: Path) -> int:
    try:
        make_cache_folder(path.parent)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    except OSError as err:
        reason = library_errors.of_system(err)
        raise NoLockError(path=path, reason=reason, hint=_HINTS.get(err.errno or 0, _HINT)) from err


def _wait(handle: int, path: Path, seconds: float, end: float) -> None:
    """Lock the file, and try again and again until ``end`` while another process has it."""
    pause = _SHORTEST
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as err:
            if err.errno in _WITHOUT_LOCKS:
                reason = "its file system has no locks, so two programs could overwrite each other's changes"
                raise NoLockError(path=path, reason=reason, hint="keep the newsletter on another disk") from err
            if err.errno not in _BUSY:
                raise NoLockError(path=path, reason=library_errors.of_system(err), hint=_HINT) from err
        if (left := end - time.monotonic()) <= 0:
            raise LockedError(seconds=seconds, process=_process(handle))
        time.sleep(min(pause, left))
        pause = min(pause * 2, _LONGEST)


def _process(handle: int) -> int:
    """Return the id of the process that has written its number into the file, or 0."""
    try:
        return int(os.pread(handle, 20, 0))
    except (OSError, ValueError):
        return 0


_HINT = "make sure you may write to this folder"
_HINTS = {
    errno.EROFS: "use a folder that can be written to",
    errno.ENOSPC: "make room on the disk and try again",
    errno.EDQUOT: "make room on the disk and try again",
    errno.ELOOP: "remove this link",
}
