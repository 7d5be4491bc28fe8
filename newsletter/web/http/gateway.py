"""The gateway before every public route: it checks the host, finds the client's address, and limits body and time.

It answers only for the newsletter's own host (DNS rebinding, cache poisoning), takes a client's address only from
trusted proxies, and sets the security headers of every response.
"""

import asyncio
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from newsletter.web.http.client_address import Network, client_address, parse_address
from newsletter.web.http.own_requests import LimitedBody
from newsletter.web.http.security import ONLY_HTTPS, PUBLIC_HEADERS, SecureSend, public_policy
from newsletter.web.http.tally import Tally

LARGEST_BODY = 64 * 1024  # bytes: a form with every topic ticked has a few thousand
MOST_HELD_BACK = 500  # refused clients kept waiting at once: each holds a connection open

_READING = ("GET", "HEAD")
_PORTS = {"https": "443", "http": "80"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayRules:
    """A gateway's limits. ``base_url`` gives the host, the path prefix, and whether browsers must use TLS (HSTS).

    ``proxies`` are the networks of trusted proxies, whose X-Forwarded-For is believed. ``larger_bodies`` overrides
    ``largest_body`` (both in bytes) by path prefix. ``seconds`` is the time limit for receiving a body and for
    answering a GET. A client over its rate limit waits ``hold_back`` seconds for its response. Pages may show images
    from the host of ``picture_host``.
    """

    base_url: str
    picture_host: str = ""
    proxies: Sequence[Network] = ()
    largest_body: int = LARGEST_BODY
    larger_bodies: Mapping[str, int] = field(default_factory=dict)
    seconds: float
    hold_back: float


class Gateway:
    """An ASGI middleware that applies the rules, and sets security headers on every response without its own.

    ``error_response`` makes the response to a request for an error status. ``log`` logs internal errors by their place
    in the code, without values: no address, no token. ``refuses`` returns whether a method, a path and a client are
    over a rate limit.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        rules: GatewayRules,
        error_response: Callable[[HTTPConnection, int], Response],
        log: Callable[[str], object],
        refuses: Callable[[str, str, str], bool] = lambda _method, _path, _client: False,
    ) -> None:
        parts = urlsplit(rules.base_url)
        self._app, self._rules, self._error_response, self._log = app, rules, error_response, log
        self._refuses, self._held_back = refuses, 0
        self._aborted = Tally(log, "uploads were aborted by their clients")
        self._warned = bool(rules.proxies)
        self._hosts = _hosts(parts.scheme, parts.netloc.lower())
        self._prefix = parts.path
        policy = {"Content-Security-Policy": public_policy(rules.picture_host)}
        self._headers = PUBLIC_HEADERS | policy | (ONLY_HTTPS if parts.scheme == "https" else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        answer = SecureSend(send, self._headers)
        headers = Headers(scope=scope)
        if len(headers.getlist("host")) != 1 or headers["host"].lower() not in self._hosts:
            await PlainTextResponse("This server only answers for the host in the newsletter's base_url.\n", 421)(
                scope, receive, answer
            )
        elif not (scope["path"] + "/").startswith(f"{self._prefix}/") or "\0" in scope["path"]:  # databases refuse NUL
            await self._error_response(HTTPConnection(scope), 404)(scope, receive, answer)
        elif scope["path"] == self._prefix != "":  # as people type it: without the slash
            await RedirectResponse(f"{self._prefix}/", 308)(scope, receive, answer)
        else:
            path = scope["path"].removeprefix(self._prefix)
            limit = self._body_limit(path)
            peer = scope["client"][0] if scope.get("client") else ""
            self._warn(peer, headers)
            client = client_address(peer, headers.getlist("x-forwarded-for"), self._rules.proxies)
            if self._refuses(scope["method"], path, client):
                await self._hold_back()
                await self._error_response(HTTPConnection(scope), 429)(scope, receive, answer)
            elif _stated_length(headers) > limit:
                await self._error_response(HTTPConnection(scope), 413)(scope, receive, answer)
            else:
                scope = {**scope, "root_path": self._prefix, "client": (client, 0)}
                await self._forward(scope, LimitedBody(receive, limit, seconds=self._rules.seconds), answer)

    async def _forward(self, scope: Scope, receive: Receive, answer: SecureSend) -> None:
        """Answer a request. Changes have no time limit: one that was answered with an error must not happen later."""
        try:
            async with asyncio.timeout(self._rules.seconds if scope["method"] in _READING else None):
                await self._app(scope, receive, answer)
        except TimeoutError:
            if not answer.begun:
                await self._error_response(HTTPConnection(scope), 503)(scope, receive, answer)
        except ClientDisconnect:
            self._aborted.count()
        except Exception as err:  # noqa: BLE001  a traceback could put a request's values into the log
            self._log(place_of(err))
            if not answer.begun:
                await self._error_response(HTTPConnection(scope), 500)(scope, receive, answer)

    def _warn(self, peer: str, headers: Headers) -> None:
        """Warn once if a local proxy isn't trusted: all readers then share one client's rate limit."""
        if (
            not self._warned
            and "x-forwarded-for" in headers
            and (address := parse_address(peer))
            and address.is_loopback
        ):
            self._warned = True
            self._log(
                "warning: a proxy on this machine forwards requests, but newsletter.toml doesn't name it, so all"
                f' readers count as one client: add proxies = ["{address}"] to [serving], and restart'
            )

    async def _hold_back(self) -> None:
        """Delay the response to a client over its rate limit, or it would send its next request at once."""
        if self._held_back < MOST_HELD_BACK:
            self._held_back += 1
            try:
                await asyncio.sleep(self._rules.hold_back)
            finally:
                self._held_back -= 1

    def _body_limit(self, path: str) -> int:
        larger = (limit for prefix, limit in self._rules.larger_bodies.items() if path.startswith(prefix))
        return max(larger, default=self._rules.largest_body)


def _hosts(scheme: str, authority: str) -> frozenset[str]:
    """Return the Host headers that match an authority, with and without the scheme's default port."""
    bare = authority.removesuffix(f":{_PORTS[scheme]}")
    return frozenset(
        {authority, bare} if bare != authority or _has_port(authority) else {bare, f"{bare}:{_PORTS[scheme]}"}
    )


def _has_port(authority: str) -> bool:
    return authority.rpartition(":")[2].isdigit() and not authority.endswith("]")


def _stated_length(headers: Headers) -> int:
    text = headers.get("content-length", "0")
    return int(text) if text.isascii() and text.isdigit() else 0


def place_of(err: BaseException) -> str:
    """Return an error's type and traceback without its message: a driver's message may contain an address."""
    frames = traceback.extract_tb(err.__traceback__)
    return f"{type(err).__name__} in " + " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))
