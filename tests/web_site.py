"""A web server on the loopback whose answers a test chooses by path."""

import gzip
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from newsletter.fetching import WebClient

HTML = {"Content-Type": "text/html; charset=utf-8"}
PIECE = (
    b"<!doctype html><html lang=en><head><title>The bell on the mudflat</title>"
    b'<meta property="og:site_name" content="The Breakwater Almanac"></head>'
    b"<body><article><h1>The bell on the mudflat</h1>"
    b"<p>The bell on the mudflat has no rope and no keeper. It hangs from a frame of oak that the tide covers.</p>"
    b"<p>In calm weather it strikes once or twice, like somebody who has thought better of it.</p>"
    b"</article></body></html>"
)
BOMB = 1024**3  # bytes, unpacked


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSite:
    """A running server: its address, a client that may connect to it, and the requests that it got."""

    url: str
    client: WebClient
    requested: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


def packed_bomb() -> Iterator[bytes]:
    """Yield a gigabyte of zeros, compressed to a megabyte."""
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(1024 * 1024)
    for _ in range(BOMB // len(zeros)):
        yield packer.compress(zeros)
    yield packer.flush()


class _Handler(BaseHTTPRequestHandler):
    site: WebSite
    released: threading.Event

    def do_GET(self) -> None:
        self.site.requested.append(self.path)
        self.site.headers.append(dict(self.headers))
        name, _, rest = self.path.strip("/").partition("/")
        answer: Callable[[str], None] = getattr(
            self, f"answer_{name.partition('?')[0].replace('-', '_')}", self.answer_missing
        )
        with suppress(OSError):  # the client closed the connection
            answer(rest)

    def answer_piece(self, _rest: str) -> None:
        self._answer(200, HTML, PIECE)

    def answer_hangup(self, _rest: str) -> None:
        self.close_connection = True

    def answer_packed(self, _rest: str) -> None:
        self._answer(200, {**HTML, "Content-Encoding": "gzip"}, gzip.compress(PIECE[:200]) + gzip.compress(PIECE[200:]))

    def answer_deflated(self, rest: str) -> None:
        packer = zlib.compressobj(wbits=-15 if rest == "raw" else 15)
        self._answer(200, {**HTML, "Content-Encoding": "deflate"}, packer.compress(PIECE) + packer.flush())

    def answer_bomb(self, _rest: str) -> None:
        self._answer(200, {**HTML, "Content-Encoding": "gzip"})
        for chunk in packed_bomb():
            self.wfile.write(chunk)

    def answer_damaged(self, _rest: str) -> None:
        self._answer(200, {**HTML, "Content-Encoding": "gzip"}, b"\x1f\x8b\x08\0\0\0\0\0\0\0not gzip at all")

    def answer_brotli(self, _rest: str) -> None:
        self._answer(200, {**HTML, "Content-Encoding": "br"}, b"\x0b\x02\x80")

    def answer_large(self, _rest: str) -> None:
        self._answer(200, HTML, PIECE.replace(b"</article>", b"<!--" + b"x" * 5_000_000 + b"--></article>"))

    def answer_broken_off(self, _rest: str) -> None:
        self._answer(200, {**HTML, "Content-Length": "100000"}, PIECE)

    def answer_redirect(self, rest: str) -> None:
        self._answer(302, {"Location": f"/redirect/{int(rest) - 1}" if int(rest) > 1 else "/piece?utm_source=rss"})

    def answer_circle(self, _rest: str) -> None:
        self._answer(301, {"Location": "/circle"})

    def answer_to(self, rest: str) -> None:
        target = unquote(rest).replace("_", "/")  # in raw UTF-8, as some servers write it
        self._answer(302, {"Location": target.encode().decode("latin-1")})

    def answer_refresh(self, rest: str) -> None:
        page = f'<title>{self.path}</title><META http-equiv="refresh" content="0;URL=\'{rest or "/piece"}\'">'
        self._answer(200, HTML, page.encode())

    def answer_status(self, rest: str) -> None:
        self._answer(int(rest), HTML, b"<title>Error page</title>")

    def answer_file(self, rest: str) -> None:
        self._answer(200, {"Content-Type": rest} if rest else {}, b"%PDF-1.7")

    def answer_untyped(self, _rest: str) -> None:
        self._answer(200, {}, PIECE)

    def answer_barrier(self, _rest: str) -> None:
        self._answer(200, HTML, b"<title>Just a moment...</title><p>Checking your browser")

    def answer_empty(self, _rest: str) -> None:
        self._answer(200, HTML)

    def answer_drip(self, _rest: str) -> None:
        self._answer(200, HTML)
        while not self.released.wait(0.02):
            self.wfile.write(b"<p>")

    def answer_silent(self, _rest: str) -> None:
        self.released.wait(30)

    def answer_missing(self, _rest: str) -> None:
        self._answer(404, HTML, b"<title>Nothing here</title>")

    def _answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def web_site() -> Iterator[WebSite]:
    """Run a server until the end of the block."""
    released = threading.Event()
    handler = type("Handler", (_Handler,), {"released": released})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    site = WebSite(
        url=f"http://127.0.0.1:{server.server_port}",
        client=WebClient(admits=lambda address: address.is_loopback, seconds=30),
    )
    handler.site = site  # type: ignore[attr-defined]  # declared in the base class of type() above
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        released.set()
        server.shutdown()
        server.server_close()
        thread.join()
