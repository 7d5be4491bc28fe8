"""The security headers of every response, and the wrapper that sets them. https://www.w3.org/TR/CSP3/"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

_COMMON = {
    "Referrer-Policy": "no-referrer",  # most URLs contain a token
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
    "Cache-Control": "no-store",
}


# Nothing inline, nothing from elsewhere. The readers' pages have no scripts.
def public_policy(picture_host: str = "") -> str:
    """Return the Content-Security-Policy of the readers' pages; ``picture_host`` is an address of pictures or ""."""
    host = urlsplit(picture_host)
    images = f"'self' {host.scheme}://{host.netloc}" if host.netloc else "'self'"
    return (
        f"default-src 'none'; style-src 'self'; img-src {images}; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


PUBLIC_HEADERS = _COMMON | {
    "Content-Security-Policy": public_policy(),
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
# The preview shows the email in a frame of its own, and updates itself.
_LOCAL_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
PREVIEW_HEADERS = _COMMON | {"Content-Security-Policy": _LOCAL_POLICY}
STUDIO_HEADERS = _COMMON | {
    "Content-Security-Policy": f"{_LOCAL_POLICY}; manifest-src 'self'",
    # With no-referrer, forms would be posted with `Origin: null` (https://fetch.spec.whatwg.org/#origin-header).
    "Referrer-Policy": "same-origin",
}
ONLY_HTTPS = {"Strict-Transport-Security": "max-age=63072000"}  # two years; subdomains may belong to others


class SecureSend:
    """A wrapper of ASGI's ``send`` that sets ``headers`` on a response without its own.

    ``begun`` is true once the response has begun: no other can be sent then.
    """

    def __init__(self, send: Send, headers: Mapping[str, str]) -> None:
        self._send, self._headers = send, headers
        self.begun = False

    async def __call__(self, message: Message) -> None:
        """Send a message of the response."""
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
        await self._send(message)
