"""Take web addresses apart and compare them. No I/O."""

import re
from contextlib import suppress
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

TRACKING = re.compile(r"utm_\w+|(?:fb|g|d|y|tt)clid|msclkid|mc_[ce]id|[gw]braid|igsh(?:id)?|_hs(?:enc|mi)|mkt_tok")
"""Names of parameters that only tell a site where its visitors come from."""


def split_address(url: str) -> SplitResult | None:
    """Return the parts of an address, or None if it can't be parsed."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises ValueError for an invalid port
    except ValueError:
        return None
    return parts


@lru_cache(maxsize=32_768)  # the checks compare the links of all entries each time a file is saved
def canonical_address(url: str) -> str:
    """Return an address in a form to compare: without scheme, www, fragment and tracking parameters."""
    parts = split_address(url.strip())
    if parts is None or not parts.hostname:
        return ""
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not TRACKING.fullmatch(pair[0])]
    return f"{bare_host(parts.hostname)}{parts.path.rstrip('/')}?{urlencode(sorted(query))}"


def bare_host(host: str) -> str:
    """Return a host without ``www.`` and in its ASCII form, if it has one, so that spellings can be compared."""
    if not host.isascii():
        with suppress(UnicodeError):
            host = host.encode("idna").decode("ascii")
    return host.lower().rstrip(".").removeprefix("www.")
