"""Clean authors' text and web addresses for rendering: no control characters, no other schemes."""

import re

# Characters that XML and HTML forbid (XML 1.0 §2.2). MJML and the inliner would fail or cut the text there.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def clean(text: str) -> str:
    """Return a text without control characters and with ``\\n`` as its line ends."""
    return _FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """Return a cleaned text with each run of white space as a single space."""
    return " ".join(clean(text).split())


_WEB = re.compile(r"https?://[^\s/]", re.IGNORECASE)
# They would end an address in the text part or in an attribute, and no URL has them (RFC 3986 §2).
_ENCODED = str.maketrans({" ": "%20", '"': "%22", "<": "%3C", ">": "%3E"})


def web_address(url: str) -> str:
    """Return a web address with the encoded characters that could end it.

    Return "" for any other scheme, which must never become a link or an image.
    """
    stripped = "".join(clean(url).strip().translate(_ENCODED).split())
    return stripped if _WEB.match(stripped) else ""
