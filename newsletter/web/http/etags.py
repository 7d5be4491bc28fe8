"""Tell whether a client has the current version of a page already (RFC 9110 §13.1.2)."""

from collections.abc import Mapping


def has_version(headers: Mapping[str, str], tag: str) -> bool:
    """Return whether ``If-None-Match`` names an ETag, weak or strong; the names of ``headers`` are in lower case."""
    known = headers.get("if-none-match", "").split(",")
    return tag in {other.strip().removeprefix("W/") for other in known}
