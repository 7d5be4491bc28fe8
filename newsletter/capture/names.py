"""Names in pages: of authors, of publications, of languages."""

import re
from collections.abc import Iterable
from ipaddress import ip_address

from newsletter.capture.cleaning import plain_words
from newsletter.domain.languages import parse_language
from newsletter.domain.web_addresses import bare_host, split_address

_BY = re.compile(
    r"^(?:(?:written |words |text |story )?by|von|par|por|di|door|av|af|text|מאת|بقلم)\b:?\s+", re.IGNORECASE
)
_NO_NAME = re.compile(
    r"https?:|www\.|^@|\S@\S|^\W*$|^\d+$|^(?:admin(?:istrator)?|wordpress|webmaster|author|staff|unknown|anonymous|none|null"
    r"|undefined|true|false|object|\[object object\]|guest|root|user|posted|view all posts.*)$",
    re.IGNORECASE,
)
_STAFF = re.compile(
    r"\W*(?:staff|team|editors?|editorial(?: team| board)?|desk|news ?room|redaktion|rédaction|redazione)?$",
    re.IGNORECASE,
)
_MOBILE = re.compile(r"^(?:m|mobile|amp|www\d?)\.")
_LANGUAGES = {
    "english": "en",
    "german": "de",
    "deutsch": "de",
    "french": "fr",
    "français": "fr",
    "spanish": "es",
    "español": "es",
    "italian": "it",
    "portuguese": "pt",
    "dutch": "nl",
    "hebrew": "he",
    "arabic": "ar",
    "japanese": "ja",
    "chinese": "zh",
    "russian": "ru",
    "korean": "ko",
    "iw": "he",
}
_NO_LANGUAGE = frozenset(("und", "mul", "zxx", "mis", "x"))


def author_names(written: Iterable[str], sites: Iterable[str]) -> str:
    """Return the names of authors, separated by commas, or "" if there is none that is a person's.

    Addresses, handles, placeholders and the names of the site itself are left out.
    """
    own = {comparable(site) for site in sites} | {""}
    names: dict[str, str] = {}
    for text in written:
        name = plain_words(text, 120)
        while (shorter := _BY.sub("", name)) != name:
            name = shorter
        name = name.strip(" ,;|/–—-")
        if name and len(name) < 120 and not _NO_NAME.search(name) and comparable(_STAFF.sub("", name)) not in own:
            names.setdefault(comparable(name), name)
    return ", ".join(list(names.values())[:10])


def usable_source(text: str) -> str:
    """Return a publication's name, or "" if the text is none: an address, a handle, a whole sentence."""
    name = plain_words(text, 100)
    return "" if _NO_NAME.search(name) or len(name) > 80 else name


def site_from_feeds(titles: Iterable[str]) -> str:
    """Return a site's name from the titles of its feeds: “Slow Lines » Feed”, or "" if they have none."""
    for title in titles:
        name = plain_words(title, 100)
        while (shorter := _FEED.sub("", name)) != name:
            name = shorter
        if name and not _COMMENTS.search(title):
            return usable_source(name)
    return ""


_FEED = re.compile(r"(?:^|\W+)(?:feed|rss|atom|json|posts|\(?2\.0\)?|1\.0)\W*$|\s+$", re.IGNORECASE)
_COMMENTS = re.compile(r"comment|kommentar|commentaire|podcast", re.IGNORECASE)


def site_from_address(url: str) -> str:
    """Return the host of an address without ``www.`` and the like."""
    parts = split_address(url)
    host = (parts.hostname or "") if parts else ""
    return _MOBILE.sub("", host) if host.count(".") > 1 and not _is_ip(host) else host


def same_site(url: str, other: str) -> bool:
    """Return whether two addresses belong to the same site: ``amp.example.co.uk`` and ``www.example.co.uk`` do."""
    return _registered(url) == _registered(other) != ""


def _registered(url: str) -> str:
    parts = split_address(url)
    host = bare_host(parts.hostname) if parts and parts.hostname else ""
    if _is_ip(host):
        return host
    labels = host.split(".")
    most = 3 if len(labels) > 2 and labels[-2] in ("co", "com", "org", "net", "ac", "gov", "edu", "ne", "or") else 2
    return ".".join(labels[-most:])


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def language_tag(text: str) -> str:
    """Return a language tag (BCP 47) in its usual case, or "" if the text is none: ``en_us`` is ``en-US``."""
    first = re.split(r"[,;\s]", text.strip().replace("_", "-"), maxsplit=1)[0][:35].partition(".")[0]
    first = _LANGUAGES.get(first.lower(), first)
    try:
        parse_language(first)
    except ValueError:
        return ""
    language, *rest = first.split("-")
    if language.lower() in _NO_LANGUAGE:
        return ""
    return "-".join((_LANGUAGES.get(language.lower(), language.lower()), *map(_in_usual_case, rest)))


def _in_usual_case(part: str) -> str:
    return part.upper() if len(part) == 2 else part.title() if len(part) == 4 and part.isalpha() else part.lower()


def comparable(name: str) -> str:
    """Return a name in a form to compare: without case, punctuation and a leading article."""
    words = re.findall(r"\w+", name.casefold())
    return "".join(words[1:] if len(words) > 1 and words[0] in ("the", "der", "die", "das", "le", "la") else words)
