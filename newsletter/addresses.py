"""What makes two spellings the same email address. No I/O.

An address is identified by its NFC form, with the local part in ASCII lower case and the domain as its A-label
(RFC 5891). Nothing else is folded: ``ß`` and ``ss``, ``ﬁ`` and ``fi``, ``K`` in another script are different mailboxes
or different domains, and the owner of one must not get what belongs to the other.
"""

import re
import unicodedata
from functools import lru_cache

import idna
from email_validator import EmailNotValidError, validate_email

_PLAIN = re.compile(r"[A-Za-z0-9._+-]+@(?!(?:.*\.)?xn--)[A-Za-z0-9.-]+", re.IGNORECASE | re.ASCII)
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def parse_address(text: str) -> tuple[str, str]:
    """Return an address as it is mailed, and the key that identifies it.

    International domains and local parts are welcome (RFC 6531); no name server is asked. Raises ValueError with the
    reason in words.
    """
    try:
        valid = validate_email(text.strip(), check_deliverability=False)
    except EmailNotValidError as err:
        raise ValueError(str(err)) from err
    return valid.normalized, f"{_folded(valid.local_part)}@{valid.ascii_domain.lower()}"


def address_key(address: str) -> str:
    """Return the key that identifies an address, however it is spelled, also if it isn't valid."""
    return address.lower() if _PLAIN.fullmatch(address) else _key(address)


@lru_cache(maxsize=4096)
def _key(address: str) -> str:
    try:
        return parse_address(address)[1]
    except ValueError:
        local, at, domain = address.strip().rpartition("@")
        return f"{_folded(local)}{at}{_ascii(_folded(domain))}"


def earlier_keys(key: str) -> tuple[str, ...]:
    """Return the keys that earlier versions gave an address with this key: its case-folded form, if it differs.

    Hashes of erased addresses can't be renewed, so they are also looked up by this form. Another address may have it.
    """
    if key.isascii() and "@xn--" not in key and ".xn--" not in key:
        return ()
    local, at, domain = key.rpartition("@")
    folded = f"{local}{at}{_unicode(domain)}".casefold()
    return () if folded == key else (folded,)


def spellings(address: str) -> set[str]:
    """Return the ways in which an address may be written: with its domain in Unicode or ASCII, composed or not."""
    local, at, domain = address.rpartition("@")
    written = {address, address_key(address), f"{local}{at}{_unicode(_ascii(domain))}"}
    written |= {unicodedata.normalize(form, text) for form in ("NFC", "NFD") for text in written}
    return written | {text.lower() for text in written} | {text.upper() for text in written}


def _folded(text: str) -> str:
    """NFC, in ASCII lower case. Lower case may compose where upper case did not: H and U+0331, say."""
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
