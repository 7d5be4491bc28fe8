"""The guard before every route of the preview: checks the host, the method and the token, and sets security headers.

The preview shows drafts at an address that any page in the editor's browser, and anyone on the same computer, can
reach. So it answers only for its own host names (DNS rebinding), is read-only, and requires the token that was made
when it started.
"""

import hmac
from collections.abc import Collection
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from newsletter.web.http.security import PREVIEW_HEADERS, SecureSend

OPEN_TO_ALL = "/static/"  # the style sheet and the scripts reveal nothing about the newsletter

_LOCKED = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Preview</title><link rel="stylesheet" href="/static/preview.css"></head>
<body class="plain-page"><main><h1>This preview is locked</h1>
<p>Open the address that <code>newsletter preview</code> printed when it started: it contains the token.</p>
</main></body></html>
"""


class AccessGuard:
    """An ASGI middleware that makes these checks, and sets security headers on every response without its own.

    ``hosts`` are complete Host headers with the port, in lower case.
    """

    def __init__(self, app: ASGIApp, *, hosts: Collection[str], token: str) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            answer = self._refusal(scope) or self._app
            await answer(scope, receive, SecureSend(send, PREVIEW_HEADERS))
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if len(headers.getlist("host")) != 1 or host not in self._hosts:
            return PlainTextResponse("The preview doesn't answer for this host name.\n", status_code=421)
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("The preview is read-only.\n", status_code=405, headers={"Allow": "GET, HEAD"})
        if scope["path"].startswith(OPEN_TO_ALL):
            return None
        cookie = f"newsletter-preview-{host.rpartition(':')[2]}"  # cookies are shared by all ports of a host
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if self._is_token(dict(query).get("token", "")):
            rest = urlencode([(name, value) for name, value in query if name != "token"])
            # Redirect to our own path only: "//elsewhere" would be another host.
            target = "/" + scope["path"].lstrip("/\\") + (f"?{rest}" if rest else "")
            answer = RedirectResponse(target, status_code=303)
            answer.set_cookie(cookie, self._token, httponly=True, samesite="strict")
            return answer
        if self._is_token(_cookies(headers).get(cookie, "")):
            return None
        return HTMLResponse(_LOCKED, status_code=403)

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self._token.encode())


def _cookies(headers: Headers) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(headers.get("cookie", "")).items()}
    except CookieError:
        return {}
