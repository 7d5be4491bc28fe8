"""The guard before every route of a hosted studio: host, origin and session of a request, and security headers.

It answers only for its own host name (DNS rebinding) and makes changes only for its own pages (cross-site request
forgery). Outsiders get the same answer to everything but the pages to sign in on, whatever exists.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from urllib.parse import quote

from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.domain.people import NotSignedInError, Person
from newsletter.staff import Visit, find_visit
from newsletter.web.http.client_address import client_address
from newsletter.web.http.own_requests import READING, BodyRules, LimitedBody, change_refusal
from newsletter.web.http.security import SecureSend
from newsletter.web.studio.current_person import current_person, current_visit
from newsletter.web.studio.sign_in.hosting import Hosting

_FORM_SECONDS = 30.0
"""The time for a form of somebody who isn't signed in: thousands that never end would keep everybody else out."""
SIGN_IN, NEW_PASSKEY, SIGN_OUT = "/sign-in", "/new-passkey", "/sign-out"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRules:
    """The rules of a hosted studio.

    ``open_paths`` are prefixes of files that reveal nothing about the newsletter. ``outside`` returns the page for a
    form of somebody who isn't signed in. ``visited`` is told which pages people open in their tabs.
    """

    hosting: Hosting
    open_paths: tuple[str, ...]
    bodies: BodyRules
    clock: Callable[[], datetime]
    outside: Callable[[], str]
    visited: Callable[[Person, str], object]


class StaffAccess:
    """An ASGI middleware that applies the rules to every request, and sets the current person and visit."""

    def __init__(self, app: ASGIApp, *, rules: StaffRules) -> None:
        self._app, self._rules, self._hosting = app, rules, rules.hosting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            headers = Headers(scope=scope)
            secured: Send = SecureSend(send, self._hosting.headers)
            answer = self._refusal(scope, headers) or await self._answer(scope, headers)
            limit = self._rules.bodies.largest_of(scope["path"], headers) or 0
            body = LimitedBody(receive, limit, seconds=_FORM_SECONDS if current_visit.get() is None else None)
            if (visit := current_visit.get()) is not None:
                secured = _WatchedSend(secured, partial(self._is_over, visit))
            peer = scope["client"][0] if scope.get("client") else ""
            client = client_address(peer, headers.getlist("x-forwarded-for"), self._hosting.trusted_proxies)
            # A page that is closed while it sends a form; an answer in parts whose person has signed out.
            with suppress(ClientDisconnect, _SessionOverError):
                await answer({**scope, "client": (client, 0), "scheme": self._hosting.scheme}, body, secured)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        if len(headers.getlist("host")) != 1 or headers["host"].lower() != self._hosting.host:
            return PlainTextResponse("The studio doesn't answer for this host name.\n", status_code=421)
        if scope["method"] in READING:
            return None
        return change_refusal(
            scope["method"],
            headers,
            path=scope["path"],
            name="studio",
            origin=self._hosting.origin,
            bodies=self._rules.bodies,
        )

    async def _answer(self, scope: Scope, headers: Headers) -> ASGIApp:
        path = scope["path"]
        current_person.set(None)
        current_visit.set(None)
        if path.startswith(self._rules.open_paths) and scope["method"] in READING:
            return self._app
        secret = self._hosting.session_secret(headers)
        visit = (
            await run_in_threadpool(find_visit, self._hosting.store, secret, self._rules.clock()) if secret else None
        )
        current_visit.set(visit)
        if _is_at(path, SIGN_IN):
            return self._app
        if visit is None:
            return self._outsider(scope, headers)
        if visit.may_only_register:
            return self._app if _is_at(path, NEW_PASSKEY) or path == SIGN_OUT else _newcomer(scope, headers)
        current_person.set(visit.person)
        if (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == ("navigate", "document"):
            self._rules.visited(visit.person, path)
        return self._app

    async def _is_over(self, begun: Visit) -> bool:
        """Return whether a visit's session is over, or has another role than when the visit began."""
        visit = await run_in_threadpool(
            find_visit, self._hosting.store, begun.secret, self._rules.clock(), is_used=False
        )
        return visit is None or visit.person.role is not begun.person.role

    def _outsider(self, scope: Scope, headers: Headers) -> Response:
        if _is_script(headers):
            return _not_signed_in()
        if scope["method"] in READING:
            return RedirectResponse(f"{SIGN_IN}?next={quote(_own_address(scope), safe='')}", status_code=303)
        return HTMLResponse(self._rules.outside(), status_code=401)


class _SessionOverError(OSError):
    """The end of an answer whose person is no longer signed in."""


class _WatchedSend:
    """A wrapper of ``send`` that ends an answer in parts once its session is over: before the next part.

    A stream of events ends as usual; anything else, such as an export, breaks off, so that it isn't taken for complete.
    """

    def __init__(self, send: Send, is_over: Callable[[], Awaitable[bool]]) -> None:
        self._send, self._is_over = send, is_over
        self._is_stream = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._is_stream = Headers(raw=message["headers"]).get("content-type", "").startswith("text/event-stream")
        elif message.get("more_body") and await self._is_over():
            if self._is_stream:
                await self._send({"type": "http.response.body", "body": b""})
            raise _SessionOverError
        await self._send(message)


def _newcomer(scope: Scope, headers: Headers) -> Response:
    """Return the answer to somebody who has come by a link and has no passkey yet."""
    if _is_script(headers) or scope["method"] not in READING:
        return _not_signed_in()
    return RedirectResponse(NEW_PASSKEY, status_code=303)


def _not_signed_in() -> Response:
    error = NotSignedInError()
    details = {"code": error.code, "what": error.what, "hint": error.hint, "field": ""}
    return JSONResponse({"error": details}, status_code=401)


def _is_at(path: str, start: str) -> bool:
    return path == start or path.startswith(f"{start}/")


def _is_script(headers: Headers) -> bool:
    """Return whether a script asks for something, rather than a person for a page."""
    mode = headers.get("sec-fetch-mode")
    if mode is not None:
        return mode != "navigate"
    return "application/json" in headers.get("accept", "") or "text/event-stream" in headers.get("accept", "")


def _own_address(scope: Scope) -> str:
    """Return the path and query of a request."""
    query = scope["query_string"].decode("latin-1")
    path = "/" + scope["path"].lstrip("/\\")  # "//elsewhere" would be another host
    return f"{path}?{query}" if query else path
