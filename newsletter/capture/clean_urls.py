"""Clean the address of a link: without redirect wrappers, tracking parameters and directions to the browser."""

import re
from urllib.parse import urlunsplit

from newsletter.capture.cleaning import web_url
from newsletter.capture.tracking_parameters import without_tracking, without_tracking_fragment
from newsletter.capture.wrappers import unwrapped
from newsletter.domain.web_addresses import split_address

_PASTED = re.compile(r"[\t\r\n]+")  # browsers remove them too


def clean_url(url: str) -> str:
    """Return the address that a link really leads to, or the text unchanged if it isn't one of http or https.

    Nested wrappers are unpacked. Parameters that stay keep their order and bytes, and signed addresses keep all of
    them. The result is the same when it is cleaned again.
    """
    current = web_url(_PASTED.sub("", url.strip().removeprefix("<").removesuffix(">")))
    if not current:
        return url
    while True:  # ends, because unpacking and removing make an address shorter
        inner = _inner(current)
        cleaned = _without_tracking(inner or current)
        if cleaned == current:
            return current
        current = cleaned


def _inner(url: str) -> str:
    parts = split_address(url)
    target = unwrapped(parts) if parts else ""
    if target and "://" not in target[:8]:
        target = ""
    inner = web_url(target)
    return inner if len(inner) < len(url) else ""


def _without_tracking(url: str) -> str:
    parts = split_address(url)
    if parts is None:
        return url
    host = (parts.hostname or "").rstrip(".")
    netloc = parts.netloc.lower().rstrip(".")
    if parts.port == {"http": 80, "https": 443}[parts.scheme]:
        netloc = netloc.rpartition(":")[0]
    query = without_tracking(parts.query, host)
    fragment = without_tracking_fragment(parts.fragment)
    return urlunsplit((parts.scheme, netloc, parts.path, query, fragment))
