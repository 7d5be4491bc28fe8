"""An HTTP client for untrusted URLs.

A URL isn't trusted (SSRF), since anybody may have pasted it. A host is resolved once, all of its addresses must be
public, and the connection goes to one of those. At most three redirects are followed, each with the same checks. A
request has a deadline, no cookies, no referrer and no proxy.
"""

import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse, RemoteDisconnected
from typing import TypeVar
from urllib.parse import quote, urljoin

from newsletter.domain.web_addresses import split_address
from newsletter.fetching.connections import PinnedConnection, Resolve, resolve_host
from newsletter.fetching.errors import FetchError
from newsletter.fetching.public_addresses import IPAddress, is_public
from newsletter.files import library_errors

REDIRECTS = 3
_LOWEST_OTHER_PORT = 1024  # below it, ports belong to services such as mail (https://fetch.spec.whatwg.org/#bad-port)

_T = TypeVar("_T")
_Read = Callable[[HTTPResponse, str], _T]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebClient:
    """A client for untrusted URLs: the addresses it may connect to, its trusted certificates and its time limit.

    ``seconds`` is the time for a URL with its redirects. ``schemes`` are the allowed ones.
    """

    admits: Callable[[IPAddress], bool] = is_public
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    seconds: float = 10.0
    schemes: frozenset[str] = frozenset(("http", "https"))
    resolve: Resolve = resolve_host

    def get(self, url: str, read: _Read[_T], *, headers: Mapping[str, str]) -> _T:
        """Request a URL, follow its redirects, and return what ``read`` makes of the response and its URL.

        Raise FetchError if there is no response in time, or only one that may not be requested. ``read`` may raise it
        too.
        """
        deadline = time.monotonic() + self.seconds
        try:
            for _ in range(REDIRECTS + 1):
                result = self._request(url, read, headers, deadline)
                if not isinstance(result, _Redirect):
                    return result
                url = urljoin(url, result.target)
        except (OSError, HTTPException, ValueError) as err:
            if time.monotonic() >= deadline or isinstance(err, TimeoutError):
                raise FetchError(f"didn't load within {self.seconds:g} seconds", url=url) from err
            raise FetchError(f"can't be loaded: {_reason(err)}", url=url) from err
        raise FetchError(f"is behind more than {REDIRECTS} redirects", url=url)

    def _request(self, url: str, read: _Read[_T], headers: Mapping[str, str], deadline: float) -> "_T | _Redirect":
        connection = self._connection(url, deadline)
        alarm = threading.Timer(max(deadline - time.monotonic(), 0), connection.hang_up)
        alarm.daemon = True
        alarm.start()
        try:
            connection.request("GET", _path(url), headers=dict(headers))
            response = connection.getresponse()
            target = response.getheader("Location") if 300 <= response.status < 400 else None
            result = _Redirect(_in_utf_8(target)) if target else read(response, url)
            if connection.expired:  # an aborted transfer looks like a complete one
                raise TimeoutError
            return result
        finally:
            alarm.cancel()
            connection.close()

    def _connection(self, url: str, deadline: float) -> PinnedConnection:
        parts = split_address(url)
        allowed = parts is not None and parts.scheme in self.schemes and parts.hostname and parts.username is None
        if parts is None or not parts.hostname or not allowed:
            plain = "https" if self.schemes == {"https"} else "http or https"
            raise FetchError(f"leads to an address that isn't plain {plain}", url=url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if port < _LOWEST_OTHER_PORT and port not in (80, 443):
            raise FetchError(f"leads to port {port}, which is for other services than web pages", url=url)
        addresses = self.resolve(parts.hostname, port, deadline - time.monotonic())
        if not addresses or not all(self.admits(address) for address in addresses):
            raise FetchError(f"leads to {parts.hostname}, which isn't on the public internet", url=url)
        trust = self.trust if parts.scheme == "https" else None
        return PinnedConnection(parts.hostname, port, pinned=addresses, trust=trust, deadline=deadline)


@dataclass(frozen=True, slots=True)
class _Redirect:
    target: str


def _reason(err: OSError | HTTPException | ValueError) -> str:
    if isinstance(err, RemoteDisconnected):
        return "the server closed the connection"
    return library_errors.of_system(err) if isinstance(err, OSError) else "the server doesn't speak HTTP"


def _in_utf_8(header: str) -> str:
    """Return a header as UTF-8, in which servers write addresses, if it is; http.client reads Latin-1."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header


def _path(url: str) -> str:
    """Return what to request: the path and the query, with everything that isn't printable ASCII escaped."""
    parts = split_address(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "") if parts else "/"
    return quote(path, safe="/%?#[]@!$&'()*+,;=:~-._|\"<>\\^`{}")
