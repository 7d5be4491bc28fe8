"""The guard before every route of a local application: host, origin and token of a request, and security headers.

The preview and the studio show drafts at an address that any page in the editor's browser, and anyone on the same
computer, can reach. So they answer only for their own host names (DNS rebinding), require the token that was made when
they started, and make changes only for their own pages (cross-site request forgery).
"""

import hmac
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, urlencode

from markupsafe import Markup
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from newsletter.web.http.own_requests import READING, BodyRules, LimitedBody, change_refusal, cookies
from newsletter.web.http.security import SecureSend

_LOCKED = Markup("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="/static/basics.css"><link rel="stylesheet" href="/static/preview.css"></head>
<body class="plain-page"><main><h1>This {name} is locked</h1>
<p>Open the address that <code>newsletter {name}</code> printed when it started: it contains the token.</p>
</main></body></html>
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRules:
    """The rules of a local application, which ``name`` calls in messages and in the name of its cookie.

    ``hosts`` are complete Host headers with the port, in lower case. ``headers`` are set on every response without its
    own. ``open_paths`` are prefixes that need no token, since they reveal nothing about the newsletter. Without
    ``bodies``, the application is read-only.
    """

    name: str
    hosts: Collection[str]
    token: str
    headers: Mapping[str, str]
    open_paths: tuple[str, ...] = ("/static/",)
    same_site: Literal["lax", "strict"] = "strict"
    bodies: BodyRules = field(default_factory=BodyRules)


class LocalAccess:
    """An ASGI middleware that applies the rules to every request."""

    def __init__(self, app: ASGIApp, *, rules: LocalRules) -> None:
        self._app, self._rules = app, rules
        self._hosts = frozenset(rules.hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            answer = self._refusal(scope) or self._app
            largest = self._rules.bodies.largest_of(scope["path"], Headers(scope=scope))
            body = LimitedBody(receive, largest or 0)
            with suppress(ClientDisconnect):  # a page that is closed while it sends a form
                await answer(scope, body, SecureSend(send, self._rules.headers))
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _refusal(self, scope: Scope) -> Response | None:
        headers, rules = Headers(scope=scope), self._rules
        host = headers.get("host", "").lower()
        if len(headers.getlist("host")) != 1 or host not in self._hosts:
            return PlainTextResponse(f"The {rules.name} doesn't answer for this host name.\n", status_code=421)
        if scope["method"] not in READING and (refusal := self._change_refusal(scope, headers, host)):
            return refusal
        if scope["path"].startswith(rules.open_paths) and scope["method"] in READING:
            return None
        cookie = f"newsletter-{rules.name}-{host.rpartition(':')[2]}"  # cookies are shared by all ports of a host
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if scope["method"] in READING and self._is_token(dict(query).get("token", "")):
            rest = urlencode([(name, value) for name, value in query if name != "token"])
            # Redirect to our own path only: "//elsewhere" would be another host.
            target = "/" + scope["path"].lstrip("/\\") + (f"?{rest}" if rest else "")
            answer = RedirectResponse(target, status_code=303)
            answer.set_cookie(cookie, rules.token, httponly=True, samesite=rules.same_site)
            return answer
        if any(map(self._is_token, cookies(headers, cookie))):
            return None
        return HTMLResponse(_LOCKED.format(title=rules.name.capitalize(), name=rules.name), status_code=403)

    def _change_refusal(self, scope: Scope, headers: Headers, host: str) -> Response | None:
        rules = self._rules
        return change_refusal(
            scope["method"],
            headers,
            path=scope["path"],
            name=rules.name,
            origin=f"http://{host}",
            bodies=rules.bodies,
        )

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self._rules.token.encode())
