"""Unpack addresses that lead through another site: search engines, social networks, mail filters, feeds, AMP caches."""

import base64
import binascii
import re
from collections.abc import Callable
from urllib.parse import SplitResult, parse_qsl, unquote, urlunsplit

# Hosts, the beginning of the path, and the parameters that may have the target.
_BY_PARAMETER: tuple[tuple[str, str, str], ...] = (
    (r"(?:www\.|news\.)?google\.[a-z]{2,3}(?:\.[a-z]{2})?", "/url", "q url"),
    (r"translate\.google\.[a-z]{2,3}(?:\.[a-z]{2})?", "/translate", "u"),
    (r"lm?\.(?:facebook|instagram|messenger|threads|workplace)\.(?:com|net)", "/", "u"),
    (r"out\.reddit\.com", "/", "url"),
    (r"(?:www\.|m\.)?youtube\.com", "/redirect", "q"),
    (r".+\.safelinks\.protection\.outlook\.com", "/", "url"),
    (r"slack-redir\.net", "/link", "url"),
    (r"t\.umblr\.com", "/redirect", "z"),
    (r"(?:m\.)?vk\.com", "/away.php", "to"),
    (r"steamcommunity\.com", "/linkfilter", "u url"),
    (r"duckduckgo\.com", "/l/", "uddg"),
    (r"(?:www\.)?linkedin\.com", "/redir/redirect", "url"),
    (r"(?:www\.)?linkedin\.com", "/safety/go", "url"),
    (r"medium\.com", "/r/", "url"),
    (r"exit\.sc", "/", "url"),
    (r"getpocket\.com", "/redirect", "url"),
    (r"deref-(?:gmx|web)\.(?:net|de|com)", "/", "redirectUrl"),
    (r"p\.feedblitz\.com", "/r.asp", "l"),
    (r"(?:www\.)?feedspot\.com", "/redirect", "url"),
)
_COMPILED = tuple((re.compile(hosts), path, names.split()) for hosts, path, names in _BY_PARAMETER)


def unwrapped(parts: SplitResult) -> str:
    """Return the address inside a wrapper, or "" if it isn't a known one. The result may be no usable address."""
    host = (parts.hostname or "").lower()
    for hosts, path, names in _COMPILED:
        if parts.path.startswith(path) and hosts.fullmatch(host):
            values = dict(parse_qsl(parts.query))
            return next((values[name] for name in names if values.get(name)), "")
    for hosts, unpack in _BY_PATH:
        if hosts.fullmatch(host):
            return unpack(parts)
    return ""


def _amp_cache(parts: SplitResult) -> str:
    # AMP caches: /c/s/ is a page over https, /v/ and /i/ its viewer and images.
    match = re.fullmatch(r"/[cv]/(s/)?([^/]+\..*)", parts.path)
    return _with(parts, f"http{'s' if match[1] else ''}://{match[2]}") if match else ""


def _google_amp(parts: SplitResult) -> str:
    match = re.fullmatch(r"/amp/(s/)?([^/]+\..*)", parts.path)
    return _with(parts, f"http{'s' if match[1] else ''}://{match[2]}") if match else ""


def _register_feed(parts: SplitResult) -> str:
    match = re.fullmatch(r"/feed/([^/]+\..*)", parts.path)
    return _with(parts, f"https://{match[1]}") if match else ""


def _with(parts: SplitResult, address: str) -> str:
    return address + (f"?{parts.query}" if parts.query else "")


def _bing(parts: SplitResult) -> str:
    value = dict(parse_qsl(parts.query)).get("u", "") if parts.path.startswith("/ck/a") else ""
    return _base64(value[2:]) if value.startswith("a1") else ""


def _yahoo(parts: SplitResult) -> str:
    match = re.search(r"/RU=([^/]+)/R[KS]=", parts.path)
    return unquote(match[1]) if match else ""


def _proofpoint(parts: SplitResult) -> str:
    if parts.path.startswith("/v2/url"):
        value = dict(parse_qsl(parts.query)).get("u", "")
        return unquote(value.replace("-", "%").replace("_", "/"))
    return _proofpoint_v3(parts)


def _proofpoint_v3(parts: SplitResult) -> str:
    whole = urlunsplit(("", "", parts.path, parts.query, parts.fragment))
    match = re.match(r"/v3/__(.+?)__;([\w-]*=*)!", whole)
    if not match or "**" in match[1]:  # runs of stars have a code of their own
        return ""
    address = match[1] if "://" in match[1] else match[1].replace(":/", "://", 1)
    replaced = iter(_base64(match[2]))
    return re.sub(r"\*", lambda _: next(replaced, "*"), address)


def _hrefli(parts: SplitResult) -> str:
    return unquote(parts.query) if "%3a" in parts.query.lower()[:10] else parts.query


def _disqus(parts: SplitResult) -> str:
    value = dict(parse_qsl(parts.query)).get("url", "")
    return re.sub(r":[\w-]{20,}$", "", value)  # followed by a checksum


def _translated(parts: SplitResult) -> str:
    # example-org.translate.goog: a hyphen is a dot, two are a hyphen.
    host = (parts.hostname or "").removesuffix(".translate.goog")
    name = host.replace("--", "\0").replace("-", ".").replace("\0", "-")
    return urlunsplit(("https", name, parts.path, parts.query, parts.fragment))


def _base64(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""


_BY_PATH: tuple[tuple[re.Pattern[str], Callable[[SplitResult], str]], ...] = tuple(
    (re.compile(hosts), unpack)
    for hosts, unpack in (
        (r"(?:.+\.)?(?:cdn\.ampproject\.org|bing-amp\.com)", _amp_cache),
        (r"(?:www\.)?google\.[a-z]{2,3}(?:\.[a-z]{2})?", _google_amp),
        (r"(?:www\.)?bing\.com", _bing),
        (r"r\.search\.yahoo\.com", _yahoo),
        (r"urldefense\.(?:proofpoint\.)?(?:com|us)", _proofpoint),
        (r"(?:www\.)?href\.li", _hrefli),
        (r"disq\.us", _disqus),
        (r".+\.translate\.goog", _translated),
        (r"go\.theregister\.com", _register_feed),
    )
)
