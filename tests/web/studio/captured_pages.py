"""A web server with pages to capture, and the client that finds it under the names of publications."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

from newsletter.fetching import WebClient

PARAGRAPHS = (
    "An aeroplane gives you back the hours it did not use. A night train does something odder: it takes the night.",
    "The attendant has worked the line to Lisbon for twenty-six years. Nobody sleeps well on it, she says.",
    "The timetable was made by people who liked arriving. You can tell by the minutes, which are never round.",
)
STRICT = "default-src 'none'; connect-src 'none'; script-src 'none'; form-action 'none'; base-uri 'none'"


def article(title: str, *, author: str = "Ada Writer", paragraphs: tuple[str, ...] = PARAGRAPHS, head: str = "") -> str:
    """Return the HTML of an article with OpenGraph and a JSON-LD block."""
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} | The Gazette</title>'
        f'<meta property="og:title" content="{title}"><meta property="og:site_name" content="The Gazette">'
        f'<meta property="article:published_time" content="2026-11-17T08:00:00Z">'
        f'<meta name="author" content="{author}">{head}</head>'
        f"<body><article><h1>{title}</h1>{body}</article></body></html>"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedPages:
    """A running server. ``pages`` are bodies by path; ``held`` are paths that answer once ``go`` is set.

    ``statuses``, ``redirects`` and ``types`` replace a path's status, its page and its media type.
    """

    port: int
    pages: dict[str, str] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    go: threading.Event = field(default_factory=threading.Event)
    headers: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)

    def url(self, path: str, host: str = "gazette.example.org") -> str:
        """Return the address of a page."""
        return f"http://{host}:{self.port}{path}"

    @property
    def client(self) -> WebClient:
        """Return a client for which every name is this server's."""
        return WebClient(admits=lambda _: True, resolve=lambda *_: [ip_address("127.0.0.1")], seconds=20)

    @property
    def offline(self) -> WebClient:
        """Return a client that reaches nothing."""
        return WebClient(admits=lambda _: False, resolve=lambda *_: [ip_address("127.0.0.1")])


@contextmanager
def captured_pages() -> Iterator[CapturedPages]:
    """Serve pages until the end."""
    served: list[CapturedPages] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path in served[0].held:
                served[0].go.wait(20)
            body = served[0].pages.get(path)
            target = served[0].redirects.get(path)
            usual = 302 if target else 404 if body is None else 200
            self.send_response(served[0].statuses.get(path, usual))
            if target:
                self.send_header("Location", target)
            self.send_header("Content-Type", served[0].types.get(path, "text/html; charset=utf-8"))
            for name, value in served[0].headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write((body or "").encode())

        def log_message(self, *args: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.append(CapturedPages(port=server.server_address[1]))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served[0]
    finally:
        served[0].go.set()
        server.shutdown()
        server.server_close()
