"""Compress responses that are the same for everyone, for clients that accept gzip (RFC 9110 §12.5.3)."""

import gzip
import re
from collections.abc import Mapping

VARY = {"Vary": "Accept-Encoding"}
GZIP = {"Content-Encoding": "gzip"}
_NEVER = re.compile(r"\s*q=0(\.0*)?\s*", re.IGNORECASE)


def compressed(body: bytes) -> bytes:
    """Return a body compressed with gzip; the same body always gives the same bytes."""
    return gzip.compress(body, 6, mtime=0)


def accepts_gzip(headers: Mapping[str, str]) -> bool:
    """Return whether a client accepts gzip; the names of ``headers`` are in lower case."""
    for coding in headers.get("accept-encoding", "").split(","):
        name, _, weight = coding.partition(";")
        if name.strip().lower() == "gzip":
            return _NEVER.fullmatch(weight) is None
    return False
