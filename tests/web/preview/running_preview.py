"""A small newsletter on disk, and a real preview server for it."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from starlette.types import ASGIApp

from newsletter.web.preview.app import preview_app, preview_server
from newsletter.web.preview.file_watcher import FileWatcher

TOKEN = "the token of this start"

TOML = """\
name = "The Daily Test"
from = "The Daily Test <editors@news.example.org>"
postal_address = "1 Test Street, 12345 Testville"
base_url = "https://news.example.org"

[topics.railways]
name = "Railways"

[topics.soil]
name = "Soil"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsletterFolder:
    """A newsletter's folder, with methods that write its files."""

    root: Path

    def entry(self, slug: str, *, body: str = "", **fields: object) -> Path:
        """Write an entry; a field given as None is left out."""
        values = {
            "title": f"About {slug}",
            "url": f"https://example.org/review/{slug}",
            "source": "The Review",
            "topics": ["Railways"],
        } | fields
        path = self.root / f"issues/entries/{slug}.md"
        return _write(
            path, values, body or f"A framing of {slug}, which says:\n\n> These words, . . . as they stood.\n"
        )

    def issue(self, slug: str, *entries: str, note: str = "", **fields: object) -> Path:
        """Write an issue; its date is its slug."""
        values: dict[str, object] = {
            "date": slug,
            "number": 7,
            "subject": f"What happened until {slug}",
            "preheader": "What a timetable can teach.",
            "entries": list(entries),
        }
        greeting = 'Good morning, {{ subscriber.first_name | default("reader") }}.\n'
        return _write(self.root / f"issues/{slug}.md", values | fields, note or greeting)


def write_newsletter(root: Path) -> NewsletterFolder:
    """Write a newsletter of two issues: three entries on 23 November 2026, one the day before."""
    folder = NewsletterFolder(root=root)
    (root / "issues/entries").mkdir(parents=True)
    (root / "newsletter.toml").write_text(TOML, encoding="utf-8")
    for slug in ("night-train", "good-soil", "tired-bridge", "old-map"):
        folder.entry(slug)
    folder.issue("2026-11-22", "old-map", number=6)
    folder.issue("2026-11-23", "night-train", "good-soil", "tired-bridge")
    return folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """A running preview or studio: its port, and the URL it printed at its start."""

    host: str

    @property
    def base(self) -> str:
        """Return the URL without the token."""
        return f"http://{self.host}"

    @property
    def door(self) -> str:
        """Return the URL that authorizes a browser."""
        return f"{self.base}/?token={TOKEN}"


def morning() -> datetime:
    """Return the time at which tests look at the small newsletter: the morning of its second issue."""
    return datetime(2026, 11, 23, 6, tzinfo=UTC)


@contextmanager
def listening(root: Path) -> Iterator[Listening]:
    """Run the preview of a newsletter on a free port, in a thread that stops at the end."""
    watcher = FileWatcher(root)

    def app_for(host: str) -> ASGIApp:
        return preview_app(root, allowed_hosts=[host], token=TOKEN, watcher=watcher, clock=morning)

    with listening_app(app_for, watcher) as at:
        yield at


@contextmanager
def listening_app(app_for: Callable[[str], ASGIApp], watcher: FileWatcher, port: int = 0) -> Iterator[Listening]:
    """Run an application on a port, by default a free one, in a thread that stops at the end.

    ``app_for`` makes it for its host.
    """
    with socket.create_server(("127.0.0.1", port)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        app = app_for(host)
        ready = threading.Event()
        server = preview_server(app, watcher, ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert ready.wait(20), "the server did not start"
            yield Listening(host=host)
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive(), "the server did not stop"


def _write(path: Path, fields: dict[str, object], body: str) -> Path:
    # JSON is YAML and unambiguous. Only dates must not be quoted.
    lines = [
        f"{name}: {value if name == 'date' else json.dumps(value, ensure_ascii=False)}"
        for name, value in fields.items()
        if value is not None
    ]
    path.write_text("\n".join(["---", *lines, "---", body]), encoding="utf-8")
    return path
