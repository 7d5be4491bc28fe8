"""A worker as a child process, so that a send goes on whatever the studio's pages do, and ends with the studio."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds before a worker that has died is started again
PATIENCE = 30.0  # seconds in which a worker ends its batch when the studio stops
PARENT_CHECK = 2.0  # seconds between two looks whether the studio is still there


class WorkerProcess:
    """A worker in a process of its own: started again if it dies, stopped with this context.

    ``arguments`` are those of its process, beginning with the program.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = tuple(arguments)
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()  # guards the process against a start while it is stopped
        self._thread = threading.Thread(target=self._run, name="worker process", daemon=True)

    def start(self) -> None:
        """Start the worker."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the worker to stop, and wait until it has: another one continues its send."""
        with self._lock:
            self._stopping.set()
            process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()  # as safe as the loss of its machine
            process.wait()
        self._thread.join(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            with self._lock:
                if self._stopping.is_set():
                    return
                # A session of its own: Ctrl-C at the studio's terminal isn't the worker's second one.
                self._process = subprocess.Popen(self._arguments, stdin=subprocess.DEVNULL, start_new_session=True)
            self._process.wait()
            if time.monotonic() - began > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            if self._stopping.wait(pause):
                return
            pause = min(2 * pause, LONGEST_PAUSE)


def stop_without_parent(parent: int, stop: Callable[[], object], *, seconds: float = PARENT_CHECK) -> None:
    """Call ``stop`` in a thread once the ``parent`` of this process has ended, however it did."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(seconds)
        stop()

    threading.Thread(target=watch, name="parent", daemon=True).start()
