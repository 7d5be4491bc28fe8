"""The big mailbox providers, by the domains of their addresses. No I/O."""

import re
from collections.abc import Mapping

FEWEST = 10  # messages of a domain that isn't a big provider's, before reports name it: it may be one person's own
OTHERS = "Other domains"
UNKNOWN = "Not known"

_DOMAINS: Mapping[str, tuple[str, ...]] = {
    "Gmail": ("gmail.com", "googlemail.com"),
    "Outlook.com": ("msn.com", "passport.com"),
    "Yahoo and AOL": ("ymail.com", "rocketmail.com", "aol.com", "aim.com", "myyahoo.com"),
    "iCloud": ("icloud.com", "me.com", "mac.com"),
    "GMX and Web.de": ("web.de", "mail.com"),
    "Proton": ("proton.me", "protonmail.com", "protonmail.ch", "pm.me"),
    "Fastmail": ("fastmail.com", "fastmail.fm"),
    "Zoho": ("zoho.com", "zohomail.com", "zoho.eu"),
    "T-Online": ("t-online.de", "magenta.de"),
    "Freenet": ("freenet.de",),
    "Mailbox.org and Posteo": ("mailbox.org", "posteo.de", "posteo.net"),
    "Orange": ("orange.fr", "wanadoo.fr"),
    "Free": ("free.fr",),
    "SFR": ("sfr.fr", "neuf.fr"),
    "La Poste": ("laposte.net",),
    "Libero": ("libero.it", "virgilio.it"),
    "Telefónica": ("telefonica.net", "movistar.es"),
    "Bluewin": ("bluewin.ch",),
    "Comcast": ("comcast.net",),
    "AT&T": ("att.net", "sbcglobal.net", "bellsouth.net"),
    "Verizon": ("verizon.net",),
    "Cox": ("cox.net",),
    "BT": ("btinternet.com", "btopenworld.com"),
    "Sky": ("sky.com",),
    "Virgin Media": ("virginmedia.com", "ntlworld.com", "blueyonder.co.uk"),
    "Bell and Rogers": ("sympatico.ca", "rogers.com"),
    "Mail.ru": ("mail.ru", "inbox.ru", "list.ru", "bk.ru"),
    "Yandex": ("ya.ru", "yandex.com", "yandex.ru"),
    "Seznam": ("seznam.cz",),
    "WP and Onet": ("wp.pl", "o2.pl", "onet.pl", "op.pl", "interia.pl"),
    "QQ": ("qq.com", "foxmail.com"),
    "NetEase": ("163.com", "126.com", "yeah.net"),
    "Naver": ("naver.com",),
    "Walla": ("walla.co.il", "walla.com"),
    "UOL": ("uol.com.br", "bol.com.br"),
}
_BY_DOMAIN = {domain: provider for provider, domains in _DOMAINS.items() for domain in domains}
# Those that have a domain in many countries.
_BY_NAME: Mapping[str, str] = {
    "outlook": "Outlook.com",
    "hotmail": "Outlook.com",
    "live": "Outlook.com",
    "yahoo": "Yahoo and AOL",
    "gmx": "GMX and Web.de",
}
_NATIONAL = re.compile(
    r"([a-z]+)\.(?:com|net|at|ch|de|eu|fr|it|es|nl|be|dk|se|no|fi|ie|in|ca|gr|pt|ro|pl|(?:com?|org)\.[a-z]{2})"
)


def mailbox_provider(domain: str) -> str:
    """Return the name of the big provider of a domain, or "" if it isn't one's."""
    domain = domain.lower().rstrip(".")
    if domain in _BY_DOMAIN:
        return _BY_DOMAIN[domain]
    national = _NATIONAL.fullmatch(domain)
    return _BY_NAME.get(national[1], "") if national else ""
