"""One email, many messages: RFC 5322 bytes made by joining constants and a reader's values.

An ``Email`` is compiled once for an issue. ``Wire`` encodes once what all readers share: CRLF, quoted-printable lines
of at most 76 octets, none that begins with a dot, so nothing is left for SMTP to stuff. A message is then a join.
"""

import hashlib
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr
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
    return "".join(html.escape(_printable(part.value(values))) if isinstance(part, Slot) else part for part in template)


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
        """The address as SMTP takes it: the domain in its ASCII form (RFC 5891)."""
        return ascii_domain(self.address)


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
        self._subject = _header("Subject", filled(email.subject, {})) if _is_constant(email.subject) else None
        boundary = f"=_{email.digest[:32]}"
        self._opening = (
            f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'
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

    def _own_headers(self, recipient: Recipient) -> bytes:
        subject = self._subject or _header("Subject", self.subject(recipient))
        return _lines(
            (
                f"To: {_header_safe(recipient.envelope)}",
                subject,
                f"Message-ID: {self.message_id(recipient.key)}",
                # Never folded and never an encoded word: mail clients then show no unsubscribe button.
                f"List-Unsubscribe: <{_header_safe(recipient.values['links.unsubscribe'])}>",
            )
        )

    def _shared_headers(self, date: datetime) -> Iterator[str]:
        email = self.email
        yield f"From: {mailbox_header(email.sender)}"
        if email.reply_to:
            yield f"Reply-To: {mailbox_header(email.reply_to)}"
        yield f"Date: {format_datetime(date)}"
        yield f"List-Id: <{email.list_id}>"
        yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click"  # RFC 8058 §3.1
        list_name = email.list_id.partition(".")[0]
        yield f"Feedback-ID: {email.issue[:40]}:{list_name[:40]}:issue:{list_name[:15]}"


CLIPPED = 200  # characters of a reader's value that a header shows


def _subject(template: Template, values: Mapping[str, str]) -> str:
    return "".join(_clipped(part.value(values)) if isinstance(part, Slot) else part for part in template)


def _clipped(value: str) -> str:
    line = _header_safe(value)
    return line if len(line) <= CLIPPED else line[: CLIPPED - 1] + "…"


_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]+")


def _header_safe(text: str) -> str:
    """One line without C0, C1 and bidirectional controls, so that nothing in it can begin another header."""
    return " ".join(_UNFIT.sub(" ", text).split())


def _header(name: str, text: str) -> str:
    """A header line, folded; in encoded words (RFC 2047) where it is not plain ASCII or looks like an encoded word."""
    plain = text.isascii() and "=?" not in text and all(len(word) <= 60 for word in text.split())
    encoded = Header(text, "us-ascii" if plain else "utf-8", maxlinelen=76, header_name=name).encode(linesep="\r\n")
    return f"{name}: {encoded}"


def mailbox_header(mailbox: Mailbox) -> str:
    """A mailbox as a From or Reply-To header prints it."""
    name = _header_safe(mailbox.name)
    address = ascii_domain(mailbox.address)
    if "=?" in name:  # literally so: it must not be read as an encoded word
        return f"{Header(name, 'utf-8', maxlinelen=998).encode()} <{address}>"
    return formataddr((name, address))


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
        for line in _normalised(text).encode().split(b"\n")
    )


def _normalised(text: str) -> str:
    return _printable(text).replace("\r\n", "\n").replace("\r", "\n")


def _printable(text: str) -> str:
    """Without the control characters that HTML and XML forbid and mail servers mangle."""
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
    for index, part in enumerate(template):
        if index and (isinstance(part, Slot) or isinstance(template[index - 1], Slot)):
            yield _SOFT_BREAK
        yield part if isinstance(part, Slot) else quoted_printable(part)


def _encoded_value(value: str) -> bytes:
    return value.encode() if _SIMPLE.fullmatch(value) else quoted_printable(value)
