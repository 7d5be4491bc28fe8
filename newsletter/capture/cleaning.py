"""Clean what untrusted pages say: one line of visible text, addresses of http or https, words of people and places."""

import html
import re
import unicodedata
from urllib.parse import quote, urljoin, urlunsplit

from newsletter.domain.web_addresses import split_address

LONGEST_URL = 2000  # characters; mail clients and servers fail at longer ones

# Control characters, half surrogates, bidirectional overrides (CVE-2021-42574), zero-width characters without meaning,
# and private-use characters, which are icons of a site's own font.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"
    "\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e007f]"
)
_SPACES = re.compile(r"\s+")
_TAGS = re.compile(r"<(script|style)\b[^>]*>.*?</\1>|</?[a-z][^<>]*>", re.IGNORECASE | re.DOTALL)


def visible(text: str) -> str:
    """Return text without invisible and control characters, in Unicode's composed form; line breaks stay."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\x85", "\n")))


def one_clean_line(text: str, longest: int = 300) -> str:
    """Return text as one line of visible characters; a longer one is cut between words and ends with an ellipsis."""
    line = _SPACES.sub(" ", visible(text[: longest * 20])).strip()
    if len(line) <= longest:
        return line
    return line[: longest - 1].rsplit(" ", 1)[0][: longest - 1].rstrip(" ,;:–—-") + "…"


def plain_words(text: str, longest: int = 300) -> str:
    """Return text of a page's metadata as one line: unescaped once more if it was escaped twice, without tags."""
    head = text[: longest * 20]
    if "&" in head:
        head = html.unescape(head)
    return one_clean_line(_TAGS.sub("", head), longest)


def web_url(text: str, base: str = "") -> str:
    """Return an absolute address of http or https, with its unusual characters escaped, or "" if it is none."""
    written = text.strip()
    if not written or len(written) > LONGEST_URL or _INVISIBLE.search(written):
        return ""
    try:
        absolute = urljoin(base, written) if base else written
    except ValueError:
        return ""
    parts = split_address(absolute)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or "." not in parts.hostname:
        return ""
    if "@" in parts.netloc or _UNFIT_IN_HOST.search(parts.netloc):
        return ""
    path, query, fragment = (_UNFIT.sub(_escaped, part) for part in (parts.path, parts.query, parts.fragment))
    return urlunsplit((parts.scheme, parts.netloc, path, query, fragment))


_UNFIT = re.compile(r"""[^!-~]|["<>\\`]""")
_UNFIT_IN_HOST = re.compile(r"""[\s"<>\\`%^|{}]""")


def _escaped(match: re.Match[str]) -> str:
    return quote(match[0])
