"""A real server of a newsletter's public pages, with a clock that stands still unless moved."""

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, Route

from newsletter import bootstrap, rendering
from newsletter.archive import ArchiveCache, Cards
from newsletter.domain.publication import Newsletter
from newsletter.domain.subscriber import Subscriber
from newsletter.feedback import Feedback
from newsletter.pictures import picture_library
from newsletter.providers import Hook, open_kept_messages, open_provider
from newsletter.store import Store, open_store
from newsletter.subscriptions import ServiceMailer
from newsletter.tokens import Purpose, Signer, TicketPurpose
from newsletter.web.http.server import listen
from newsletter.web.public.app import TIME_LIMIT, public_app
from newsletter.web.public.pages import PageTemplates, Site
from newsletter.web.public.server import public_server
from newsletter.web.public.webhooks import Webhooks
from tests import make
from tests.clock import MovedClock
from tests.databases import new_sqlite, sqlite3
from tests.message_checklist import complaints, parsed

HOST = "news.example.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Public:
    """Running public pages: their port, store and log of errors."""

    root: Path
    port: int
    store: Store
    site: Site
    clock: MovedClock
    mailer: ServiceMailer
    outbox: Path
    logged: list[str] = field(default_factory=list)

    def mails(self) -> list[EmailMessage]:
        """Return the service messages that go out now, as their recipients get them, without earlier ones."""
        while self.mailer.send_batch():
            pass
        received = []
        for path in sorted(self.outbox.rglob("*.eml")):
            message = path.read_bytes()
            assert complaints(message) == []
            received.append(parsed(message))
            path.unlink()
        return received

    def reader(self, address: str = "ada@example.com", **some: Any) -> Subscriber:
        """Add a confirmed reader."""
        return self.store.subscribers.add(Subscriber(address=address, **some), now=self.clock())

    def link(self, purpose: Purpose, reader: Subscriber, issue: str = "2026-11-23") -> str:
        """Return the path of a link in a message to a reader."""
        return f"/{purpose}/{issue}/{self.site.signer.sign(purpose, issue, reader.key)}"

    def visit(self, reader: Subscriber) -> str:
        """Return the path of the link to a reader's preferences, as mailed now."""
        return f"/my/{self.site.signer.ticket(TicketPurpose.VISIT, reader.key, self.clock())}"

    def sign_up(self, client: httpx.Client, **fields: Any) -> httpx.Response:
        """Fill in the form like a person and submit it."""
        opened = hidden(client.get("/subscribe").text, "opened")
        self.clock.move(seconds=5)
        return client.post("/subscribe", data={"address": "ada@example.com", "opened": opened} | fields)

    @property
    def address(self) -> str:
        """Return the URL that clients connect to."""
        return f"http://127.0.0.1:{self.port}"

    def client(self, **headers: str) -> httpx.Client:
        """Return a client that requests the newsletter's own host and follows no redirects."""
        # No TLS: reading the machine's certificates takes longer than most tests.
        return httpx.Client(base_url=self.address, headers={"Host": HOST} | headers, timeout=30, verify=False)


def only_reader(pages: Public) -> Subscriber:
    """Return the only reader."""
    (reader,) = pages.store.subscribers.stream()
    return reader


def hidden(html: str, name: str) -> str:
    """Return the value of a hidden field."""
    field_ = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)">', html)
    assert field_, html
    return field_[1]


def link_in(mail: EmailMessage) -> str:
    """Return the path of the link in a service message, which is the same in text and HTML."""
    text, html = (str(part.get_content()) for part in mail.iter_parts())
    links = re.findall(rf"<https://{HOST}(/[^>\s]+)>", text)
    assert len(links) == 1
    assert f'href="https://{HOST}{links[0]}"' in html
    return str(links[0])


