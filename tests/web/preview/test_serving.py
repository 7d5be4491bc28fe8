"""``serve_preview`` in its own process."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from newsletter.errors import UsageError
from newsletter.web.preview.app import HOST, listen_locally, serve_preview
from tests.web.preview.running_preview import NewsletterFolder

REPOSITORY = Path(__file__).parents[3]
PROGRAM = """
import sys, functools
from pathlib import Path
from newsletter.web.preview.app import serve_preview
say = functools.partial(print, flush=True)
port = int(sys.argv[2]) if len(sys.argv) > 2 else None
serve_preview(Path(sys.argv[1]), port=port, open_page=lambda address: say("opened", address), say=say)
"""


@contextmanager
def _served(folder: NewsletterFolder, *port: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    command = [sys.executable, "-c", PROGRAM, str(folder.root), *port]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def test_the_printed_url_opens_the_preview_and_it_stops_at_once_with_open_pages(folder: NewsletterFolder) -> None:
    with _served(folder) as (process, address), httpx.Client(follow_redirects=True) as client:
        assert address.startswith("http://127.0.0.1:")
        assert process.stdout is not None
        assert process.stdout.readline().strip() == f"opened {address}"
        assert "The Daily Test" in client.get(address).text
        with client.stream("GET", address.split("/?")[0] + "/changes", timeout=20) as stream:
            lines = stream.iter_lines()
            next(lines)
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_the_preview_listens_on_loopback_only(folder: NewsletterFolder) -> None:
    with _served(folder) as (_, address):
        port = int(address.split(":")[2].split("/")[0])
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.2", port), timeout=20)


def test_the_default_port_answers_without_delay_and_another_is_used_if_it_is_taken() -> None:
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    with listen_locally(None, port) as first, listen_locally(None, port) as second:
        assert first.getsockname()[1] == port != second.getsockname()[1]
        for listening in (first, second):
            assert listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_port_in_use_is_an_error_only_if_it_was_requested(folder: NewsletterFolder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(UsageError, match=r"in use: .*--port"):
        serve_preview(folder.root, port=other.getsockname()[1])
    with _served(folder) as (_, first), _served(folder) as (_, second):
        assert first.split("/?")[0] != second.split("/?")[0]
