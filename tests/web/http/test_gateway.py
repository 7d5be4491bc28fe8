"""The gateway in front of every public page."""

import asyncio
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from newsletter.web.http.slow_clients import LARGEST_HEAD, HeaderTimeoutProtocol
from newsletter.web.public.app import public_app
from newsletter.web.public.server import public_server
from tests import make
from tests.event_loop import run
from tests.web.public.public_pages import HOST, Public, public


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Public]:
    """Start one server for all tests of this module, which don't change it."""
    with public(tmp_path_factory.mktemp("gate")) as at:
        yield at


@pytest.mark.parametrize(
    "host",
    ["evil.example.org", "news.example.org.evil.example", "127.0.0.1", "news.example.org:8026", "localhost", ""],
)
@pytest.mark.parametrize("path", ["/", "/subscribe", "/unsubscribe/2026-11-23/x", "/api/openapi.json", "/nowhere"])
def test_another_host_is_refused_on_every_route(pages: Public, path: str, host: str) -> None:
    with pages.client() as client:
        for method in ("GET", "POST"):
            answer = client.request(method, path, headers={"Host": host})
            assert answer.status_code == 421
            assert "Daily Test" not in answer.text


@pytest.mark.parametrize("host", [HOST, HOST.upper(), f"{HOST}:443"])
def test_its_own_host_is_answered(pages: Public, host: str) -> None:
    with pages.client() as client:
        assert client.get(pages.site.pages.css_name, headers={"Host": host}).status_code == 200


def every_path(pages: Public) -> Iterator[str]:
    """Yield the path of each route, with its parameters."""
    for route in iter_route_contexts(public_app(pages.site).routes):
        assert route.path is not None
        yield route.path


def test_every_route_is_behind_the_gateway(pages: Public) -> None:
    """Every route refuses other hosts and other methods."""
    paths = {re.sub(r"\{[^}]+\}", "1", path) for path in every_path(pages)}
    assert {
        "/subscribe",
        "/my/1/erase",
        "/unsubscribe/1/1",
        "/api/sign-ups",
        "/api/openapi.json",
        "/search",
        "/help",
    } <= paths
    with pages.client() as client:
        for path in sorted(paths):
            assert client.get(path, headers={"Host": "evil.example.org"}).status_code == 421, path
            assert client.put(path).status_code == 405, path
            assert client.get(path).headers["Content-Security-Policy"].startswith("default-src 'none'"), path


@pytest.mark.parametrize(
    "path", ["/nowhere", "/style.css", "/.env", "/static/../newsletter.toml", "/%2e%2e/etc/passwd"]
)
def test_an_unknown_path_gets_the_not_found_page(pages: Public, path: str) -> None:
    with pages.client() as client:
        answer = client.get(path)
    assert answer.status_code == 404
    assert "Page not found" in answer.text


def test_every_answer_has_strict_headers(pages: Public) -> None:
    with pages.client() as client:
        for path in ("/nowhere", pages.site.pages.css_name, "/api/openapi.json"):
            headers = client.get(path).headers
            policy = headers["Content-Security-Policy"].split("; ")
            assert policy[0] == "default-src 'none'"
            assert not [rule for rule in policy if "unsafe" in rule or rule.startswith("script-src")]
            assert "frame-ancestors 'none'" in policy
            assert headers["Referrer-Policy"] == "no-referrer"
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Strict-Transport-Security"].startswith("max-age=")
            assert "Server" not in headers
            assert "Set-Cookie" not in headers


def test_without_tls_there_is_no_hsts_header(tmp_path: Path) -> None:
    with public(tmp_path, newsletter=make.newsletter(base_url="http://localhost:8026")) as at, at.client() as client:
        headers = client.get("/nowhere", headers={"Host": "localhost:8026"}).headers
        assert "Strict-Transport-Security" not in headers


