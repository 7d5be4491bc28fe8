"""Fetch a web page: HTML only, as much of it as a limit allows, unpacked."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse

from newsletter.errors import printable
from newsletter.fetching.client import WebClient
from newsletter.fetching.errors import FetchError

PAGE_LIMIT = 2 * 1024 * 1024  # bytes, unpacked
_CHUNK = 65_536
_HEADERS = {
    "Accept": "text/html,application/xhtml+xml",
    "Accept-Encoding": "gzip",
    "User-Agent": "Mozilla/5.0 (compatible; newsletter)",
}
_HTML = ("text/html", "application/xhtml+xml")
_TAG = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|!--|\?xml)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedPage:
    """A page: the URL after all redirects, the value of its Content-Type header, and its bytes.

    ``is_cut`` says that there was more than ``PAGE_LIMIT``, or that the connection broke off.
    """

    url: str
    content_type: str
    html: bytes
    is_cut: bool = False


def fetch_page(client: WebClient, url: str) -> FetchedPage:
    """Return a page. Raise FetchError if there is none, or none that is HTML."""
    return client.get(url, _page, headers=_HEADERS)


def _page(response: HTTPResponse, url: str) -> FetchedPage:
    if response.status != 200:
        raise FetchError(_STATUS.get(response.status) or _status(response.status), url=url, status=response.status)
    content_type = printable(response.getheader("Content-Type") or "", 200)
    kind = content_type.partition(";")[0].strip().lower()
    if kind and kind not in _HTML:
        what = _KINDS.get(kind) or f"a file of the type {kind}"
        raise FetchError(f"is {what}, not a web page", url=url, status=response.status)
    html, is_cut = _body(response, url)
    if not kind and not _TAG.match(html):
        raise FetchError("is a file of an unknown type, not a web page", url=url, status=response.status)
    return FetchedPage(url=url, content_type=content_type, html=html, is_cut=is_cut)


def _status(status: int) -> str:
    return f"can't be loaded: the server responded with status {status}"


_STATUS = {
    401: "is only for those who sign in (status 401)",
    402: "has to be paid for (status 402)",
    403: "may not be loaded by programs (status 403)",
    404: "doesn't exist (status 404)",
    410: "has been removed (status 410)",
    429: "can't be loaded now: the server gets too many requests (status 429)",
    451: "is blocked for legal reasons (status 451)",
}
_KINDS = {
    "application/pdf": "a PDF",
    "image/jpeg": "a picture",
    "image/png": "a picture",
    "image/gif": "a picture",
    "image/webp": "a picture",
    "audio/mpeg": "a sound file",
    "video/mp4": "a video file",
    "text/plain": "plain text",
    "application/json": "data (JSON)",
    "application/rss+xml": "a feed",
    "application/atom+xml": "a feed",
}


def _body(response: HTTPResponse, url: str) -> tuple[bytes, bool]:
    """Return the unpacked body up to the limit, and whether something is missing."""
    coding = (response.getheader("Content-Encoding") or "identity").strip().lower()
    if coding == "identity":
        chunks = _received(response)
    elif coding in ("gzip", "x-gzip", "deflate"):
        chunks = _unpacked(_received(response))
    else:
        raise FetchError(f'can\'t be read: it is compressed as "{printable(coding, 40)}"', url=url)
    body = bytearray()
    try:
        for chunk in chunks:
            body += chunk
            if len(body) > PAGE_LIMIT:
                return bytes(body[:PAGE_LIMIT]), True
    except (HTTPException, zlib.error) as err:
        if not body:
            raise FetchError("can't be read: the transfer broke off or is damaged", url=url) from err
        return bytes(body), True
    return bytes(body), bool(response.length)


def _received(response: HTTPResponse) -> Iterator[bytes]:
    """Yield what arrives, at most a little more than the limit: compressed data may unpack to nothing."""
    size = 0
    while size <= PAGE_LIMIT and (chunk := response.read1(_CHUNK)):
        size += len(chunk)
        yield chunk


def _unpacked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield unpacked data in pieces of bounded size, so that a small file that unpacks to a huge one does no harm."""
    unpacker: zlib._Decompress | None = None
    for chunk in chunks:
        rest = chunk
        while rest:
            if unpacker is None:
                unpacker = zlib.decompressobj(47 if rest[:1] == b"\x1f" or rest[0] & 0x0F == 8 else -15)
            piece = unpacker.decompress(rest, _CHUNK)
            if piece:
                yield piece
            rest = unpacker.unconsumed_tail
            if unpacker.eof:  # a file may have several members
                rest, unpacker = unpacker.unused_data, None
                if not rest.startswith(b"\x1f\x8b"):
                    return
