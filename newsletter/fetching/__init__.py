"""Fetch pages and images from untrusted URLs: public addresses only, pinned, with limits and a deadline."""

from newsletter.fetching.client import REDIRECTS, WebClient
from newsletter.fetching.connections import Resolve
from newsletter.fetching.errors import FetchError
from newsletter.fetching.pages import PAGE_LIMIT, FetchedPage, fetch_page
from newsletter.fetching.public_addresses import IPAddress, is_public

__all__ = [
    "PAGE_LIMIT",
    "REDIRECTS",
    "FetchError",
    "FetchedPage",
    "IPAddress",
    "Resolve",
    "WebClient",
    "fetch_page",
    "is_public",
]
