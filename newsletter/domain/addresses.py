"""Validate email addresses, and decide when two spellings are the same address. No I/O.

An address is identified by its NFC form, with the local part in ASCII lower case and the domain as its A-label
(RFC 5891). Nothing else is folded: ``ß`` and ``ss``, ``ﬁ`` and ``fi``, ``K`` in another script are different mailboxes
or different domains, and the owner of one must not get mail meant for the other.
"""

import re
import string
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import idna
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, ValidatedEmail, validate_email

_PLAIN = re.compile(r"[A-Za-z0-9._+-]+@(?!(?:.*\.)?xn--)[A-Za-z0-9.-]+", re.IGNORECASE | re.ASCII)
_LOCAL = frozenset(string.ascii_letters + string.digits + "!#$%&'*+-/=?^_`{|}~.")  # RFC 5322 §3.2.3
_DOMAIN = frozenset(string.ascii_letters + string.digits + "-.")
_LONGEST = 254  # RFC 5321 §4.5.3.1.3, without the angle brackets
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A display name and an address, as in a From header."""

    address: str
    name: str = ""


def parse_address(text: str) -> str:
    """Return an address in the form to mail it; ``address_key`` identifies it.

    International domains and local parts are accepted (RFC 6531), and no DNS query is made. Raise ValueError with a
    readable reason if the address is invalid.
    """
    return _validated(text).normalized


def _validated(text: str) -> ValidatedEmail:
    try:
        return validate_email(text.strip(), check_deliverability=False)
    except EmailNotValidError as err:
        raise ValueError(f"not an email address ({_flaw(text.strip())})") from err


def _flaw(text: str) -> str:
    """Return a short reason why a text is not an address."""
    local, at, domain = text.rpartition("@")
    if not at:
        return "its @ is a different character that only looks like one" if re.search("[＠﹫]", text) else "no @"
    if "<" in text or ">" in text:
        return "write it without a name and angle brackets"
    if re.search(r"\s", text):
        return "it contains a space"
    if hidden := next((character for character in text if unicodedata.category(character)[0] == "C"), ""):
        return f"it contains a hidden character, U+{ord(hidden):04X}"
    for side, part, known in (("before", local, _LOCAL), ("after", domain, _DOMAIN)):
        if not part:
            return f"nothing {side} the @"
        if wrong := next((character for character in part if character.isascii() and character not in known), ""):
            return "more than one @" if wrong == "@" else f"{wrong} {side} the @"
        if ".." in part:
            return "two dots in a row"
        if part.startswith(".") or part.endswith("."):
            return f"the part {side} the @ starts or ends with a dot"
    return _flaw_of_domain(domain) if len(text.encode()) <= _LONGEST else "too long"


def _flaw_of_domain(domain: str) -> str:
    labels = domain.lower().split(".")
    if len(labels) == 1:
        return "no dot after the @"
    if any(label.startswith("-") or label.endswith("-") for label in labels):
        return "a name after the @ starts or ends with a hyphen"
    if any(len(_ascii(label)) > 63 for label in labels):  # RFC 1035 §2.3.4
        return "too long after the @"
    if any(f".{domain.lower()}".endswith(f".{reserved}") for reserved in SPECIAL_USE_DOMAIN_NAMES):
        return "that domain is reserved and can't receive mail"
    return "its domain is not valid"


def address_key(address: str) -> str:
    """Return the key that identifies an address in any spelling, even if it isn't valid."""
    return address.lower() if _PLAIN.fullmatch(address) else _key(address)


@lru_cache(maxsize=4096)
def _key(address: str) -> str:
    try:
        valid = _validated(address)
        return f"{_folded(valid.local_part)}@{valid.ascii_domain.lower()}"
    except ValueError:
        local, at, domain = address.strip().rpartition("@")
        return f"{_folded(local)}{at}{_ascii(_folded(domain))}"


def earlier_keys(key: str) -> tuple[str, ...]:
    """Return the keys that earlier versions gave an address with this key: its case-folded form, if it differs.

    Hashes of erased addresses can't be recomputed, so they are also looked up by this form, which another address may
    share.
    """
    if key.isascii() and "@xn--" not in key and ".xn--" not in key:
        return ()
    local, at, domain = key.rpartition("@")
    folded = f"{local}{at}{_unicode(domain)}".casefold()
    return () if folded == key else (folded,)


def spellings(address: str) -> set[str]:
    """Return the possible spellings of an address: its domain in Unicode or ASCII, composed or not, either case."""
    local, at, domain = address.rpartition("@")
    written = {address, address_key(address), f"{local}{at}{_unicode(_ascii(domain))}"}
    written |= {unicodedata.normalize(form, text) for form in ("NFC", "NFD") for text in written}
    return written | {text.lower() for text in written} | {text.upper() for text in written}


def _folded(text: str) -> str:
    """Return the text in NFC and ASCII lower case.

    It is normalized twice because lower case may compose where upper case does not: H and U+0331, for example.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).translate(_LOWER))


def _ascii(domain: str) -> str:
    try:
        return domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return domain


def _unicode(domain: str) -> str:
    try:
        return idna.decode(domain)
    except idna.IDNAError:
        return domain
