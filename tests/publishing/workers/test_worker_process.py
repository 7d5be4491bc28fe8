"""The worker that the studio runs: started again if it dies, stopped with it, and after it if the studio is killed."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter.publishing.workers import worker_process
from newsletter.publishing.workers.worker_process import WorkerProcess, stop_without_parent

LATEST = 20.0


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    ends = time.monotonic() + LATEST
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def note_start(root: Path) -> list[str]:
    """Return a command that notes its process and then works for a long time."""
    script = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); time.sleep(600)"
    return [sys.executable, "-c", script, str(root / "starts")]


def starts(root: Path) -> list[int]:
    file = root / "starts"
    return [int(line) for line in file.read_text("utf-8").split()] if file.exists() else []


def test_a_worker_that_dies_is_started_again_and_the_last_one_ends_with_the_studio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "FIRST_PAUSE", 0.01)
    with WorkerProcess(note_start(tmp_path)) as worker:
        worker.start()
        until(lambda: len(starts(tmp_path)) == 1)
        os.kill(starts(tmp_path)[0], signal.SIGKILL)
        until(lambda: len(starts(tmp_path)) == 2)
        assert is_running(starts(tmp_path)[1])
    assert not is_running(starts(tmp_path)[1])
    assert len(starts(tmp_path)) == 2


def test_a_worker_that_was_never_started_needs_no_stop(tmp_path: Path) -> None:
    with WorkerProcess(note_start(tmp_path)):
        pass
    assert starts(tmp_path) == []


def test_a_worker_ends_when_its_parent_is_gone() -> None:
    stopped = threading.Event()
    stop_without_parent(os.getppid() + 1, stopped.set, seconds=0.01)  # as if this one's parent had been another
    assert stopped.wait(LATEST)
    still = threading.Event()
    stop_without_parent(os.getppid(), still.set, seconds=0.01)
    assert not still.is_set()
