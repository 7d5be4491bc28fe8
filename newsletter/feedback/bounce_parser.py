"""Parse returned messages: delivery status notifications (RFC 3464), feedback reports (RFC 5965), and many other forms,
most of which flufl.bounce knows. Nothing raises here, because anybody may write to the address.
"""

import logging
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes, message_from_string
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parseaddr, parsedate_to_datetime

from flufl.bounce import all_failures

from newsletter.domain.addresses import address_key
from newsletter.domain.events import EventKind, MailReport, ReportedRecipient, plain
from newsletter.feedback.bounce_phrases import (
    LONGEST,
    is_mail_system,
    is_no_reply,
    is_waiting,
    own_words,
    permanence,
    recipient_in,
    says_undelivered,
    says_unknown_address,
    status_in,
)
from newsletter.feedback.time_budget import OverBudgetError, cpu_budget
from newsletter.message.verp import signatures_in

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it logs the tracebacks of its detectors

_K = EventKind
_LARGEST = 262_144  # octets that are read: a report precedes the returned message
_PARTS = 200
_RECIPIENTS = 50
_ADDRESSED = 5
_TO = ("To", "Cc", "Delivered-To", "X-Original-To")
_READ_BY_FLUFL = 65_536  # octets
_LINE = 1000  # characters of a header or line that are matched: RFC 5322 §2.1.1 allows 998
BUDGET = 5.0  # seconds

# RFC 3464 §2.3.3
_ACTIONS = {
    "failed": _K.BOUNCED,
    "delayed": _K.DEFERRED,
    "delivered": _K.DELIVERED,
    "relayed": _K.SUBMITTED,
    "expanded": _K.DELIVERED,
}
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_RECIPIENT = re.compile(r"^(final|original)-recipient:", re.IGNORECASE | re.MULTILINE)
_ABSENT = re.compile(
    r"\W*(auto(mati[ck]\w*|mated)?[- ]?(reply|response|antwort)|auto:|out of (the )?office|automatische antwort|abwesen"
    r"|r[ée]ponse automatique|respuesta autom[áa]tica|risposta automatica|automatyczna)",
    re.IGNORECASE,
)
_DELIVERY = re.compile(r"<([a-z0-9-]{1,86})\.([0-9a-f]{32})\.([0-9a-f]{32})@[^<>\s@]{1,255}>")


def parse_report(message: bytes, *, budget: float = BUDGET) -> MailReport:
    """Parse a message from any mail server, whatever its content, without raising.

    The report has no recipients if the message is not a report or can't be understood. ``budget`` is the CPU time in
    seconds that it may take; a message that needs more is left for a person. Only the main thread has this limit.
    """
    try:
        with cpu_budget(budget):
            return _parse(message[:_LARGEST])
    except OverBudgetError:
        return MailReport()


def _parse(message: bytes) -> MailReport:
    try:
        mail = message_from_bytes(message)
        parts = [part for part, _ in zip(mail.walk(), range(_PARTS), strict=False)]
        words, copy = own_words(_own(mail))
        recipients = (
            list(_complaints(parts))
            or list(_notifications(parts, words))
            or list(_written_out(words))
            or list(_unstructured(message, mail, words, _copied(parts) or copy))
        )
        automatic = not recipients and _is_automatic(mail)
        at, came = _date(_field(mail, "Date")), _date(_field(mail, "Received").rpartition(";")[2])
        to = "" if recipients or _is_by_program(mail) else " ".join(_values(mail, _TO))
        whole = "\n".join([*_texts(parts), message.decode("latin-1")])
    except Exception:  # noqa: BLE001  parsers' bugs, triggered by a stranger's message: it is left for a person
        return MailReport()
    return MailReport(
        at=at,
        came=came,
        recipients=tuple(dict.fromkeys(recipients))[:_RECIPIENTS],
        signatures=tuple(signatures_in(whole)[:20]),
        deliveries=tuple(dict.fromkeys(_DELIVERY.findall(whole)))[:20],
        automatic=automatic,
        addressed=tuple(signatures_in(to)[:_ADDRESSED]),
    )


