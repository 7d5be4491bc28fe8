"""One email, many messages: RFC 5322 bytes made by joining constants and a reader's values.

An ``Email`` is compiled once for an issue. ``Wire`` encodes once what all readers share: CRLF, quoted-printable lines
of at most 76 octets, none that begins with a dot, so nothing is left for SMTP to stuff. A message is then a join.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime, formataddr
from itertools import groupby
from typing import Any, Self

import idna

from newsletter.issue import Mailbox


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one of the reader's values, ``subscriber.first_name`` say; ``default`` stands in for an empty one."""

    name: str
    default: str = ""

    def value(self, values: Mapping[str, str]) -> str:
        """The reader's value, or the default."""
        return values.get(self.name) or self.default


Template = tuple[str | Slot, ...]


def filled(template: Template, values: Mapping[str, str]) -> str:
    """The template as plain text for one reader."""
    return "".join(part.value(values) if isinstance(part, Slot) else part for part in template)


def filled_html(template: Template, values: Mapping[str, str]) -> str:
    """The template as HTML for one reader, every value escaped for text and for a quoted attribute."""
    return "".join(html.escape(printable(part.value(values))) if isinstance(part, Slot) else part for part in template)


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """A rendered edition without a recipient.

    ``html`` and ``text`` have ``\\n`` line ends. Beside ``subscriber.…`` a slot may be ``links.unsubscribe``,
    ``links.preferences`` or ``links.browser``.
    """

    issue: str
    newsletter: str
    sender: Mailbox
    reply_to: Mailbox | None
    list_id: str
    subject: Template
    preheader: Template
    html: Template
    text: Template

    @property
    def slots(self) -> frozenset[str]:
        """The names of all values that a message needs."""
        parts = (*self.subject, *self.preheader, *self.html, *self.text)
        return frozenset(part.name for part in parts if isinstance(part, Slot)) | {"links.unsubscribe"}

    def to_json(self) -> str:
        """Everything, as canonical JSON: what a send freezes."""
        return json.dumps(
            {
                "issue": self.issue,
                "newsletter": self.newsletter,
                "sender": [self.sender.address, self.sender.name],
                "reply_to": [self.reply_to.address, self.reply_to.name] if self.reply_to else None,
                "list_id": self.list_id,
                **{name: _template_json(getattr(self, name)) for name in ("subject", "preheader", "html", "text")},
            },
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The email that ``to_json`` wrote."""
        raw: dict[str, Any] = json.loads(text)
        for name in ("subject", "preheader", "html", "text"):
            raw[name] = _template(raw[name])
        for name in ("sender", "reply_to"):
            raw[name] = Mailbox(address=raw[name][0], name=raw[name][1]) if raw[name] else None
        return cls(**raw)

    @property
    def digest(self) -> str:
        """SHA-256 of the content, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def marked(self, mark: str) -> Self:
        """The same email with a word before its subject: a proof says that it is one."""
        return replace(self, subject=(mark, *self.subject))


def _template_json(template: Template) -> list[str | list[str]]:
    return [[part.name, part.default] if isinstance(part, Slot) else part for part in template]


def _template(raw: list[str | list[str]]) -> Template:
    return tuple(part if isinstance(part, str) else Slot(*part) for part in raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom a message goes to: the subscriber's id and random key, their address, a value for every slot."""

    subscriber: int
    key: str
    address: str
    values: Mapping[str, str]

    @property
    def envelope(self) -> str:
        """The address as SMTP takes it: the domain in its ASCII form (RFC 5891).

        Raises ValueError where it is not one bare address: nothing in it may begin another recipient or header.
        """
        address = ascii_domain(self.address)
        if not _ADDRESS.fullmatch(address) or _UNFIT.search(address):
            raise ValueError("the address is not one that can be mailed")
        address.encode()
        return address


_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")


def ascii_domain(address: str) -> str:
    """An address with its domain in ASCII form; the local part stays, and may need SMTPUTF8 (RFC 6531)."""
    local, _, domain = address.rpartition("@")
    return address if domain.isascii() else f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"


class Wire:
    """An email made ready for the wire, as of one date.

    ``message`` costs a join and the encoding of the reader's own values, nothing else.
    """

    def __init__(self, email: Email, date: datetime) -> None:
        self.email = email
        self.domain = ascii_domain(email.sender.address).rpartition("@")[2]
        self._fixed_headers = _lines(self._shared_headers(date))
        self._subject = _header("Subject", _subject(email.subject, {})) if _is_constant(email.subject) else None
        boundary = f"=_{email.digest[:32]}"
        self._opening = (
            f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'
            f"--{boundary}\r\n{_part_headers('text/plain; charset=utf-8; format=flowed')}"
        ).encode()
        self._text = list(_encoded(email.text))
        self._between = (f"\r\n--{boundary}\r\n" + _part_headers("text/html; charset=utf-8")).encode()
        self._html = list(_encoded(email.html))
        self._closing = f"\r\n--{boundary}--\r\n".encode()

    def message(self, recipient: Recipient) -> bytes:
        """The message to one reader. Raises ValueError where a value or the address cannot be encoded."""
        values = recipient.values
        return b"".join(
            (
                self._own_headers(recipient),
                self._fixed_headers,
                self._opening,
                *(part if isinstance(part, bytes) else _encoded_value(part.value(values)) for part in self._text),
                self._between,
                *(
                    part if isinstance(part, bytes) else _encoded_value(html.escape(part.value(values)))
                    for part in self._html
                ),
                self._closing,
            )
        )

    def message_id(self, key: str) -> str:
        """Fixed by (issue, reader), so that a message handed over twice can be told as one."""
        return f"<{self.email.issue}.{key}@{self.domain}>"

    def subject(self, recipient: Recipient) -> str:
        """The subject for one reader, fit for a header: one line, without control characters."""
        return _subject(self.email.subject, recipient.values)

    def list_unsubscribe(self, recipient: Recipient) -> str:
        """The value of List-Unsubscribe (RFC 8058 §3.1), never folded and never an encoded word: mail clients then show
        no button. Raises ValueError for a link that they could not read."""
        link = recipient.values["links.unsubscribe"]
        if not _LINK.fullmatch(link):
            raise ValueError("the unsubscribe link is not an address of printable ASCII, 975 characters at most")
        return f"<{link}>"

    def list_headers(self) -> dict[str, str]:
        """The other headers of bulk mail, the same for all readers, for a provider that composes messages itself."""
        list_name = self.email.list_id.partition(".")[0]
        return {
            "List-Id": f"<{self.email.list_id}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058 §3.1
            "Feedback-ID": f"{self.email.issue[:40]}:{list_name[:40]}:issue:{list_name[:15]}",
        }

    def _own_headers(self, recipient: Recipient) -> bytes:
        subject = self._subject or _header("Subject", self.subject(recipient))
        return _lines(
            (
                f"To: {recipient.envelope}",
                subject,
                f"Message-ID: {self.message_id(recipient.key)}",
                f"List-Unsubscribe: {self.list_unsubscribe(recipient)}",
            )
        )

    def _shared_headers(self, date: datetime) -> Iterator[str]:
        email = self.email
        yield _folded(f"From: {mailbox_header(email.sender)}")
        if email.reply_to:
            yield _folded(f"Reply-To: {mailbox_header(email.reply_to)}")
        yield f"Date: {format_datetime(date)}"
        yield from (f"{name}: {value}" for name, value in self.list_headers().items())


CLIPPED = 200  # characters of a reader's value that a header shows


def _subject(template: Template, values: Mapping[str, str]) -> str:
    return _header_safe("".join(_clipped(part.value(values)) if isinstance(part, Slot) else part for part in template))


def _clipped(value: str) -> str:
    line = _header_safe(value)
    return line if len(line) <= CLIPPED else line[: CLIPPED - 1] + "…"


_LINK = re.compile(r"https?://[!-;=?-~]{1,968}")
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]+")


def _header_safe(text: str) -> str:
    """One line without C0, C1 and bidirectional controls, so that nothing in it can begin another header."""
    # Only plain spaces are joined: U+00A0 and U+3000 are part of how French and Japanese are written.
    return re.sub(" {2,}", " ", _UNFIT.sub(" ", text)).strip(" ")


def _header(name: str, text: str) -> str:
    """A header line, folded; in encoded words (RFC 2047) where it is not plain ASCII or looks like an encoded word."""
    if text.isascii() and "=?" not in text and all(len(word) <= 60 for word in text.split(" ")):
        return _folded(f"{name}: {text}")
    return _folded(f"{name}: {_encoded_words(text)}")


def mailbox_header(mailbox: Mailbox) -> str:
    """A mailbox as a From or Reply-To header prints it, on one line of ASCII.

    Raises ValueError for a local part beyond ASCII: a sender who needs SMTPUTF8 (RFC 6531) reaches few readers.
    """
    address = ascii_domain(mailbox.address)
    address.encode("ascii")
    name = _header_safe(mailbox.name)
    if name.isascii() and "=?" not in name and all(len(word) <= 60 for word in name.split(" ")):
        return formataddr((name, address))
    return f"{_encoded_words(name)} <{address}>"


def _encoded_words(text: str) -> str:
    """Encoded words (RFC 2047 §2) with a space between; none ends inside a character.

    Each has at most 64 octets, so that it fits behind any of our header names. Base64 only where it is shorter: spam
    filters dislike it for what is mostly ASCII.
    """
    characters = [character.encode() for character in text]
    quoted = [_UNQUOTABLE.sub(lambda octet: b"=%02X" % octet[0][0], octets) for octets in characters]
    octets = sum(map(len, characters))
    if sum(map(len, quoted)) <= 4 * octets / 3:
        words = (word.replace(b" ", b"_") for word in _grouped(quoted, 52))
        return " ".join(f"=?utf-8?q?{word.decode('ascii')}?=" for word in words)
    return " ".join(f"=?utf-8?b?{base64.b64encode(word).decode('ascii')}?=" for word in _grouped(characters, 39))


_UNQUOTABLE = re.compile(rb"[^A-Za-z0-9!*+/ -]")  # RFC 2047 §5 (3): what a display name allows


def _grouped(units: Iterable[bytes], longest: int) -> Iterator[bytes]:
    group = b""
    for unit in units:
        if len(group) + len(unit) > longest:
            yield group
            group = b""
        group += unit
    yield group


def _folded(header: str) -> str:
    """A header line folded before spaces so that no line has more than 78 octets, where its words allow it."""
    lines = [""]
    for word in header.split(" "):
        if len(lines[-1]) + 1 + len(word) > _FOLD and lines[-1].strip():
            lines.append(" " + word)
        else:
            lines[-1] += (" " if lines[-1] else "") + word
    return "\r\n".join(lines)


_FOLD = 78


def _lines(headers: Iterable[str]) -> bytes:
    return "".join(f"{header}\r\n" for header in headers).encode()


def _part_headers(content_type: str) -> str:
    return f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"


def _is_constant(template: Template) -> bool:
    return not any(isinstance(part, Slot) for part in template)


# Quoted-printable (RFC 2045 §6.7) -----------------------------------------------------------------------------------

_SOFT_BREAK = b"=\r\n"
_LONGEST = 75  # octets of a line, so that a soft break still fits behind it
_QUOTED = re.compile(rb"[^\t\x20-\x3c\x3e-\x7e]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SIMPLE = re.compile(r"[0-9A-Za-z/:_@~,;!?&#()'\" -][0-9A-Za-z/:._@~,;!?&#()'\" -]{0,72}[0-9A-Za-z/:._@~,;!?&#()'\"-]")


def quoted_printable(text: str) -> bytes:
    """Text as lines of at most 75 octets that never begin with a dot; any line end becomes CRLF."""
    return b"\r\n".join(
        _SOFT_BREAK.join(_wrapped(_QUOTED.sub(lambda octet: b"=%02X" % octet[0][0], line)))
        for line in normalised(text).encode().split(b"\n")
    )


def normalised(text: str) -> str:
    """What a text part shows of a text: nothing unprintable, and ``\\n`` line ends."""
    return printable(text).replace("\r\n", "\n").replace("\r", "\n")


def printable(text: str) -> str:
    """A text without the control characters that HTML and XML forbid and mail servers mangle."""
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


def _encoded(template: Template) -> Iterator[bytes | Slot]:
    """Constants encoded once; the soft breaks around a slot are constants too, so a value always has its own lines."""
    for index, part in enumerate(joined(template)):
        if index:
            yield _SOFT_BREAK
        yield part if isinstance(part, Slot) else quoted_printable(part)


def joined(template: Template) -> Iterator[str | Slot]:
    """The same template without two constants in a row."""
    for constant, parts in groupby(template, lambda part: isinstance(part, str)):
        if constant:
            yield "".join(part for part in parts if isinstance(part, str))
        else:
            yield from parts


def _encoded_value(value: str) -> bytes:
    return value.encode() if _SIMPLE.fullmatch(value) else quoted_printable(value)
