"""A newsletter's public pages that really listen, with a clock that stands still unless it is moved."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from newsletter import rendering
from newsletter.issue import Newsletter
from newsletter.store import Store, open_store
from newsletter.tokens import Signer
from newsletter.web.public import listen, public_app, public_server
from newsletter.web.site import Pages, Site
from tests import make

HOST = "news.example.org"


@dataclass(slots=True)
class Standing:
    """A clock."""

    now: datetime = make.WHEN

    def __call__(self) -> datetime:
        """The time that it shows."""
        return self.now

    def move(self, **some: float) -> None:
        """Let time pass: ``hours=1``."""
        self.now += timedelta(**some)


@dataclass(frozen=True, slots=True, kw_only=True)
class Public:
    """The pages at work: where, their store, what was said of errors."""

    port: int
    store: Store
    site: Site
    clock: Standing
    said: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where a client connects."""
        return f"http://127.0.0.1:{self.port}"

    def client(self, **headers: str) -> httpx.Client:
        """A client that asks for the newsletter's own host, and follows nothing."""
        return httpx.Client(base_url=self.address, headers={"Host": HOST} | headers, timeout=30)


@contextmanager
def public(
    root: Path,
    *,
    newsletter: Newsletter | None = None,
    signer: Signer | None = None,
    options: Mapping[str, Any] | None = None,
) -> Iterator[Public]:
    """The public pages on a free port, in a thread; stopped at the end. ``options`` are those of ``public_app``."""
    newsletter = newsletter or make.newsletter()
    clock, said = Standing(), list[str]()
    with open_store(f"sqlite:///{root / 'newsletter.db'}") as store:
        site = Site(
            newsletter=newsletter,
            store=store,
            signer=signer or Signer(make.SECRET),
            pages=Pages(root, newsletter, rendering.load_theme(root, newsletter)),
            clock=clock,
        )
        app = public_app(site, say=said.append, **(options or {}))
        ready = threading.Event()
        listening = listen("127.0.0.1", 0)
        server = public_server(app, ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            assert ready.wait(20), "the pages were not served"
            yield Public(port=listening.getsockname()[1], store=store, site=site, clock=clock, said=said)
        finally:
            server.should_exit = True
            thread.join(20)
            listening.close()
            assert not thread.is_alive(), "the server did not stop"