@contextmanager
def public(
    root: Path,
    *,
    newsletter: Newsletter | None = None,
    signer: Signer | None = None,
    hooks: Mapping[str, Hook] | None = None,
    database: str = "",
    time_limit: float = TIME_LIMIT,
) -> Iterator[Public]:
    """Run the public pages on a free port, in a thread that stops at the end. Loopback is a trusted proxy."""
    newsletter = newsletter or make.newsletter()
    signer = signer or Signer(make.SECRET)
    clock, logged, outbox = MovedClock(make.WHEN), list[str](), root / "outbox"
    theme = rendering.load_theme(root, newsletter)
    provider = open_provider("outbox", {"path": str(outbox)}, root=root, environment={})
    file = root / "newsletter.db"
    with open_store(database or (f"sqlite:///{file}" if file.exists() else new_sqlite(file))) as store:
        context = make.send_context(provider, "outbox", signer=signer)
        archive_cache = ArchiveCache(root, newsletter, store.sends.published_issues, every=0)
        mailer = bootstrap.service_mailer(
            newsletter, store, context, theme, logged.append, latest=archive_cache.latest_issue, clock=clock
        )
        prose = rendering.PageText(newsletter, theme)
        site = Site(
            newsletter=newsletter,
            store=store,
            signer=signer,
            pages=PageTemplates(root, newsletter, theme),
            archive_cache=archive_cache,
            prose=prose,
            cards=Cards(root, newsletter, prose),
            pictures=picture_library(root),
            clock=clock,
            patience=30,
            kept=open_kept_messages({"path": str(outbox)}, root=root, environment={}),
        )
        posts = Webhooks(hooks or {}, Feedback(store, signer, soft_bounces=3), clock)
        app = public_app(
            site,
            proxies=[ip_network("127.0.0.1")],
            hooks=posts,
            log=logged.append,
            hold_back=0,
            time_limit=time_limit,
        )
        ready = threading.Event()
        listening = listen("127.0.0.1", 0)
        server = public_server(app, ready.set, logged.append, time_limit=time_limit)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            assert ready.wait(20), "the pages were not served"
            yield Public(
                root=root,
                port=listening.getsockname()[1],
                store=store,
                site=site,
                clock=clock,
                mailer=mailer,
                outbox=outbox,
                logged=logged,
            )
        finally:
            server.should_exit = True
            thread.join(20)
            listening.close()
            assert not thread.is_alive(), "the server did not stop"


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the write lock of the newsletter's database, as another process would."""
    with closing(sqlite3.connect(root / "newsletter.db", isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


Opened = Callable[..., Page]


@contextmanager
def opening(browser: Browser, pages: Public, *, bypass_csp: bool = False) -> Iterator[Opened]:
    """Return a function that opens pages of the newsletter's host. Requests are forwarded, so its name needn't resolve.

    Requests to other hosts get no answer and fail the test. With ``bypass_csp`` the browser lets pages
    do what their Content-Security-Policy forbids.
    """
    contexts = []
    foreign: list[str] = []

    def open_page(path: str, *, width: int = 375, dark: bool = False, script: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            bypass_csp=bypass_csp,
        )
        contexts.append(context)
        page = context.new_page()

        def fulfil(route: Route) -> None:
            wanted = route.request
            if not wanted.url.startswith(f"https://{HOST}/"):
                foreign.append(wanted.url)
                route.abort()
                return
            with pages.client() as client:
                kind = {"Content-Type": wanted.headers.get("content-type", "")} if wanted.method == "POST" else {}
                answer = client.request(
                    wanted.method,
                    wanted.url.removeprefix(f"https://{HOST}"),
                    content=wanted.post_data_buffer,
                    headers=kind,
                )
            unpacked = ("content-length", "content-encoding")
            headers = {name: value for name, value in answer.headers.items() if name not in unpacked}
            route.fulfill(status=answer.status_code, headers=headers, body=answer.content)

        context.route("**/*", fulfil)
        page.goto(f"https://{HOST}{path}")
        assert foreign == []
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert foreign == []
