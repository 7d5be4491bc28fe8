"""Checks of remote images over the network, only on request and never inside a private network.

An image's URL isn't trusted (SSRF), since anybody may have pasted it. Only https is allowed. A host is resolved once,
all of its addresses must be public, and the connection goes to one of those. At most three redirects are followed, each
with the same checks. An image gets five seconds, and no more of it is read than needed.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urljoin

from newsletter.checks.links import split_address
from newsletter.checks.rules import make_finding
from newsletter.domain.issue import Item
from newsletter.errors import Finding
from newsletter.files import library_errors

IMAGE_LIMIT = 1_000_000  # bytes
REDIRECTS = 3
_AT_ONCE = 8
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052 §2.1: an IPv4 address in the last 32 bits

Inspect = Callable[[str], tuple[str, str] | None]


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Return whether an address is on the public internet. An IPv4 address embedded in an IPv6 one must be too."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None and not is_public(inner):
            return False
        if address.ipv4_mapped is not None:
            return True
    return address.is_global and not address.is_multicast


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """An HTTPS client for untrusted URLs: the addresses it may connect to, its trusted certificates and its timeout."""

    admits: Callable[[IPv4Address | IPv6Address], bool] = is_public
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    seconds: float = 5.0  # for one image, once its host is resolved

    def inspect(self, url: str) -> tuple[str, str] | None:
        """Return the rule that a remote image breaks and a description, or None if the image is fine."""
        deadline = time.monotonic() + self.seconds
        try:
            for _ in range(REDIRECTS + 1):
                connection = self._connection(url)
                alarm = threading.Timer(deadline - time.monotonic(), connection.hang_up)
                alarm.start()
                try:
                    verdict = _requested(connection, url)
                finally:
                    alarm.cancel()
                    connection.close()
                if not isinstance(verdict, _Redirect):
                    return verdict
                url = urljoin(url, verdict.target)
        except _RefusedError as err:
            return "image-unreachable", f"the image {err}"
        except (OSError, HTTPException, ValueError) as err:
            if time.monotonic() >= deadline or isinstance(err, TimeoutError):
                return "image-unreachable", f"the image didn't load within {self.seconds:g} seconds"
            why = library_errors.of_system(err) if isinstance(err, OSError) else "the server doesn't speak HTTP"
            return "image-unreachable", f"the image can't be loaded: {why}"
        return "image-unreachable", f"the image is behind more than {REDIRECTS} redirects"

    def _connection(self, url: str) -> "_Pinned":
        parts = split_address(url)
        if parts is None or parts.scheme != "https" or not parts.hostname or parts.username is not None:
            raise _RefusedError("leads to an address that isn't plain https")
        port = parts.port or 443
        resolved = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        addresses = [ip_address(str(info[4][0]).partition("%")[0]) for info in resolved]
        if not all(self.admits(address) for address in addresses):
            raise _RefusedError(f"leads to {parts.hostname}, which isn't on the public internet")
        return _Pinned(parts.hostname, port, pinned=str(addresses[0]), context=self.trust, seconds=self.seconds)


class _RefusedError(Exception):
    pass


@dataclass(frozen=True, slots=True)
class _Redirect:
    target: str


class _Pinned(HTTPSConnection):
    """A connection to a fixed address, even if the host name resolves to another now. Certificates are for the name."""

    def __init__(self, host: str, port: int, *, pinned: str, context: ssl.SSLContext, seconds: float) -> None:
        super().__init__(host, port, timeout=seconds, context=context)
        self._pinned, self._trust = pinned, context

    def connect(self) -> None:
        plain = socket.create_connection((self._pinned, self.port), self.timeout)
        self.sock = self._trust.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock.do_handshake()

    def hang_up(self) -> None:
        """Abort the transfer. A socket's timeout isn't enough: it starts again with every byte that arrives."""
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


def _requested(connection: HTTPSConnection, url: str) -> tuple[str, str] | _Redirect | None:
    parts = split_address(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "") if parts else "/"
    connection.request("GET", path, headers={"Accept": "image/*", "Accept-Encoding": "identity"})
    response = connection.getresponse()
    if 300 <= response.status < 400 and response.getheader("Location"):
        return _Redirect(str(response.getheader("Location")))
    if response.status != 200:
        return "image-unreachable", f"the image's server responded with status {response.status}"
    kind = (response.getheader("Content-Type") or "").partition(";")[0].strip().lower()
    if not kind.startswith("image/"):
        return "image-unreachable", f'the server sent "{kind}", not an image'
    if _size(response) > IMAGE_LIMIT:
        return "image-large", f"the image is larger than {IMAGE_LIMIT:,} bytes"
    return None


def _size(response: HTTPResponse) -> int:
    """Return the size in the response's header, or else read and count until the limit is passed."""
    if response.length is not None:
        return response.length
    size = 0
    while size <= IMAGE_LIMIT and (chunk := response.read(65_536)):
        size += len(chunk)
    return size


def image_findings(items: Iterable[Item], inspect: Inspect) -> Iterator[Finding]:
    """Yield findings about the remote images of entries and blocks, each URL requested once, several in parallel."""
    with_image = [item for item in items if item.image and item.image.startswith("https://")]
    urls = list(dict.fromkeys(str(item.image) for item in with_image))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        problems = dict(zip(urls, pool.map(inspect, urls), strict=True))
    for item in with_image:
        if problem := problems[str(item.image)]:
            rule, what = problem
            yield make_finding(rule, item.place("image"), what)
