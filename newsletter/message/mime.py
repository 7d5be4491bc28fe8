"""Make messages (RFC 5322) from one email by joining constant bytes and each reader's values. No I/O.

An ``Email`` is compiled once for an edition. ``Wire`` encodes the parts that all readers share once: CRLF,
quoted-printable, lines of at most 76 octets that never begin with a dot, so SMTP has nothing to escape. A message is
then a join.
"""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import Self

from newsletter.domain.addresses import Mailbox
from newsletter.domain.consent import SERVICE
from newsletter.message.encoding import (
    ascii_domain,
    header,
    header_safe,
    phrase,
    quoted_printable,
    simple_value,
)
from newsletter.message.link_slots import UNSUBSCRIBE, vote_slots
from newsletter.message.mime_body import MessageBody, encoded_parts, frame
from newsletter.message.template import Slot, Template, join_constants

PROOF = "-proof"  # follows the slug of an issue in its proofs


@dataclass(frozen=True, kw_only=True)
class Email:
    """A rendered edition without a recipient.

    ``html_parts`` and ``text_parts`` are the two alternatives in pieces that are encoded once; each ends with ``\\n``.
    Besides ``subscriber.…`` slots may be ``links.unsubscribe``, ``links.preferences``, ``links.browser``, or a vote.
    ``help_url`` is a page about the newsletter, ``archive_url`` a page of its issues; everybody gets the same ones.

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
        """Return the whole HTML."""
        return tuple(join_constants(chain.from_iterable(self.html_parts)))

    @cached_property
    def text(self) -> Template:
        """Return the whole plain text."""
        return tuple(join_constants(chain.from_iterable(self.text_parts)))

    @property
    def slots(self) -> frozenset[str]:
        """Return the names of all values that a message needs."""
        parts = (*self.subject, *self.preheader, *self.html, *self.text)
        return frozenset(part.name for part in parts if isinstance(part, Slot)) | {UNSUBSCRIBE}

    @property
    def votes(self) -> tuple[str, ...]:
        """Return the names of the slots for votes, in order."""
        return vote_slots((*self.html_parts, *self.text_parts))

    @property
    def plain(self) -> bool:
        """Return whether the email is plain text only."""
        return not self.html_parts

    def proof(self, mark: str) -> Self:
        """Return the same email as a proof with a mark before its subject; elsewhere it counts as a separate issue."""
        return replace(self, issue=f"{self.issue}{PROOF}", subject=(f"{mark} ", *self.subject))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A message's recipient: the subscriber's id and random key, their address, and a value for every slot.

    ``mac`` is part of the Message-ID and proves that a report with it is about this message. ``return_path`` is the
    address for bounces, empty for the sender's own. ``unsubscribe_mail`` is an address that a mail client may write to
    in order to unsubscribe; it may be empty.
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
        """Return the address for SMTP, with the domain in its ASCII form (RFC 5891).

        Raise ValueError if it isn't a single bare address: nothing in it may begin another recipient or header.
        """
        if _PLAIN_ADDRESS.fullmatch(self.address):
            return self.address
        address = ascii_domain(self.address)
        if not _ADDRESS.fullmatch(address) or header_safe(address) != address:
            raise ValueError("the address can't be mailed")
        address.encode()
        return address


_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9._+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{1,63}")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")


class Wire:
    """An email encoded for the wire, with a Date header.

    ``message`` only encodes the reader's own values and joins.
    """

    def __init__(self, email: Email, date: datetime) -> None:
        self.email = email
        self.domain = ascii_domain(email.sender.address).rpartition("@")[2]
        self._constant_subject = header("Subject", _subject(email.subject, {})) if _is_constant(email.subject) else None
        lists = tuple(self.list_headers().items())
        head, between, end = frame(email.issue, email.sender, email.reply_to, lists, date, plain=email.plain)
        body = MessageBody()
        body.add(head)
        for part in email.text_parts:
            body.extend(encoded_parts(part), markup=False)
        body.add(between)
        for part in email.html_parts:
            body.extend(encoded_parts(part), markup=True)
        body.add(end)
        self._pieces, self._fields = body.finished()

    def message(self, recipient: Recipient) -> bytes:
        """Return the message to one reader. Raise ValueError if a value or the address can't be encoded."""
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
        """Return the Message-ID, the same for each (issue, reader), so that a repeated message can be recognized."""
        mac = recipient.mac and f".{recipient.mac}"
        return f"<{self.email.issue}.{recipient.key}{mac}@{self.domain}>"

    def subject(self, recipient: Recipient) -> str:
        """Return the subject for one reader, safe for a header: one line, without control characters."""
        return _subject(self.email.subject, recipient.values)

    def list_unsubscribe(self, recipient: Recipient) -> str:
        """Return the value of List-Unsubscribe (RFC 8058 §3.1). Raise ValueError if mail clients couldn't read it.

        It is never folded or an encoded word, since mail clients then show no button.
        """
        link = recipient.values[UNSUBSCRIBE]
        if not _LINK.fullmatch(link):
            raise ValueError("the unsubscribe URL must be printable ASCII and at most 975 characters")
        # Apple Mail uses a mailto: alone, others the first one (RFC 2369 §3.2).
        mail = f", <mailto:{recipient.unsubscribe_mail}?subject=unsubscribe>" if recipient.unsubscribe_mail else ""
        return f"<{link}>{mail}" if len(link) + len(mail) <= _LONGEST_UNSUBSCRIBE else f"<{link}>"

    def list_headers(self) -> dict[str, str]:
        """Return the other headers of bulk mail, which are the same for all readers.

        A provider that composes messages itself needs them too.
        """
        email = self.email
        # RFC 3834 §5: suppresses out-of-office replies.
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
        # A complaint quotes the message's headers, but doesn't come to the message's return path.
        path = recipient.return_path and f"X-Return-Path: <{recipient.return_path}>\r\n"
        unsubscribe = "" if self.email.plain else f"List-Unsubscribe: {self.list_unsubscribe(recipient)}\r\n"
        return (
            f"To: {recipient.envelope}\r\n{subject}\r\nMessage-ID: {self.message_id(recipient)}\r\n{unsubscribe}{path}"
        ).encode()