def _complaints(parts: list[Message]) -> Iterator[ReportedRecipient]:
    """Yield complaints from feedback reports. These enclose the message, perhaps with its recipient redacted."""
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            fields = _inner(part)
            feedback = _field(fields, "Feedback-Type").casefold() or "other"
            # RFC 6591: an authentication failure report is for the domain's owner, not a complaint.
            kind = _K.UNKNOWN if feedback == "auth-failure" else _K.COMPLAINED
            kind = _K.UNSUBSCRIBED if feedback.startswith("opt-out") else kind
            named = [
                _address(text)
                for text in fields.get_all("Original-Rcpt-To") or fields.get_all("Removal-Recipient") or []
            ]
            for address in list(filter(None, named)) or [_first_recipient(parts)]:
                yield ReportedRecipient(kind=kind, address=address, feedback=plain(feedback, 16))
            return
    for part in parts:
        # Outlook.com's own form: the message, with its recipient in a special header.
        address = _address(_field(part, "X-HmXmrOriginalRecipient"))
        if address:
            yield ReportedRecipient(kind=_K.COMPLAINED, address=address, feedback="abuse")
            return


def _first_recipient(parts: list[Message]) -> str:
    """Return the recipient of the message enclosed in a report, or ""."""
    for part in parts:
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            address = _address(_field(_inner(part), "To"))
            if address:
                return address
    return ""


def _notifications(parts: list[Message], words: str) -> Iterator[ReportedRecipient]:
    for part in parts:
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
            blocks = part.get_payload()
            for block in blocks if isinstance(blocks, list) else ():
                if isinstance(block, Message):
                    yield from _notification(block, words)


def _written_out(words: str) -> Iterator[ReportedRecipient]:
    """Yield reports whose RFC 3464 fields are in the text: some servers don't attach them, and people forward them."""
    for block in re.split(r"\n[ \t]*\n", re.sub(r"^> ?", "", words, flags=re.MULTILINE)):
        if _RECIPIENT.search(block):
            begin = re.search(r"^[A-Za-z-]+:", block, re.MULTILINE)
            yield from _notification(message_from_string(block[begin.start() if begin else 0 :]), "")


def _notification(block: Message, words: str) -> Iterator[ReportedRecipient]:
    named = [_typed(_field(block, name)) for name in ("Original-Recipient", "Final-Recipient")]
    # Even without a valid address, the report may be proven to be about a message of ours.
    address = next(filter(None, map(_address, named)), "")
    kind = _ACTIONS.get(_field(block, "Action").split("(")[0].split(";")[0].strip().casefold())
    if kind is None or not any(named):
        return
    diagnostic = _typed(_field(block, "Diagnostic-Code"))
    match = _STATUS.search(_field(block, "Status"))
    status = match[1] if match else ""
    # Many servers are vague in Status and precise in Diagnostic-Code, or precise only in the text for people.
    clearer = status_in(diagnostic)
    if clearer and clearer[0] == status[:1] and status[1:] in ("", ".0.0", ".1.0", ".5.0"):
        status = clearer
    yield ReportedRecipient(
        kind=kind,
        address=address,
        bounce=permanence(status, diagnostic or words[:LONGEST]) if kind is _K.BOUNCED else None,
        status=status,
        detail=plain(diagnostic),
    )


def _unstructured(message: bytes, mail: Message, words: str, copy: str) -> Iterator[ReportedRecipient]:
    """Yield the failures that flufl.bounce detects, or else those that a mail system describes in its own words.

    The address may be empty: a signed return path proves the recipient anyway.
    """
    subject, sender = _field(mail, "Subject"), _field(mail, "From")
    by_system, undelivered = is_mail_system(sender), says_undelivered(subject, words)
    undelivered |= by_system and says_unknown_address(words)
    if not by_system and (not undelivered or _is_automatic(mail)):
        return  # a personal letter or an out-of-office reply: flufl.bounce would find addresses in those too
    own_addresses = [str(value)[:_LINE] for name in ("To", "Cc", "Delivered-To") for value in mail.get_all(name, [])]
    temporary, permanent = (_without_own(addresses, own_addresses) for addresses in all_failures(_short(message)))
    waiting = temporary - permanent
    if not permanent and not waiting and undelivered and (by_system or is_no_reply(sender)):
        named = {_address(recipient_in(words, copy, [*own_addresses, sender]))}
        permanent, waiting = (set(), named) if is_waiting(words) else (named, set())
    status, text = status_in(words), f"{subject}\n{words[:LONGEST]}"
    detail = plain(f"{subject} {words.strip()}".strip(), 300)
    for address in sorted(permanent):
        bounce = permanence(status, text)
        yield ReportedRecipient(kind=_K.BOUNCED, address=address, bounce=bounce, status=status, detail=detail)
    for address in sorted(waiting):
        yield ReportedRecipient(kind=_K.DEFERRED, address=address, status=status, detail=detail)


