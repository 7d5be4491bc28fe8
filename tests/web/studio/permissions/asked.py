"""A hosted studio without a server: requests of anybody, answered in the process of the test."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.types import Message, Scope

from newsletter import bootstrap, settings
from newsletter.domain.people import Person, Role
from newsletter.domain.staff import StaffMember
from newsletter.staff import StaffLetter, StaffMailer, begin_session
from newsletter.store import Store
from newsletter.tokens import Signer
from newsletter.web.studio.app import studio_app
from newsletter.web.studio.sign_in.hosting import Hosting
from tests.make import SECRET
from tests.people import ADMIN, EDITOR, PUBLISHER, WRITER
from tests.web.studio.signed_in import add_member

HOST = "studio.example.org"
ORIGIN = f"https://{HOST}"
COOKIE = "__Host-newsletter-studio"
NOW = datetime(2026, 11, 20, 7, 41, tzinfo=UTC)
LEFT = Person(name="Lena Left", address="left@example.org", role=Role.ADMIN)
NEW = Person(name="Nia New", address="new@example.org", role=Role.ADMIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer: its status, its headers, and its body as far as it was read."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """Return the body as text."""
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedStudio:
    """A hosted studio with a member for each role, one who was removed, and one who has no passkey yet."""

    app: FastAPI
    store: Store

    def member(self, role: Role) -> StaffMember:
        """Return the member with a role."""
        return self.of({Role.WRITER: WRITER, Role.EDITOR: EDITOR, Role.PUBLISHER: PUBLISHER}.get(role, ADMIN))

    def session(self, person: Person, *, confirmed: bool = True, by_link: bool = False) -> str:
        """Begin a session of a member and return its secret."""
        member = self.of(person)
        return begin_session(self.store, member, by_link=by_link, client="Firefox", now=NOW, is_confirmed=confirmed)

    def of(self, person: Person) -> StaffMember:
        """Return a person as a member."""
        member = self.store.staff.of_address(person.address)
        assert member is not None
        return member

    async def ask(
        self,
        method: str,
        path: str,
        *,
        secret: str = "",
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        query: str = "",
    ) -> Answer:
        """Return the answer to a request; of a stream of events, only its beginning."""
        body = urlencode(form or {}).encode() if method == "POST" else b""
        sent = {"host": HOST, "accept": "text/html", "origin": ORIGIN}
        if secret:
            sent["cookie"] = f"{COOKIE}={secret}"
        if method == "POST":
            sent |= {"content-type": "application/x-www-form-urlencoded", "content-length": str(len(body))}
        sent |= headers or {}
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 50000),
            "server": (HOST, 443),
            "state": {},
        }
        return await _answered(self.app, scope, body)


async def _answered(app: FastAPI, scope: Scope, body: bytes) -> Answer:
    bodies = [body]
    done = asyncio.Event()
    messages: list[Message] = []

    async def receive() -> Message:
        if bodies:
            return {"type": "http.request", "body": bodies.pop(), "more_body": False}
        await asyncio.Event().wait()  # the browser stays
        raise AssertionError

    async def send(message: Message) -> None:
        messages.append(message)
        is_stream = b"text/event-stream" in dict(messages[0]["headers"]).get(b"content-type", b"")
        if (is_stream and len(messages) > 1) or (
            message["type"] == "http.response.body" and not message.get("more_body")
        ):
            done.set()

    task = asyncio.create_task(app(scope, receive, send))
    waiting = asyncio.create_task(done.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    failed = task.exception() if task.done() else None
    for left in (task, waiting):
        left.cancel()
        with suppress(asyncio.CancelledError):
            await left
    if failed is not None:
        raise failed
    headers = {name.decode().lower(): value.decode() for name, value in messages[0]["headers"]}
    return Answer(
        status=messages[0]["status"],
        headers=headers,
        body=b"".join(message.get("body", b"") for message in messages[1:]),
    )


@contextmanager
def asked_studio(root: Path) -> Iterator[AskedStudio]:
    """Open the hosted studio of the newsletter in a folder."""
    letters: list[StaffLetter] = []
    with bootstrap.open_store(settings.load(root)) as store:
        for person in (WRITER, EDITOR, PUBLISHER, ADMIN, LEFT):
            add_member(store, person, NOW)
        store.staff.add(NEW.address, name=NEW.name, role=NEW.role, by=ADMIN.address, now=NOW)
        mailer = StaffMailer(store=store, origin=ORIGIN, deliver=letters.append, log=print)
        hosting = Hosting(origin=ORIGIN, store=store, signer=Signer(SECRET), mailer=mailer)
        yield AskedStudio(app=studio_app(root, clock=lambda: NOW, hosting=hosting), store=store)
