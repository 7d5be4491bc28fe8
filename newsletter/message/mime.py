"""One email, many messages: RFC 5322 bytes made by joining constants and a reader's values.

An ``Email`` is compiled once for an issue. ``Wire`` encodes once what all readers share: CRLF, quoted-printable lines
of at most 76 octets, none that begins with a dot, so nothing is left for SMTP to stuff. A message is then a join.
"""

import hashlib
import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from functools import cached_property, lru_cache
from itertools import chain, groupby
from typing import Self

from newsletter.domain.consent import SERVICE
from newsletter.domain.issue import Mailbox
from newsletter.message.encoding import (
    SOFT_BREAK,
    ascii_domain,
    folded,
    header,
    header_safe,
    mailbox_header,
    phrase,
    printable,
    quoted_printable,
    simple_value,
)


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


@dataclass(frozen=True, kw_only=True)
class Email:
    """A rendered edition without a recipient.

    ``html_parts`` and ``text_parts`` are the two alternatives in stretches, each encoded once, each ending a line with
    ``\\n``. Beside ``subscriber.…`` a slot may be ``links.unsubscribe``, ``links.preferences`` or ``links.browser``.
    ``help_url`` is a page about the newsletter, ``archive_url`` one of its issues, the same for everybody.

    Without ``html_parts`` it is a plain-text message to the people who run the newsletter, without the headers of bulk
    mail.
    """

    issue: str
    newsletter: str
    sender: Mailbox
    reply_to: Mailbox | None
    list_id: str
    help_url: str = ""
    archive_url: str = ""
    subject: Template
    preheader: Template
    html_parts: tuple[Template, ...]
    text_parts: tuple[Template, ...]

    @cached_property
    def html(self) -> Template:
        """The HTML as a whole."""
        return tuple(joined(chain.from_iterable(self.html_parts)))

    @cached_property
    def text(self) -> Template:
        """The plain text as a whole."""
        return tuple(joined(chain.from_iterable(self.text_parts)))

    @property
    def slots(self) -> frozenset[str]:
        """The names of all values that a message needs."""
        parts = (*self.subject, *self.preheader, *self.html, *self.text)
        return frozenset(part.name for part in parts if isinstance(part, Slot)) | {"links.unsubscribe"}

    @property
    def plain(self) -> bool:
        """Whether the email has only a text."""
        return not self.html_parts

    def proof(self) -> Self:
        """The same email as a proof: says so in its subject, and counts as an issue of its own everywhere else."""
        return replace(self, issue=f"{self.issue}-proof", subject=("[Proof] ", *self.subject))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom a message goes to: the subscriber's id and random key, their address, a value for every slot.

    ``mac`` stands in its Message-ID and proves that a report which has it is about this message. ``return_path`` is
    where it comes back to if it bounces, empty for the sender's own address. ``unsubscribe_mail`` is an address that a
    mail client may write to in order to unsubscribe; there need not be one.
    """

    subscriber: int
    key: str
    address: str
    values: Mapping[str, str]
    mac: str = ""
    return_path: str = ""
    unsubscribe_mail: str = ""

    @property
    def envelope(self) -> str:
        """The address as SMTP takes it: the domain in its ASCII form (RFC 5891).

        Raises ValueError where it is not one bare address: nothing in it may begin another recipient or header.
        """
        if _PLAIN_ADDRESS.fullmatch(self.address):
            return self.address
        address = ascii_domain(self.address)
        if not _ADDRESS.fullmatch(address) or header_safe(address) != address:
            raise ValueError("the address is not one that can be mailed")
        address.encode()
        return address


_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9._+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{1,63}")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")


class Wire:
    """An email made ready for the wire, as of one date.

    ``message`` costs a join and the encoding of the reader's own values, nothing else.
    """

    def __init__(self, email: Email, date: datetime) -> None:
        self.email = email
        self.domain = ascii_domain(email.sender.address).rpartition("@")[2]
        self._constant_subject = header("Subject", _subject(email.subject, {})) if _is_constant(email.subject) else None
        lists = tuple(self.list_headers().items())
        head, between, end = _frame(email.issue, email.sender, email.reply_to, lists, date, plain=email.plain)
        body = _Body()
        body.add(head)
        for part in email.text_parts:
            body.extend(_encoded(part), markup=False)
        body.add(between)
        for part in email.html_parts:
            body.extend(_encoded(part), markup=True)
        body.add(end)
        self._pieces, self._fields = body.finished()

    def message(self, recipient: Recipient) -> bytes:
        """The message to one reader. Raises ValueError where a value or the address cannot be encoded."""
        values = recipient.values
        pieces = self._pieces.copy()
        pieces[0] = self._own_headers(recipient)
        for name, default, in_text, in_html in self._fields:
            value = values.get(name) or default
            octets = simple_value(value)
            for place in in_text:
                pieces[place] = quoted_printable(value) if octets is None else octets
            for place in in_html:
                pieces[place] = quoted_printable(html.escape(value)) if octets is None else octets
        return b"".join(pieces)

    def message_id(self, recipient: Recipient) -> str:
        """Fixed by (issue, reader), so that a message handed over twice can be told as one."""
        mac = recipient.mac and f".{recipient.mac}"
        return f"<{self.email.issue}.{recipient.key}{mac}@{self.domain}>"

    def subject(self, recipient: Recipient) -> str:
        """The subject for one reader, fit for a header: one line, without control characters."""
        return _subject(self.email.subject, recipient.values)

    def list_unsubscribe(self, recipient: Recipient) -> str:
        """The value of List-Unsubscribe (RFC 8058 §3.1), never folded and never an encoded word: mail clients then show
        no button. Raises ValueError for a link that they could not read."""
        link = recipient.values["links.unsubscribe"]
        if not _LINK.fullmatch(link):
            raise ValueError("the unsubscribe link is not an address of printable ASCII, 975 characters at most")
        # Apple Mail uses a mailto: alone, others the first one (RFC 2369 §3.2).
        mail = f", <mailto:{recipient.unsubscribe_mail}?subject=unsubscribe>" if recipient.unsubscribe_mail else ""
        return f"<{link}>{mail}" if len(link) + len(mail) <= _LONGEST_UNSUBSCRIBE else f"<{link}>"

    def list_headers(self) -> dict[str, str]:
        """The other headers of bulk mail, the same for all readers, for a provider that composes messages itself."""
        email = self.email
        # RFC 3834 §5: so that no out-of-office reply answers it.
        automatic = {"Auto-Submitted": "auto-generated"} if email.issue == SERVICE else {}
        if email.plain:
            return automatic
        list_name = email.list_id.partition(".")[0]
        # RFC 2369 §3.1 and §3.6
        about = {"List-Help": email.help_url, "List-Archive": email.archive_url}
        return (
            {name: f"<{url}>" for name, url in about.items() if url}
            | automatic
            | {
                "List-Id": phrase(_clipped(email.newsletter), email.list_id),  # RFC 2919 §3
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058 §3.1
                "Feedback-ID": f"{email.issue[:40]}:{list_name[:40]}:issue:{_sender_id(email.list_id)}",
            }
        )

    def _own_headers(self, recipient: Recipient) -> bytes:
        subject = self._constant_subject or header("Subject", self.subject(recipient))
        # A complaint comes with the headers of what was complained of, but not from the message's return path.
        path = recipient.return_path and f"X-Return-Path: <{recipient.return_path}>\r\n"
        unsubscribe = "" if self.email.plain else f"List-Unsubscribe: {self.list_unsubscribe(recipient)}\r\n"
        return (
            f"To: {recipient.envelope}\r\n{subject}\r\nMessage-ID: {self.message_id(recipient)}\r\n{unsubscribe}{path}"
        ).encode()


@lru_cache(maxsize=16)
def _frame(
    issue: str,
    sender: Mailbox,
    reply_to: Mailbox | None,
    lists: tuple[tuple[str, str], ...],
    date: datetime,
    *,
    plain: bool,
) -> tuple[bytes, bytes, bytes]:
    """What all editions of an issue have around their texts: before the plain one, between the two, and at the end."""
    # Nothing encoded as quoted-printable can hold it (RFC 2045 §6.7), so it need not depend on the content.
    boundary = f"=_{hashlib.sha256(issue.encode()).hexdigest()[:32]}"
    headers = [folded(f"From: {mailbox_header(sender)}")]
    if reply_to:
        headers.append(folded(f"Reply-To: {mailbox_header(reply_to)}"))
    headers.append(f"Date: {format_datetime(date)}")
    headers += (f"{name}: {value}" for name, value in lists)
    if plain:
        text = "MIME-Version: 1.0\r\n" + _part_headers("text/plain; charset=utf-8")
        return _lines(headers) + text.encode(), b"", b""
    opening = (
        f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'
        f"--{boundary}\r\n{_part_headers('text/plain; charset=utf-8; format=flowed')}"
    )
    between = f"\r\n--{boundary}\r\n" + _part_headers("text/html; charset=utf-8")
    return _lines(headers) + opening.encode(), between.encode(), f"\r\n--{boundary}--\r\n".encode()


def _sender_id(list_id: str) -> str:
    """Return the last field of Feedback-ID, the same in every message: Google wants 5 to 15 characters."""
    name, _, host = list_id.partition(".")
    if len(name) < _SHORTEST_SENDER_ID:
        name = f"{name}-{host.replace('.', '-')}-newsletter"
    return name[:15].rstrip("-")


_SHORTEST_SENDER_ID = 5


def _nothing_against() -> None:
    """Whoever hands over one message by itself need not ask."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A wire and whom it goes to: what a provider hands over.

    ``ask`` raises where nothing more may be handed over; a provider calls ``message``, which asks, or asks itself,
    right before it does.
    """

    wire: Wire
    recipient: Recipient
    ask: Callable[[], None] = _nothing_against

    def message(self) -> bytes:
        """The message, ready for SMTP. Raises ValueError where a value or the address cannot be encoded."""
        self.ask()
        return self.wire.message(self.recipient)


CLIPPED = 200  # characters of a reader's value that a header shows


def _subject(template: Template, values: Mapping[str, str]) -> str:
    return header_safe("".join(_clipped(part.value(values)) if isinstance(part, Slot) else part for part in template))


def _clipped(value: str) -> str:
    line = header_safe(value)
    return line if len(line) <= CLIPPED else line[: CLIPPED - 1] + "…"


_LONGEST_UNSUBSCRIBE = 975  # characters
_LINK = re.compile(r"https?://[!-;=?-~]{1,968}")


def _lines(headers: Iterable[str]) -> bytes:
    return "".join(f"{header}\r\n" for header in headers).encode()


def _part_headers(content_type: str) -> str:
    return f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"


def _is_constant(template: Template) -> bool:
    return not any(isinstance(part, Slot) for part in template)


class _Body:
    """What follows a reader's own headers: constants joined as far as they go, and where which value stands."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = [b""]  # the place of the reader's own headers
        self._constant: list[bytes] = []
        self._places: dict[Slot, tuple[list[int], list[int]]] = {}

    def add(self, constant: bytes) -> None:
        self._constant.append(constant)

    def extend(self, template: Iterable[bytes | Slot], *, markup: bool) -> None:
        for part in template:
            if isinstance(part, bytes):
                self._constant.append(part)
                continue
            self._flush()
            self._places.setdefault(part, ([], []))[markup].append(len(self._pieces))
            self._pieces.append(b"")

    def finished(self) -> tuple[list[bytes], list[tuple[str, str, list[int], list[int]]]]:
        """The pieces, and for each value its name, its default and its places among them, in text and in HTML."""
        self._flush()
        return self._pieces, [(slot.name, slot.default, *places) for slot, places in self._places.items()]

    def _flush(self) -> None:
        self._pieces.append(b"".join(self._constant))
        self._constant.clear()


@lru_cache(maxsize=1024)
def _encoded(template: Template) -> tuple[bytes | Slot, ...]:
    """Constants encoded once; the soft breaks around a slot are constants too, so a value always has its own lines."""
    parts: list[bytes | Slot] = []
    for part in joined(template):
        if parts:
            parts.append(SOFT_BREAK)
        parts.append(part if isinstance(part, Slot) else quoted_printable(part))
    return tuple(parts)


def joined(template: Iterable[str | Slot]) -> Iterator[str | Slot]:
    """The same template without two constants in a row."""
    for constant, parts in groupby(template, lambda part: isinstance(part, str)):
        if constant:
            yield "".join(part for part in parts if isinstance(part, str))
        else:
            yield from parts