def test_pages_are_served_below_the_path_of_the_base_url(tmp_path: Path) -> None:
    newsletter = make.newsletter(base_url="https://news.example.org/letters")
    with public(tmp_path, newsletter=newsletter) as at, at.client() as client:
        name = at.site.pages.css_name
        assert client.get(f"/letters{name}").status_code == 200
        for path in (name, f"/lettersque{name}", "/"):
            assert client.get(path).status_code == 404
        assert f"/letters{name}" in client.get("/letters/nowhere").text


def test_a_body_that_is_too_large_is_refused_whatever_its_header_says(pages: Public) -> None:
    with pages.client() as client:
        assert client.post("/subscribe", content=b"x" * 70_000).status_code == 413
        chunks = (b"x" * 10_000 for _ in range(20))
        assert client.post("/subscribe", content=chunks).status_code == 413


def test_a_request_without_complete_headers_times_out(tmp_path: Path) -> None:
    whole = b"GET /nowhere HTTP/1.1\r\nHost: evil.example.org\r\n\r\n"
    with public(tmp_path, time_limit=0.2) as at:
        for before, half in ((b"", b""), (b"", b"GET /help HTTP/1.1\r\nHost: news"), (whole, b"GET /help HTTP/")):
            with socket.create_connection(("127.0.0.1", at.port), timeout=20) as connection:
                file = connection.makefile("rb")
                if before:
                    connection.sendall(before)
                    assert any(b"base_url" in line for line in file)  # reads no further line
                connection.sendall(half)
                assert file.read() == b""  # until the server closes the connection


def test_headers_that_are_too_large_are_refused(pages: Public) -> None:
    with socket.create_connection(("127.0.0.1", pages.port), timeout=20) as connection:
        connection.sendall(b"GET /help HTTP/1.1\r\nHost: news.example.org\r\nX: " + b"x" * 100_000)
        assert connection.makefile("rb").readline().split()[1] == b"400"


class _Written(asyncio.Transport):
    """A transport that keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.content = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.content += data

    def close(self) -> None:
        """Keep the content."""

    def is_closing(self) -> bool:
        return False


@pytest.mark.parametrize("before", [b"", b"GET /a HTTP/1.1\r\nHost: news.example.org\r\n\r\n"])
@pytest.mark.parametrize(
    "head",
    [
        b"GET /b HTTP/1.1\r\nHost: news.example.org\r\nX: " + b"x" * LARGEST_HEAD,
        b"GET /b HTTP/1.1\r\nHost: news.example.org" + b"\r\nX: 12345" * (LARGEST_HEAD // 6),
        b"GET /" + b"b" * LARGEST_HEAD + b" HTTP/1.1\r\nHost: news.example.org",
    ],
)
def test_headers_that_are_too_large_are_refused_in_a_single_read(before: bytes, head: bytes) -> None:
    reached: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope["path"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async def answer() -> bytes:
        config = public_server(app, ready=lambda: None, log=lambda _: None).config
        config.load()
        assert issubclass(config.http_protocol_class, HeaderTimeoutProtocol)
        connection = config.http_protocol_class(config=config, server_state=ServerState(), app_state={})
        transport = _Written()
        connection.connection_made(transport)
        connection.data_received(before + head + b"\r\n\r\n")
        await asyncio.sleep(0)
        connection.connection_lost(None)
        return transport.content

    refused = run(answer())
    assert b"400 Bad Request" in refused
    assert b"headers are too large" in refused
    assert "/b" not in "".join(reached)


def test_a_request_without_a_complete_body_times_out(tmp_path: Path) -> None:
    with public(tmp_path, time_limit=0.2) as at, socket.create_connection(("127.0.0.1", at.port)) as connection:
        connection.settimeout(20)
        lines = ["POST /subscribe HTTP/1.1", f"Host: {HOST}", "Content-Length: 100", "", "address="]
        connection.sendall("\r\n".join(lines).encode())
        assert connection.makefile("rb").readline().split()[1] == b"408"


def test_a_websocket_is_refused(pages: Public) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    with pages.client() as client:
        assert client.get("/subscribe", headers=upgrade).status_code != 101
