"""Encode text for mail: domains (RFC 5891), headers (RFC 5322, RFC 2047), quoted-printable (RFC 2045). No I/O.

The standard library's composer is not used: it turns a long List-Unsubscribe into an encoded word, and some versions
let an encoded word in a subject inject a header.
"""

import base64
import re
from collections.abc import Iterable, Iterator
from email.utils import formataddr

import idna

from newsletter.domain.addresses import Mailbox


def ascii_domain(address: str) -> str:
    """Return an address with its domain in ASCII form; the local part is unchanged and may need SMTPUTF8 (RFC 6531)."""
    local, _, domain = address.rpartition("@")
    return address if domain.isascii() else f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"


# Headers -----------------------------------------------------------------------------------------------------------

_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]+")


def header_safe(text: str) -> str:
    """Return text as one line without C0, C1 and bidirectional controls, so that it can't begin another header."""
    # Only plain spaces are merged: U+00A0 and U+3000 are part of French and Japanese typography.
    return re.sub(" {2,}", " ", _UNFIT.sub(" ", text)).strip(" ")


def header(name: str, text: str) -> str:
    """Return a folded header line, in encoded words (RFC 2047) if it isn't plain ASCII or looks like one of them."""
    if text.isascii() and "=?" not in text and all(len(word) <= 60 for word in text.split(" ")):
        return folded(f"{name}: {text}")
    return folded(f"{name}: {_encoded_words(text)}")


def mailbox_header(mailbox: Mailbox) -> str:
    """Return a mailbox for a From or Reply-To header, on one line of ASCII.

    Raise ValueError if the local part isn't ASCII: a sender who needs SMTPUTF8 (RFC 6531) reaches few readers.
    """
    address = ascii_domain(mailbox.address)
    address.encode("ascii")
    return phrase(mailbox.name, address) if header_safe(mailbox.name) else address


def phrase(name: str, address: str) -> str:
    """Return ``name <address>`` on one line of ASCII, with the name quoted or in encoded words if necessary."""
    name = header_safe(name)
    if name.isascii() and "=?" not in name and all(len(word) <= 60 for word in name.split(" ")):
        return formataddr((name, address)) if name else f"<{address}>"
    return f"{_encoded_words(name)} <{address}>"


def _encoded_words(text: str) -> str:
    """Return encoded words (RFC 2047 §2) separated by spaces; no character is split between two.

    Each has at most 64 octets, so that it fits after any of our header names. Base64 is used only if it is shorter:
    spam filters dislike it for text that is mostly ASCII.
    """
    characters = [character.encode() for character in text]
    quoted = [_UNQUOTABLE.sub(lambda octet: b"=%02X" % octet[0][0], octets) for octets in characters]
    octets = sum(map(len, characters))
    if sum(map(len, quoted)) <= 4 * octets / 3:
        words = (word.replace(b" ", b"_") for word in _grouped(quoted, 52))
        return " ".join(f"=?utf-8?q?{word.decode('ascii')}?=" for word in words)
    return " ".join(f"=?utf-8?b?{base64.b64encode(word).decode('ascii')}?=" for word in _grouped(characters, 39))


_UNQUOTABLE = re.compile(rb"[^A-Za-z0-9!*+/ -]")  # RFC 2047 §5 (3): the characters allowed in a display name


def _grouped(units: Iterable[bytes], longest: int) -> Iterator[bytes]:
    group = b""
    for unit in units:
        if len(group) + len(unit) > longest:
            yield group
            group = b""
        group += unit
    yield group


def folded(header: str) -> str:
    """Return a header line folded before spaces, so that lines have at most 78 octets if no single word is longer."""
    lines = [""]
    for word in header.split(" "):
        if len(lines[-1]) + 1 + len(word) > _FOLD and lines[-1].strip():
            lines.append(" " + word)
        else:
            lines[-1] += (" " if lines[-1] else "") + word
    return "\r\n".join(lines)


_FOLD = 78


# Quoted-printable (RFC 2045 §6.7) -----------------------------------------------------------------------------------

SOFT_BREAK = b"=\r\n"
_LONGEST = 75  # octets of a line, so that a soft break still fits after it
_QUOTED = re.compile(rb"[^\t\x20-\x3c\x3e-\x7e]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# Values that need no quoting, escaping or stripping, and have no dot at the start. Links are such values.
_SIMPLE = re.compile(r"[0-9A-Za-z/:_@~,;!?#()-](?:[0-9A-Za-z/:_@~,;!?#(). -]*[0-9A-Za-z/:_@~,;!?#().-])?")


def quoted_printable(text: str) -> bytes:
    """Encode text as lines of at most 75 octets that never begin with a dot; any line end becomes CRLF."""
    return b"\r\n".join(
        SOFT_BREAK.join(_wrapped(_QUOTED.sub(lambda octet: b"=%02X" % octet[0][0], line)))
        for line in normalised(text).encode().split(b"\n")
    )


def normalised(text: str) -> str:
    """Return text without control characters and with ``\\n`` line ends."""
    return without_controls(text).replace("\r\n", "\n").replace("\r", "\n")


def without_controls(text: str) -> str:
    """Return text without the control characters that HTML and XML forbid and mail servers mangle."""
    return _CONTROLS.sub("", text)


def _wrapped(line: bytes) -> Iterator[bytes]:
    if line.endswith((b" ", b"\t")):
        line = line[:-1] + b"=%02X" % line[-1]
    while True:
        if line.startswith(b"."):
            line = b"=2E" + line[1:]
        if len(line) <= _LONGEST:
            yield line
            return
        cut = _LONGEST - 1
        if line[cut - 1] == ord("="):
            cut -= 1
        elif line[cut - 2] == ord("="):
            cut -= 2
        yield line[:cut]
        line = line[cut:]


def simple_value(value: str) -> bytes | None:
    """Return the same as ``quoted_printable`` for a simple value, quickly, for text and HTML; None for other values."""
    if not _SIMPLE.fullmatch(value):
        return None
    octets = value.encode()
    if len(octets) <= _LONGEST:
        return octets
    if len(octets) < 2 * _LONGEST and octets[_LONGEST - 1] != _DOT:
        return octets[: _LONGEST - 1] + SOFT_BREAK + octets[_LONGEST - 1 :]
    return SOFT_BREAK.join(_wrapped(octets))


_DOT = ord(".")
