"""Checks of web addresses: invalid, indirect or insecure ones, and link texts that name another host."""

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qsl

from newsletter.checks.rules import make_finding
from newsletter.domain.web_addresses import TRACKING, bare_host, split_address
from newsletter.errors import Finding, Place

_SPACE_OR_HIDDEN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u061c\u2028-\u202e\u2060-\u2069\ufeff]")

# Top-level domains that make a word with a dot a host: the old ones, the common new ones and those of countries
# (ISO 3166), without those that are also file extensions, as in Node.js, main.py or README.md.
_ENDINGS = (
    "com org net edu gov mil int info biz name news blog online site store shop app dev io co tv me fm eu uk ac "
    "ad ae af ag al am ao ar at au az ba bb bd be bf bg bh bi bn bo br bw by bz ca cd cf cg ch ci cl cm cn cr cu cv "
    "cy cz de dj dk dm do dz ec ee eg es et fi fj fr ga gb ge gh gm gn gr gt gy hk hn hr ht hu id ie il in iq ir is it "
    "jm jo jp ke kg kh kr kw kz la lb lc li lk lr ls lt lu lv ly ma mc mg mk mn mr mt mu mv mw mx my mz na ne "
    "ng ni nl no np nz om pa pe pg pk pt qa ro ru rw sa sb sc sd se sg si sk sl sm sn so sr sv sy sz td tg th tj tl "
    "tm tn to tr tt tw tz ua ug us uy uz va vc ve vn ws ye za zm zw"
)
_TOP = frozenset(_ENDINGS.split())
_HOST = re.compile(r"(?<![\w@.-])(https?://|//|www\.)?((?:[\w-]{1,63}\.)+[^\W\d_]{2,24})(?![\w-]|\.\w)(?=([:/]\S)?)")


def address_findings(url: str, place: Place, subject: str) -> Iterator[Finding]:
    """Yield findings about an absolute address. ``subject`` names it in messages: "the link" or "the image"."""
    if match := _SPACE_OR_HIDDEN.search(url):
        yield make_finding(
            "url-unfit", place, f"{subject} has a space or hidden character (U+{ord(match[0]):04X}) in it"
        )
        return
    parts = split_address(url)
    if parts is None or (parts.scheme in ("https", "http") and not parts.hostname):
        yield make_finding("url-unfit", place, f'{subject} "{url}" names no host')
    elif url.startswith("//"):
        yield make_finding("url-unfit", place, f'{subject} "{url}" has no scheme', f'write "https:{url}"')
    elif not parts.scheme:
        yield make_finding("url-unfit", place, f'{subject} "{url}" is not a complete address')
    elif parts.scheme not in ("https", "http"):
        yield make_finding("url-unfit", place, f'{subject} has the scheme "{parts.scheme}:", which mail clients refuse')
    elif parts.username is not None or parts.password is not None:
        yield make_finding(
            "url-userinfo", place, f'{subject} really goes to "{parts.hostname}"; the part before the @ is a user name'
        )
    else:
        why = detour_reason(parts) if subject != "the image" else ""
        if parts.scheme == "http" and not _is_on_own_network(parts.hostname or ""):
            yield make_finding("url-http", place, f'{subject} "{url}" is not https')
        if why:
            yield make_finding("url-detour", place, f"{subject} {why}")


def detour_reason(parts: SplitResult) -> str:
    """Return why a link doesn't lead straight to its page, or "" if it does."""
    host = bare_host(parts.hostname or "")
    if _is_this_computer(host):
        return f"leads to this computer ({host})"
    if _PRIVATE.fullmatch(host):
        return f"leads to a private network ({host})"
    if host in _SHORTENERS:
        return f"goes through {host}, which hides where it leads"
    if _redirects(host, parts.path):
        return f"goes through {host}, which redirects"
    query = parse_qsl(parts.query, keep_blank_values=True)
    asks_for_amp = any(_AMP_QUERY.fullmatch(f"{name}={value}") for name, value in query)
    if asks_for_amp or host.startswith("amp.") or host.endswith(".ampproject.org") or _AMP.search(parts.path):
        return "leads to an AMP copy of the page"
    names = [name for name, _ in query if TRACKING.fullmatch(name)]
    return f"has the tracking parameter {names[0]}" if names else ""


def _is_on_own_network(host: str) -> bool:
    """Return whether a host is this computer or in a private network, where few have a certificate."""
    return _is_this_computer(host) or _PRIVATE.fullmatch(host) is not None


def _is_this_computer(host: str) -> bool:
    return host == "localhost" or host.endswith((".localhost", ".local")) or _LOOPBACK.fullmatch(host) is not None


def _redirects(host: str, path: str) -> bool:
    if _GOOGLE.fullmatch(host):
        return path in ("/url", "/amp")
    if host == "news.google.com":
        return path.startswith(("/rss/articles/", "/articles/", "/read/"))
    if host == "substack.com" or host.endswith(".substack.com"):
        return path.startswith("/redirect/")
    if host.endswith(".list-manage.com"):
        return path.startswith("/track/")
    return host in _REDIRECTORS or host.endswith(".safelinks.protection.outlook.com")


_REDIRECTORS = frozenset(
    ("l.facebook.com", "lm.facebook.com", "l.instagram.com", "urldefense.com", "urldefense.proofpoint.com")
)
_PRIVATE = re.compile(r"(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01])|169\.254)(?:\.\d{1,3}){2,3}")  # RFC 1918, RFC 3927
_LOOPBACK = re.compile(r"127(?:\.\d{1,3}){3}|::1|0\.0\.0\.0")
_SHORTENERS = frozenset(
    (
        *("bit.ly", "buff.ly", "cutt.ly", "dlvr.it", "goo.gl", "is.gd", "lnkd.in", "nyti.ms", "ow.ly", "rb.gy"),
        *("rebrand.ly", "shorturl.at", "t.co", "t.ly", "tiny.cc", "tinyurl.com", "trib.al", "v.gd", "wapo.st"),
    )
)
_GOOGLE = re.compile(r"google\.[a-z]{2,3}(?:\.[a-z]{2})?")
_AMP = re.compile(r"/amp(?:\.html)?(?:/|$)|\.amp(?:\.html)?/?$")
_AMP_QUERY = re.compile(r"amp=(?:1|true)?|(?:outputtype|output|view|mode)=amp", re.IGNORECASE)


def disguise(text: str, target: str) -> tuple[str, str, bool] | None:
    """Return None, or if a link's text names another host: that host, the target's host, and whether the text is a URL.

    A host and its subdomains count as the same. A word with a dot is a host only if its ending is a known one.
    """
    parts = split_address(target)
    if parts is None or not parts.hostname:
        return None
    goes_to = bare_host(parts.hostname)
    for match in _HOST.finditer(text):
        written, path = bool(match[1]), bool(match[3])
        named = bare_host(match[2].lower())
        if not written and named.rpartition(".")[2] not in _TOP:
            continue
        if named != goes_to and not goes_to.endswith(f".{named}") and not named.endswith(f".{goes_to}"):
            return named, goes_to, (written or path) and " " not in text.strip()
    return None
