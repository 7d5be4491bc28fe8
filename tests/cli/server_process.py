"""A server of the command line as a process of its own."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 240.0  # seconds


@contextmanager
def served(
    command: str = "serve", *arguments: str, host: str = "127.0.0.1"
) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Run a command that serves pages, and yield its process and its URL on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = [sys.executable, "-m", "newsletter", command, "--port", str(port), *arguments]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        watchdog = threading.Timer(PATIENCE, process.kill)  # so that a missing line doesn't block the test
        watchdog.start()
        try:
            process.stdout.readline()
            yield process, f"http://{host}:{port}"
        finally:
            watchdog.cancel()
            process.kill()
