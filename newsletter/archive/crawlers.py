"""Files for crawlers: robots.txt (RFC 9309) and the sitemap (sitemaps.org)."""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from urllib.parse import urlsplit

from lxml import etree

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_MOST = 50_000  # URLs in a sitemap, by its protocol
# Readers' signed links, forms, and pages made for each request.
_NOT_FOR_CRAWLERS = (
    "/api/", "/browser/", "/c/", "/confirm/", "/hooks/", "/move/", "/my/", "/o/", "/preferences/", "/search",
    "/undo-move/", "/unsubscribe/", "/vote/",
)  # fmt: skip


def robots(base_url: str) -> bytes:
    """Return robots.txt. Crawlers only look for it at the root of the host."""
    path = urlsplit(base_url).path
    lines = ["User-agent: *", *(f"Disallow: {path}{prefix}" for prefix in _NOT_FOR_CRAWLERS), ""]
    return "\n".join([*lines, f"Sitemap: {base_url}/sitemap.xml", ""]).encode()


def sitemap(addresses: Iterable[tuple[str, datetime | None]]) -> bytes:
    """Return the sitemap of some URLs, with the time of each one's last change if it is known."""
    root = etree.Element(f"{{{SITEMAP}}}urlset", nsmap={None: SITEMAP})
    for address, changed in islice(addresses, _MOST):
        url = etree.SubElement(root, f"{{{SITEMAP}}}url")
        etree.SubElement(url, f"{{{SITEMAP}}}loc").text = address
        if changed is not None:
            etree.SubElement(url, f"{{{SITEMAP}}}lastmod").text = changed.isoformat(timespec="seconds")
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))