def _short(message: bytes) -> Message:
    """Return a message for flufl.bounce, whose patterns are slow on long lines and fail if there is no sender."""
    lines = message[:_READ_BY_FLUFL].split(b"\n")
    mail = message_from_bytes(b"\n".join(line[:_LINE] for line in lines))
    if not mail["From"]:
        del mail["From"]
        mail["From"] = "nobody@invalid"
    return mail


def _without_own(raw_addresses: Iterable[bytes], own_addresses: list[str]) -> set[str]:
    """Return addresses without those that the report itself was sent to, unless there are no others."""
    addresses = {_address(raw.decode("utf-8", "replace")) for raw in raw_addresses}
    own = {address_key(address) for _, address in getaddresses(own_addresses)}
    return {address for address in addresses if address_key(address) not in own} or addresses


def _own(mail: Message) -> list[Message]:
    """Return the parts of a report, without the enclosed message."""
    waiting, own = [mail], list[Message]()
    while waiting and len(own) < _PARTS:
        part = waiting.pop(0)
        own.append(part)
        payload = part.get_payload()
        if isinstance(payload, list) and part.get_content_maintype() == "multipart":
            waiting += (inner for inner in payload if isinstance(inner, Message))
    return [part for part in own if part.get_content_type() != "text/rfc822-headers"]


def _copied(parts: list[Message]) -> str:
    """Return a To header with the enclosed message's recipient, or ""."""
    address = _first_recipient(parts)
    return f"To: {address}" if address else ""


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _is_automatic(mail: Message) -> bool:
    """Return whether a message is an automatic reply: by RFC 3834 §5, by older headers, or by its subject."""
    submitted = _field(mail, "Auto-Submitted").casefold()
    return (
        submitted.startswith("auto-replied")
        or any(mail[name] for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponse"))
        or "auto_reply" in _field(mail, "Precedence").casefold()
        or bool(_ABSENT.match(_field(mail, "Subject")))
    )


def _is_by_program(mail: Message) -> bool:
    """Return whether a program wrote the message: an out-of-office reply, a report, a mailing list's mail.

    A mail client that unsubscribes its reader doesn't count: it may mark its message automatic, but uses our subject.
    """
    submitted = _field(mail, "Auto-Submitted").partition(";")[0].strip().casefold()
    by_client = submitted == "auto-generated" and _field(mail, "Subject").casefold() == "unsubscribe"
    return (
        _is_automatic(mail)
        or (submitted not in ("", "no") and not by_client)  # RFC 3834 §5
        or _field(mail, "Precedence").casefold() in ("bulk", "junk", "list")
        or "<>" in _values(mail, ("Return-Path",))  # RFC 5321 §4.5.5
        or mail.get_content_type() == "multipart/report"
        or is_mail_system(_field(mail, "From"))
    )


def _values(mail: Message, names: Iterable[str]) -> list[str]:
    """Return the first values of each header."""
    return [str(value).strip()[:_LINE] for name in names for value in mail.get_all(name, [])[:_ADDRESSED]]


def _texts(parts: list[Message]) -> Iterator[str]:
    """Yield all text parts, decoded."""
    for part in parts:
        if part.get_content_maintype() == "text":
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                yield payload.decode("utf-8", "replace")


def _inner(part: Message) -> Message:
    """Return the header fields inside a part: those of a report or of an enclosed message."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return next((inner for inner in payload if isinstance(inner, Message)), Message())
    decoded = part.get_payload(decode=True)
    return message_from_bytes(decoded if isinstance(decoded, bytes) else b"")


def _field(part: Message, name: str) -> str:
    value = str(part.get(name) or "")[:_LINE]
    try:
        return str(make_header(decode_header(value))).strip()
    except (ValueError, LookupError):
        return value.strip()


def _typed(text: str) -> str:
    """Return a field's value without its type: ``rfc822; ada@example.com``."""
    return text.partition(";")[2].strip() or text.strip()


def _address(text: str) -> str:
    """Return a bare address, or "" if the text is not an address."""
    text = text[:_LINE]
    address = (parseaddr(text)[1] or text).strip("<> ")
    return plain(address, 320) if re.fullmatch(r"[^\s@<>\ufffd]+@[^\s@<>\ufffd]+", address) else ""
