"""Unusual requests to the public pages: odd paths and methods, aborted uploads, crawlers."""

import asyncio
import logging
import socket
import struct
import time
from collections.abc import Iterator
from urllib.robotparser import RobotFileParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from newsletter.web.http.gateway import Gateway, GatewayRules
from newsletter.web.public.favicon import favicon
from tests.event_loop import run
from tests.web.public.public_pages import HOST, Public, public


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Public]:
    """Start one server for all tests of this module, which don't change it."""
    with public(tmp_path_factory.mktemp("edges")) as at:
        yield at


def status_of(pages: Public, path: str, method: str = "GET") -> int:
    """Return the status of the response to an unnormalized path."""
    with socket.create_connection(("127.0.0.1", pages.port), timeout=30) as connection:
        connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        return int(connection.makefile("rb").readline().split()[1])


DIGITS = "9" * 20
PARTS = st.sampled_from(
    ["c", "o", "my", "issues", "topics", "months", "browser", "confirm", "move", "unsubscribe", "preferences", "search"]
)
ODD = st.sampled_from(
    [DIGITS, "9" * 5000, "0" * 5000, "%00", "%ff", "%ed%a0%80", "-1", "1e9", "\u0669", "2026-11-23", ""]
)


@settings(max_examples=60, deadline=None)
@given(path=st.lists(PARTS | ODD | st.text(max_size=5).map(lambda text: text.encode().hex("%")), max_size=4))
@example(path=["c", "2026-11-23", DIGITS])
@example(path=["c", "2026-11-23", "9" * 5000])
@example(path=["c", "2026-11-23", DIGITS, "x" * 48])
@example(path=["topics", "nato", "9" * 5000, ""])
@example(path=["search?page=" + "9" * 5000])
@example(path=["search?q=x&page=" + DIGITS])
@example(path=["o", "%00.gif"])
def test_no_path_causes_a_server_error(pages: Public, path: list[str]) -> None:
    target = "/" + "/".join(path).encode("ascii", "ignore").decode().replace(" ", "%20")
    for method in ("GET", "POST"):
        assert status_of(pages, target, method) < 500, target
    assert pages.logged == []


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/subscribe", "GET, HEAD, POST"),
        ("/unsubscribe/2026-11-23/x", "GET, HEAD, POST"),
        ("/c/2026-11-23/1", "GET, HEAD"),
        ("/api/sign-ups", "POST"),
        ("/hooks/ses", "POST"),
        ("/favicon.ico", "GET, HEAD"),
        ("/", "GET, HEAD"),
    ],
)
def test_a_refused_method_is_answered_with_the_allowed_ones(pages: Public, path: str, methods: str) -> None:
    with pages.client() as client:
        for method in ("DELETE", "PUT"):
            answer = client.request(method, path)
            assert (answer.status_code, answer.headers["Allow"]) == (405, methods)


def test_aborted_uploads_are_logged_once_a_minute(pages: Public) -> None:
    head = f"POST /preferences HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 1000\r\n\r\naddress="
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", pages.port), timeout=20) as connection:
            connection.sendall(head.encode())
            assert status_of(pages, "/help") == 200  # the server has begun to read
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    until = time.monotonic() + 30
    while not pages.logged and time.monotonic() < until:
        status_of(pages, "/help")
    assert pages.logged == ["uploads were aborted by their clients: 1"]
    pages.logged.clear()


