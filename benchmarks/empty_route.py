"""The yardstick of pages: a FastAPI route that commits one row to the same SQLite database and does nothing else.

It runs in a process of its own, on uvicorn with the same loop and parser as ours, and has one connection in WAL mode
with synchronous=FULL.
"""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Response

from newsletter.store import sqlite_library


def main(path: Path) -> None:
    """Serve until stdin is closed; print the port once."""
    connection = sqlite_library().module.connect(str(path), timeout=60, check_same_thread=False, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS yardstick (id INTEGER PRIMARY KEY, path TEXT, at TEXT)")
    lock = threading.Lock()
    app = FastAPI(openapi_url=None)

    @app.api_route("/{rest:path}", methods=["GET", "POST"])
    def commit(rest: str) -> Response:
        with lock:
            connection.execute("INSERT INTO yardstick (path, at) VALUES (?, datetime())", (rest,))
        return Response("ok\n", media_type="text/plain")

    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    server = uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning"))
    threading.Thread(target=_stop_with_stdin, args=(server,), daemon=True).start()
    print(listener.getsockname()[1], flush=True)
    server.run(sockets=[listener])


def _stop_with_stdin(server: uvicorn.Server) -> None:
    sys.stdin.read()
    server.should_exit = True


@contextmanager
def empty_route(path: Path) -> Iterator[int]:
    """Run the server beside this process, and yield its port."""
    command = [sys.executable, "-m", "benchmarks.empty_route", str(path)]
    place = Path(__file__).parents[1]
    with subprocess.Popen(command, cwd=place, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        with server.stdin:
            yield int(server.stdout.readline())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
