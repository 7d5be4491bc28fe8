"""What a studio needs to serve several people on a host name of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response

from newsletter.staff import PasskeySite, StaffMailer
from newsletter.store import Store
from newsletter.tokens import Signer
from newsletter.web.http.client_address import Network
from newsletter.web.http.own_requests import cookies
from newsletter.web.http.security import ONLY_HTTPS, STUDIO_HEADERS

_THIS_MACHINE = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
"""Where the web server with TLS usually runs. If it weren't trusted, all clients would share one limit."""
_SESSION, _BROWSER = "newsletter-studio", "newsletter-studio-browser"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosting:
    """The host of a studio with accounts. ``origin`` is its address: ``https://studio.example.org``.

    ``store`` stays open as long as the studio runs. ``signer`` hashes the addresses that attempts to sign in are
    counted by. Besides web servers on this machine, ``proxies`` are trusted to say where requests come from.
    """

    origin: str
    store: Store
    signer: Signer
    mailer: StaffMailer
    proxies: Sequence[Network] = ()

    @property
    def trusted_proxies(self) -> Sequence[Network]:
        """Return the networks of proxies whose X-Forwarded-For is believed."""
        return (*_THIS_MACHINE, *self.proxies)

    @property
    def host(self) -> str:
        """Return the Host header that the studio answers for."""
        return urlsplit(self.origin).netloc

    @property
    def scheme(self) -> str:
        """Return the scheme by which browsers reach the studio, whatever the proxy before it uses."""
        return urlsplit(self.origin).scheme

    @property
    def is_secure(self) -> bool:
        """Return whether browsers use TLS; they needn't for a studio on their own computer."""
        return self.origin.startswith("https://")

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the security headers of every response."""
        return STUDIO_HEADERS | (ONLY_HTTPS if self.is_secure else {})

    def site(self, name: str) -> PasskeySite:
        """Return the site that passkeys are for, with the name that people see."""
        return PasskeySite(host=urlsplit(self.origin).hostname or "", origin=self.origin, name=name)

    def session_secret(self, headers: Headers) -> str:
        """Return the secret in a request's session cookie, or "" if there is none."""
        return self._secret(headers, _SESSION)

    def browser_secret(self, headers: Headers) -> str:
        """Return the secret in the cookie that identifies a browser, or "" if there is none."""
        return self._secret(headers, _BROWSER)

    def set_session(self, response: Response, secret: str) -> None:
        """Have the browser keep a session's secret."""
        self._set(response, _SESSION, secret)

    def set_browser(self, response: Response, secret: str) -> None:
        """Have the browser keep the secret that links and challenges are bound to."""
        self._set(response, _BROWSER, secret)

    def forget_session(self, response: Response) -> None:
        """Have the browser forget the session, and what was typed and not saved."""
        response.delete_cookie(self._name(_SESSION), path="/", secure=self.is_secure, httponly=True, samesite="lax")
        response.headers["Clear-Site-Data"] = '"cache", "storage"'  # https://www.w3.org/TR/clear-site-data/

    def _set(self, response: Response, name: str, secret: str) -> None:
        # Until the browser is closed. "lax": a bookmarklet opens the capture window from another site.
        response.set_cookie(self._name(name), secret, path="/", secure=self.is_secure, httponly=True, samesite="lax")

    def _secret(self, headers: Headers, name: str) -> str:
        values = cookies(headers, self._name(name))
        return values[0] if len(values) == 1 else ""

    def _name(self, name: str) -> str:
        # With the prefix, neither another host nor a page without TLS can set the cookie
        # (https://www.rfc-editor.org/rfc/rfc6265bis#name-the-__host-prefix). All ports of a host share its cookies.
        return f"__Host-{name}" if self.is_secure else f"{name}-{urlsplit(self.origin).port or 80}"