def test_malformed_requests_are_logged_once_a_minute_and_others_never(pages: Public) -> None:
    def answer(request: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", pages.port), timeout=30) as connection:
            connection.sendall(request)
            return connection.makefile("rb").readline()

    logged: list[logging.LogRecord] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            logged.append(record)

    listener = Listener()
    logging.getLogger("uvicorn.error").addHandler(listener)
    for protocol in ("websocket", "h2c"):
        upgrade = f"GET /help HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n"
        assert b" 200 " in answer(upgrade.encode())
    assert pages.logged == []
    for _ in range(5):
        assert b" 400 " in answer(b"\x16\x03\x01 TLS\r\n\r\n")
    assert pages.logged == ["malformed requests were refused: 1"]
    logging.getLogger("uvicorn.error").removeHandler(listener)
    assert logged == []
    pages.logged.clear()


def _asked(gate: Gateway, times: int, peer: str, headers: list[tuple[bytes, bytes]]) -> None:
    async def ask() -> None:
        for _ in range(times):

            async def receive() -> dict[str, object]:
                return {"type": "http.disconnect"}

            async def send(_message: object) -> None:
                pass

            scope = {"type": "http", "method": "POST", "path": "/", "client": (peer, 1)}
            await gate({**scope, "headers": [(b"host", b"localhost"), *headers]}, receive, send)
        await asyncio.sleep(0.05)

    run(ask())


def test_aborted_uploads_are_counted_until_the_minute_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsletter.web.http.tally.A_MINUTE", 0.01)
    logged: list[str] = []

    async def reads(_scope: Scope, receive: Receive, _send: Send) -> None:
        from starlette.requests import Request

        await Request(_scope, receive).body()

    rules = GatewayRules(base_url="http://localhost", seconds=60, hold_back=0)
    gate = Gateway(
        reads, rules=rules, error_response=lambda _path, status: PlainTextResponse("", status), log=logged.append
    )
    _asked(gate, 5, "192.0.2.1", [])
    assert logged == [f"uploads were aborted by their clients: {number}" for number in (1, 4)]


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "warned"),
    [
        ("127.0.0.1", True, False, True),
        ("::1", True, False, True),
        ("::ffff:127.0.0.1", True, False, True),
        ("127.0.0.1", False, False, False),
        ("192.0.2.1", True, False, False),
        ("127.0.0.1", True, True, False),
    ],
)
def test_an_undeclared_local_proxy_is_reported_once(peer: str, forwarded: bool, proxies: bool, warned: bool) -> None:
    from ipaddress import ip_network

    logged: list[str] = []
    named = [ip_network("127.0.0.1")] if proxies else []
    rules = GatewayRules(base_url="http://localhost", proxies=named, seconds=60, hold_back=0)
    failed = lambda _path, status: PlainTextResponse("", status)  # noqa: E731
    gate = Gateway(PlainTextResponse("Come in."), rules=rules, error_response=failed, log=logged.append)
    _asked(gate, 3, peer, [(b"x-forwarded-for", b"203.0.113.7")] if forwarded else [])
    assert len(logged) == warned
    assert all("[serving]" in line and "proxies" in line for line in logged)


def test_robots_txt_excludes_private_pages_and_names_the_sitemap(pages: Public) -> None:
    with pages.client() as client:
        answer = client.get("/robots.txt")
        crawler = RobotFileParser()
        crawler.parse(answer.text.splitlines())
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert crawler.site_maps() == [f"https://{HOST}/sitemap.xml"]
        for path in ("/", "/issues/2026-11-23/", "/topics/", "/help", "/subscribe"):
            assert crawler.can_fetch("anybody", f"https://{HOST}{path}"), path
        for path in (
            "/my/x",
            "/unsubscribe/a/b",
            "/c/a/1",
            "/preferences/a/b",
            "/search?q=x",
            "/confirm/x",
            "/api/topics",
        ):
            assert not crawler.can_fetch("anybody", f"https://{HOST}{path}"), path
        assert f"<loc>https://{HOST}/</loc>" in client.get("/sitemap.xml").text


def test_every_page_has_an_icon(pages: Public) -> None:
    with pages.client() as client:
        for path in ("/", "/subscribe", "/nowhere"):
            page = client.get(path).text
            assert 'href="/favicon.ico"' in page
            assert 'href="/favicon.svg"' in page
        small = client.get("/favicon.ico")
        assert small.headers["Content-Type"] == "image/vnd.microsoft.icon"
        assert small.content == favicon("#8a2b2b") or small.content[:4] == b"\0\0\1\0"
        assert client.get("/favicon.svg").text.startswith("<svg")
        assert client.get("/favicon.svg").headers["Content-Type"] == "image/svg+xml"


@pytest.mark.parametrize(("color", "same"), [("#a3f", "#aa33ff"), ("rebeccapurple", "#444444"), ("#12345", "#444")])
def test_the_icon_has_the_themes_color_in_any_notation(color: str, same: str) -> None:
    assert favicon(color) == favicon(same)
