"""Packing what is the same for everybody, for whoever can unpack it (RFC 9110 §12.5.3)."""

import gzip
import re
from collections.abc import Mapping

VARY = {"Vary": "Accept-Encoding"}
PACKED = {"Content-Encoding": "gzip"}
_NEVER = re.compile(r"\s*q=0(\.0*)?\s*", re.IGNORECASE)


def packed(body: bytes) -> bytes:
    """The same bytes for the same body, whenever it is done."""
    return gzip.compress(body, 6, mtime=0)


def takes_packed(headers: Mapping[str, str]) -> bool:
    """Whether a request says that gzip is understood; ``headers`` are by their names in small letters."""
    for one in headers.get("accept-encoding", "").split(","):
        name, _, weight = one.partition(";")
        if name.strip().lower() == "gzip":
            return _NEVER.fullmatch(weight) is None
    return False
