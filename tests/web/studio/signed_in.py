"""A real hosted studio whose members are signed in: by a row in the database, which is quick, or by a real passkey.

``hosted_studio`` has a member for each role (``tests.people``), without passkeys. ``client`` returns an HTTP client for
one of them and ``context`` a browser's context; ``authenticator`` adds a virtual authenticator to a page.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page
from starlette.types import ASGIApp

from newsletter import bootstrap, settings
from newsletter.domain.people import Person, Role
from newsletter.domain.staff import StaffMember
from newsletter.staff import StaffLetter, StaffMailer, begin_session
from newsletter.store import Store
from newsletter.tokens import Signer
from newsletter.web.preview.file_watcher import FileWatcher
from newsletter.web.studio.app import studio_app
from newsletter.web.studio.sign_in.hosting import Hosting
from tests.make import SECRET
from tests.people import ADMIN, EDITOR, PUBLISHER, WRITER
from tests.web.preview.running_preview import listening_app, morning
from tests.web.studio.policy_reports import PolicyReports

PEOPLE = {person.role: person for person in (WRITER, EDITOR, PUBLISHER, ADMIN)}


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedStudio:
    """A running hosted studio: its origin, its port on this computer, its store, and the mails to its staff."""

    origin: str
    listening: str
    hosting: Hosting
    clock: Callable[[], datetime]
    watcher: FileWatcher
    letters: list[StaffLetter] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    @property
    def store(self) -> Store:
        """Return the studio's own store."""
        return self.hosting.store

    @property
    def cookie(self) -> str:
        """Return the name of the session cookie."""
        return (
            "__Host-newsletter-studio" if self.hosting.is_secure else f"newsletter-studio-{urlsplit(self.origin).port}"
        )

    def member(self, role: Role) -> StaffMember:
        """Return the member with a role."""
        member = self.store.staff.of_address(PEOPLE[role].address)
        assert member is not None
        return member

    def sign_in(self, role: Role, *, confirmed: bool = True, by_link: bool = False) -> str:
        """Begin a session of the member with a role and return its secret."""
        member = self.member(role)
        return begin_session(
            self.store, member, by_link=by_link, client="Firefox on Linux", now=self.clock(), is_confirmed=confirmed
        )

    def client(self, role: Role | None = None, *, confirmed: bool = True) -> httpx.Client:
        """Return a client of the member with a role, or of an outsider, that writes as the studio's own pages do."""
        client = httpx.Client(
            base_url=f"http://{self.listening}",
            headers={"Host": urlsplit(self.origin).netloc, "Origin": self.origin, "Accept": "text/html"},
        )
        if role is not None:
            client.headers["Cookie"] = f"{self.cookie}={self.sign_in(role, confirmed=confirmed)}"
        return client

    def context(
        self, browser: Browser, role: Role | None = None, *, confirmed: bool = True, **options: Any
    ) -> BrowserContext:
        """Return a browser's context of the member with a role, or of an outsider; close it at the end."""
        context = browser.new_context(base_url=self.origin, **options)
        if role is not None:
            self.let_in(context, role, confirmed=confirmed)
        return context

    def let_in(self, context: BrowserContext, role: Role, *, confirmed: bool = True, secret: str = "") -> None:
        """Sign a browser in as the member with a role; with the ``secret`` of a session, into that one."""
        secret = secret or self.sign_in(role, confirmed=confirmed)
        context.add_cookies([{"name": self.cookie, "value": secret, "url": self.origin, "httpOnly": True}])


def authenticator(page: Page) -> str:
    """Add a virtual authenticator to a page's browser context, which says yes to everything, and return its id."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return str(devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"])


def add_member(store: Store, person: Person, now: datetime) -> StaffMember:
    """Add a member who has joined, as if they had a passkey."""
    member = store.staff.add(person.address, name=person.name, role=person.role, by=ADMIN.address, now=now)
    store.staff.join(member.id, now)
    return store.staff.get(member.id)


@contextmanager
def hosted_studio(
    root: Path,
    *,
    clock: Callable[[], datetime] = morning,
    prepare: Callable[[FastAPI], object] = lambda _app: None,
    host: str = "",
    people: Iterable[Person] = tuple(PEOPLE.values()),
) -> Iterator[HostedStudio]:
    """Run a hosted studio in a thread that stops at the end: at ``https://HOST``, or else at http://localhost:PORT.

    Only HTTP clients reach a ``host``, unless ``tls_proxy`` is before it. ``people`` are on the team. No browser may
    have reported a breach of the studio's policy by the end.
    """
    watcher = FileWatcher(root)
    letters: list[StaffLetter] = []
    log: list[str] = []
    running: list[Hosting] = []
    collectors: list[PolicyReports] = []
    with bootstrap.open_store(settings.load(root)) as store:
        for person in people:
            if store.staff.of_address(person.address) is None:
                add_member(store, person, clock())

        def app_for(listening: str) -> ASGIApp:
            origin = f"https://{host}" if host else f"http://localhost:{listening.rpartition(':')[2]}"
            mailer = StaffMailer(store=store, origin=origin, deliver=letters.append, log=log.append)
            running.append(Hosting(origin=origin, store=store, signer=Signer(SECRET), mailer=mailer))
            app = studio_app(root, watcher=watcher, clock=clock, hosting=running[0])
            prepare(app)
            collectors.append(PolicyReports(app))
            return collectors[0]

        with listening_app(app_for, watcher) as at:
            hosting = running[0]
            yield HostedStudio(
                origin=hosting.origin,
                listening=at.host,
                hosting=hosting,
                clock=clock,
                watcher=watcher,
                letters=letters,
                log=log,
            )
    reports = list(collectors[0].reports.queue)
    assert not reports, reports
