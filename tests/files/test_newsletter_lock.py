"""The newsletter's lock: one writer at a time, across threads and processes, and an error that says why it can't be."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from newsletter.files import newsletter_lock as module
from newsletter.files.newsletter_lock import LockedError, NoLockError, newsletter_lock

_HOLDER = """
import sys
from pathlib import Path
from newsletter.files.newsletter_lock import newsletter_lock
with newsletter_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(root: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_another_processs_lock_is_waited_for_and_ends_with_it_even_if_it_is_killed(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        with pytest.raises(LockedError, match=f"process {process.pid}") as caught, newsletter_lock(tmp_path, seconds=0):
            pass
        assert (caught.value.code, caught.value.process) == ("newsletter-locked", process.pid)
        threading.Timer(0.1, process.send_signal, [signal.SIGKILL]).start()
        with newsletter_lock(tmp_path, seconds=60):
            assert process.wait(60) == -signal.SIGKILL


def test_a_thread_may_take_its_own_lock_again_and_another_one_waits(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    order: list[str] = []

    def other() -> None:
        with newsletter_lock(tmp_path):
            order.append("other")

    thread = threading.Thread(target=other)
    with newsletter_lock(tmp_path):
        with newsletter_lock(tmp_path / "folder" / ".."):
            thread.start()
        order.append("first")
    thread.join(60)
    assert order == ["first", "other"]


def test_a_thread_that_waits_too_long_is_told_so(tmp_path: Path) -> None:
    caught: list[LockedError] = []

    def other() -> None:
        try:
            with newsletter_lock(tmp_path, seconds=0.01):
                raise AssertionError
        except LockedError as err:
            caught.append(err)

    thread = threading.Thread(target=other)
    with newsletter_lock(tmp_path):
        thread.start()
        thread.join(60)
    assert [err.process for err in caught] == [os.getpid()]
    with newsletter_lock(tmp_path, seconds=0):  # an error within it frees it too
        pass


def test_newsletters_have_locks_of_their_own(tmp_path: Path) -> None:
    with newsletter_lock(tmp_path / "a"), newsletter_lock(tmp_path / "b"):
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    assert sorted(path.name for path in (tmp_path / "a/.newsletter").iterdir()) == [".gitignore", "lock"]


def test_an_error_while_it_is_held_frees_it(tmp_path: Path) -> None:
    with pytest.raises(KeyError), newsletter_lock(tmp_path), newsletter_lock(tmp_path):
        raise KeyError
    with holder(tmp_path) as process:
        process.communicate(timeout=60)
    assert process.returncode == 0


def test_writers_in_many_threads_do_not_lose_each_others_changes(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")

    def count() -> None:
        for _ in range(20):
            with newsletter_lock(tmp_path, seconds=60):
                number = int(counter.read_text())
                time.sleep(0)
                counter.write_text(str(number + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.read_text() == "80"


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOLCK, "file system has no locks"), (errno.EOPNOTSUPP, "file system has no locks"), (errno.EIO, "error")],
)
def test_a_file_system_without_locks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    def refused(handle: int, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refused)
    with pytest.raises(NoLockError, match=words), newsletter_lock(tmp_path):
        pass
    monkeypatch.undo()
    with newsletter_lock(tmp_path, seconds=0):
        pass


def test_a_read_only_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(folder: Path) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(folder))

    monkeypatch.setattr(module, "make_cache_folder", refused)
    with pytest.raises(NoLockError, match="Read-only") as caught, newsletter_lock(tmp_path):
        pass
    assert "can be written to" in caught.value.hint


def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / ".newsletter").mkdir()
    (tmp_path / ".newsletter" / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NoLockError, match=r"lock can't be locked"), newsletter_lock(tmp_path):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_forked_process_does_not_keep_its_parents_lock(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with newsletter_lock(tmp_path):
        child = os.fork()
        if child == 0:
            os.read(reading, 1)
            os._exit(0)
    with newsletter_lock(tmp_path, seconds=0):
        pass
    os.write(writing, b".")
    assert os.waitpid(child, 0)[1] == 0


def test_a_forked_process_does_not_believe_that_it_holds_its_parents_lock(tmp_path: Path) -> None:
    with newsletter_lock(tmp_path):
        child = os.fork()
        if child == 0:
            try:
                with newsletter_lock(tmp_path, seconds=0):
                    os._exit(1)
            except LockedError:
                os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_lock_whose_file_was_deleted_meanwhile_is_taken_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = fcntl.flock
    path = tmp_path / ".newsletter" / "lock"

    def deleted(handle: int, operation: int) -> None:
        lock(handle, operation)
        path.unlink()
        monkeypatch.undo()

    monkeypatch.setattr(fcntl, "flock", deleted)
    with newsletter_lock(tmp_path, seconds=0):
        assert path.exists()
        with path.open() as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
