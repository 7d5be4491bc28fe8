"""Checks of remote images over the network, only on request and never inside a private network.

Only https is allowed, and no more of an image is read than needed; ``newsletter.fetching`` has the rest.
"""

import ssl
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPResponse

from newsletter.checks.rules import make_finding
from newsletter.domain.issue import Item
from newsletter.errors import Finding
from newsletter.fetching import FetchError, IPAddress, WebClient, is_public

IMAGE_LIMIT = 1_000_000  # bytes
_AT_ONCE = 8
_HEADERS = {"Accept": "image/*", "Accept-Encoding": "identity"}

Inspect = Callable[[str], tuple[str, str] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """An inspector of remote images: the addresses it may connect to, its trusted certificates and its time limit."""

    admits: Callable[[IPAddress], bool] = is_public
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    seconds: float = 5.0  # for one image

    def inspect(self, url: str) -> tuple[str, str] | None:
        """Return the rule that a remote image breaks and a description, or None if the image is fine."""
        client = WebClient(admits=self.admits, trust=self.trust, seconds=self.seconds, schemes=frozenset(("https",)))
        try:
            return client.get(url, _verdict, headers=_HEADERS)
        except FetchError as err:
            return "image-unreachable", f"the image {err.reason}"


def _verdict(response: HTTPResponse, _url: str) -> tuple[str, str] | None:
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
