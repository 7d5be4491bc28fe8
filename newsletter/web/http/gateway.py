"""What stands before every public route: which host is asked, who asks, how much may be sent and for how long.

It answers to the newsletter's own host only (DNS rebinding, cache poisoning), takes a client's address from trusted
hops only, and puts strict headers on every answer. https://www.w3.org/TR/CSP3/
"""

import asyncio
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.web.http.tally import Tally

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "Referrer-Policy": "no-referrer",  # a token is in the address of most pages
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}
TRANSPORT_SECURITY = "max-age=63072000"  # two years; subdomains are not ours to speak for
LARGEST_BODY = 64 * 1024  # octets: a form with every topic ticked has a few thousand
MOST_HELD_BACK = 500  # refused clients that wait at the same time: each keeps a connection open

Network = IPv4Network | IPv6Network
_READING = ("GET", "HEAD")
_PORTS = {"https": "443", "http": "80"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """``base_url`` decides which host is answered, below which path, and whether TLS is insisted upon.

    ``proxies`` are the networks of the hops that may say for whom they ask; ``larger_bodies`` the octets that paths
    beginning so may be sent, in place of ``largest_body``; ``seconds`` is what a body may take, and a page that only
    shows. A client that asks too often waits ``hold_back`` seconds for its answer.
    """

    base_url: str
    proxies: Sequence[Network] = ()
    largest_body: int = LARGEST_BODY
    larger_bodies: Mapping[str, int] = field(default_factory=dict)
    seconds: float
    hold_back: float


class Gate:
    """ASGI middleware: the rules, and ``HEADERS`` on every answer that does not set its own.

    Whatever goes wrong inside is answered with ``failed``, which gets the path and the status, and told to ``say``
    without values: no address, no token. ``refuses`` says of a method, a path and a client that it asks too often.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        rules: Rules,
        failed: Callable[[str, int], Response],
        say: Callable[[str], object],
        refuses: Callable[[str, str, str], bool] = lambda _method, _path, _client: False,
    ) -> None:
        parts = urlsplit(rules.base_url)
        self._app, self._rules, self._failed, self._say = app, rules, failed, say
        self._refuses, self._held_back = refuses, 0
        self._aborted = Tally(say, "uploads were aborted by their clients")
        self._warned = bool(rules.proxies)
        self._hosts = _hosts(parts.scheme, parts.netloc.lower())
        self._prefix = parts.path
        self._headers = HEADERS | ({"Strict-Transport-Security": TRANSPORT_SECURITY} if parts.scheme == "https" else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        answer = _Answer(send, self._headers)
        headers = Headers(scope=scope)
        if len(headers.getlist("host")) != 1 or headers["host"].lower() not in self._hosts:
            await PlainTextResponse("This server answers to the name in the newsletter's base_url only.\n", 421)(
                scope, receive, answer
            )
        elif not (scope["path"] + "/").startswith(f"{self._prefix}/") or "\0" in scope["path"]:  # no database has a NUL
            await self._failed(scope["path"], 404)(scope, receive, answer)
        elif scope["path"] == self._prefix != "":  # as people type it
            await RedirectResponse(f"{self._prefix}/", 308)(scope, receive, answer)
        else:
            path = scope["path"].removeprefix(self._prefix)
            limit = self._largest(path)
            peer = scope["client"][0] if scope.get("client") else ""
            self._warn(peer, headers)
            client = client_address(peer, headers.getlist("x-forwarded-for"), self._rules.proxies)
            if self._refuses(scope["method"], path, client):
                await self._hold_back()
                await self._failed(scope["path"], 429)(scope, receive, answer)
            elif _stated_length(headers) > limit:
                await self._failed(scope["path"], 413)(scope, receive, answer)
            else:
                scope = {**scope, "root_path": self._prefix, "client": (client, 0)}
                await self._pass(scope, _Body(receive, limit, self._rules.seconds), answer)

    async def _pass(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        """Answer a request. One that may change something is waited for: a failure must not be carried out later."""
        try:
            async with asyncio.timeout(self._rules.seconds if scope["method"] in _READING else None):
                await self._app(scope, receive, answer)
        except TimeoutError:
            if not answer.begun:
                await self._failed(scope["path"], 503)(scope, receive, answer)
        except ClientDisconnect:
            self._aborted.count()
        except Exception as err:  # noqa: BLE001  the edge: nothing of a request may reach a log by way of a traceback
            self._say(place_of(err))
            if not answer.begun:
                await self._failed(scope["path"], 500)(scope, receive, answer)

    def _warn(self, peer: str, headers: Headers) -> None:
        """Say once that a proxy of this machine is not believed: all readers are then one client, and soon refused."""
        if not self._warned and "x-forwarded-for" in headers and (address := _address(peer)) and address.is_loopback:
            self._warned = True
            self._say(
                "warning: a proxy on this machine passes requests on, and newsletter.toml does not name it, so all"
                f' readers count as one client: write proxies = ["{address}"] into [serving], and start again'
            )

    async def _hold_back(self) -> None:
        """Let a client that asks too often wait, or its next request would be here at once."""
        if self._held_back < MOST_HELD_BACK:
            self._held_back += 1
            try:
                await asyncio.sleep(self._rules.hold_back)
            finally:
                self._held_back -= 1

    def _largest(self, path: str) -> int:
        larger = (octets for prefix, octets in self._rules.larger_bodies.items() if path.startswith(prefix))
        return max(larger, default=self._rules.largest_body)


class _Answer:
    """``send``, which puts headers on, and knows whether an answer has begun."""

    def __init__(self, send: Send, headers: Mapping[str, str]) -> None:
        self._send, self._headers = send, headers
        self.begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
        await self._send(message)


def client_address(peer: str, forwarded: Sequence[str], proxies: Collection[Network]) -> str:
    """Who asks: from the connection's other end back through X-Forwarded-For, as long as hops are trusted.

    What an untrusted client writes there stands before what our own proxies append, and is never reached.
    """
    client = peer
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    while hops and _trusted(client, proxies):
        said = _address(hops.pop())
        if said is None:
            break
        client = str(said)
    return client


def _trusted(text: str, proxies: Collection[Network]) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in proxies)


@lru_cache(maxsize=1024)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _hosts(scheme: str, authority: str) -> frozenset[str]:
    """The Host headers that mean an authority: with and without the scheme's own port."""
    bare = authority.removesuffix(f":{_PORTS[scheme]}")
    return frozenset(
        {authority, bare} if bare != authority or _has_port(authority) else {bare, f"{bare}:{_PORTS[scheme]}"}
    )


def _has_port(authority: str) -> bool:
    return authority.rpartition(":")[2].isdigit() and not authority.endswith("]")


def _stated_length(headers: Headers) -> int:
    text = headers.get("content-length", "0")
    return int(text) if text.isascii() and text.isdigit() else 0


class _Body:
    """``receive``, which gives up on a body that takes too long, or is too long, whatever its header said."""

    def __init__(self, receive: Receive, limit: int, seconds: float) -> None:
        self._receive, self._left = receive, limit
        self._ends: float | None = asyncio.get_running_loop().time() + seconds

    async def __call__(self) -> Message:
        try:
            async with asyncio.timeout_at(self._ends):
                message = await self._receive()
        except TimeoutError as err:
            raise HTTPException(408) from err
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HTTPException(413)
        if not message.get("more_body"):
            self._ends = None
        return message


def place_of(err: BaseException) -> str:
    """A traceback's places without its words: a driver's message may have an address in it."""
    frames = traceback.extract_tb(err.__traceback__)
    return f"{type(err).__name__} in " + " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))