def _sender_id(list_id: str) -> str:
    """Return the last field of Feedback-ID, the same in every message; Google requires 5 to 15 characters."""
    name, _, host = list_id.partition(".")
    if len(name) < _SHORTEST_SENDER_ID:
        name = f"{name}-{host.replace('.', '-')}-newsletter"
    return name[:15].rstrip("-")


_SHORTEST_SENDER_ID = 5


def _allow() -> None:
    """Allow the hand-over; a single message needs no permission."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A wire and a recipient, for a provider to hand over.

    ``ask`` raises an error if nothing more may be handed over. Right before handing over, a provider calls ``ask``, or
    ``message``, which calls it.
    """

    wire: Wire
    recipient: Recipient
    ask: Callable[[], None] = _allow

    def message(self) -> bytes:
        """Return the message, ready for SMTP. Raise ValueError if a value or the address can't be encoded."""
        self.ask()
        return self.wire.message(self.recipient)


CLIPPED = 200  # a header shows at most this many characters of a reader's value


def _subject(template: Template, values: Mapping[str, str]) -> str:
    return header_safe("".join(_clipped(part.value(values)) if isinstance(part, Slot) else part for part in template))


def _clipped(value: str) -> str:
    line = header_safe(value)
    return line if len(line) <= CLIPPED else line[: CLIPPED - 1] + "…"


_LONGEST_UNSUBSCRIBE = 975  # characters
_LINK = re.compile(r"https?://[!-;=?-~]{1,968}")


def _is_constant(template: Template) -> bool:
    return not any(isinstance(part, Slot) for part in template)
