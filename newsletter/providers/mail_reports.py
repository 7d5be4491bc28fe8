"""Messages that came back: delivery status notifications (RFC 3464), feedback reports (RFC 5965), and the many that
are neither, which flufl.bounce knows. Nothing here raises: anybody may write to the address.
"""

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from flufl.bounce import all_failures

from newsletter.events import Bounce, EventKind, MailReport, Reported, plain
from newsletter.refusals import is_gone
from newsletter.verp import signatures_in

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it prints the tracebacks of its detectors

_K = EventKind
_LARGEST = 1_000_000  # octets that are looked at: what a report says stands before the message that came back
_PARTS = 200

# RFC 3464 §2.3.3
_ACTIONS = {
    "failed": _K.BOUNCED,
    "delayed": _K.DEFERRED,
    "delivered": _K.DELIVERED,
    "relayed": _K.SUBMITTED,
    "expanded": _K.DELIVERED,
}
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_CODE = re.compile(r"(?<![\d.])5[05]\d(?![\d.])")
# What servers write that give no code, or 5.0.0 and 5.1.0, of an address that is not there.
_NOBODY = re.compile(
    r"(user|recipient|mailbox|address|account|alias)\b.{0,40}\b(unknown|not found|not exist|n['o]t exist|no longer"
    r"|invalid|not available|closed|non-?exist)|(unknown|no such|invalid|non-?existent)\b.{0,20}\b(user|recipient"
    r"|mailbox|address|account|alias|person)|does not exist|doesn't have .{0,20}account|not listed in|no mailbox here",
    re.IGNORECASE | re.DOTALL,
)
_OTHERWISE = re.compile(
    r"quota|full|over ?size|too (large|big)|spam|block|polic|reputation|gr[ae]y ?list|tempor|try again|relay"
    r"|unsolicited|rate limit",
    re.IGNORECASE,
)
_DELIVERY = re.compile(r"<([a-z0-9-]{1,80})\.([0-9a-f]{32})@[^<>\s@]{1,255}>")


def parsed(message: bytes) -> MailReport:
    """What a message says; no recipients where it is no report that anybody here understands."""
    message = message[:_LARGEST]
    try:
        mail = message_from_bytes(message)
        parts = [part for part, _ in zip(mail.walk(), range(_PARTS), strict=False)]
        text = "\n".join(_texts(mail, parts))
        recipients = list(_complaints(parts)) or list(_notifications(parts)) or list(_others(mail, text))
        automatic = not recipients and _is_automatic(mail)
        at = _date(mail)
    except Exception:  # noqa: BLE001  parsers' own bugs, on what a stranger wrote: the message is kept for a person
        return MailReport()
    whole = f"{text}\n{message.decode('latin-1')}"
    return MailReport(
        at=at,
        recipients=tuple(dict.fromkeys(recipients)),
        signatures=tuple(signatures_in(whole)[:20]),
        deliveries=tuple(dict.fromkeys(_DELIVERY.findall(whole)))[:20],
        automatic=automatic,
    )


def _complaints(parts: list[Message]) -> Iterator[Reported]:
    """Feedback reports. What was complained of comes with them, its recipient perhaps blacked out."""
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            fields = _inner(part)
            feedback = _field(fields, "Feedback-Type").casefold() or "other"
            # RFC 6591: it is the domain's owner who wants to hear of forgeries.
            kind = _K.UNKNOWN if feedback == "auth-failure" else _K.COMPLAINED
            kind = _K.UNSUBSCRIBED if feedback.startswith("opt-out") else kind
            named = [
                _address(text)
                for text in fields.get_all("Original-Rcpt-To") or fields.get_all("Removal-Recipient") or []
            ]
            for address in list(filter(None, named)) or [_first_recipient(parts)]:
                yield Reported(kind=kind, address=address, feedback=plain(feedback, 16))
            return
    for part in parts:
        # Outlook.com's own form: the message, and its recipient in a header of theirs.
        address = _address(_field(part, "X-HmXmrOriginalRecipient"))
        if address:
            yield Reported(kind=_K.COMPLAINED, address=address, feedback="abuse")
            return


def _first_recipient(parts: list[Message]) -> str:
    """Whom the message went to that came back in a report."""
    for part in parts:
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            address = _address(_field(_inner(part), "To"))
            if address:
                return address
    return ""


def _notifications(parts: list[Message]) -> Iterator[Reported]:
    for part in parts:
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
            blocks = part.get_payload()
            for block in blocks if isinstance(blocks, list) else ():
                if isinstance(block, Message):
                    yield from _notification(block)


def _notification(block: Message) -> Iterator[Reported]:
    named = [_typed(_field(block, name)) for name in ("Original-Recipient", "Final-Recipient")]
    # Without an address that is one, it is still known to be about a message of ours where that is proven.
    address = next(filter(None, map(_address, named)), "")
    kind = _ACTIONS.get(_field(block, "Action").split("(")[0].split(";")[0].strip().casefold())
    if kind is None or not any(named):
        return
    words = _typed(_field(block, "Diagnostic-Code"))
    found = _STATUS.search(_field(block, "Status"))
    status = found[1] if found else ""
    # Many servers are vague in the one field and clear in the other.
    said = _STATUS.search(words)
    if said and said[1][0] == status[:1] and status[1:] in ("", ".0.0", ".1.0", ".5.0"):
        status = said[1]
    yield Reported(
        kind=kind,
        address=address,
        bounce=_permanence(status, words) if kind is _K.BOUNCED else None,
        status=status,
        detail=plain(words),
    )


def _others(mail: Message, text: str) -> Iterator[Reported]:
    if not mail["From"]:  # some bounces have none, over which a detector of flufl.bounce fails
        del mail["From"]
        mail["From"] = "nobody@invalid"
    temporary, permanent = all_failures(mail)
    found = _STATUS.search(text)
    status = found[1] if found and found[1][0] != "2" else ""
    for raw in sorted(permanent):
        bounce = _permanence(status, text[:4000])
        yield Reported(
            kind=_K.BOUNCED, address=_decoded(raw), bounce=bounce, status=status, detail=plain(text.strip(), 300)
        )
    for raw in sorted(temporary - permanent):
        yield Reported(kind=_K.DEFERRED, address=_decoded(raw), status=status, detail=plain(text.strip(), 300))


def _permanence(status: str, words: str) -> Bounce:
    """Whether it is worth while to write again, in doubt undetermined: those count only together."""
    if status.startswith("4"):
        return Bounce.TRANSIENT
    if is_gone(status, words):
        return Bounce.PERMANENT
    if status in ("", "5.0.0", "5.1.0", "5.5.0") and _NOBODY.search(words) and not _OTHERWISE.search(words):
        return Bounce.PERMANENT
    if status[1:] in (".2.2", ".2.3", ".3.4", ".4.7") or status.startswith(("5.7.", "5.6.")):
        return Bounce.TRANSIENT
    return Bounce.UNDETERMINED


def _date(mail: Message) -> datetime | None:
    try:
        found = parsedate_to_datetime(_field(mail, "Date"))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _is_automatic(mail: Message) -> bool:
    """RFC 3834 §5, and what was there before it."""
    submitted = _field(mail, "Auto-Submitted").casefold()
    return submitted.startswith("auto-replied") or any(mail[name] for name in ("X-Autoreply", "X-Autorespond"))


def _texts(mail: Message, parts: list[Message]) -> Iterator[str]:
    """The words of a message, its subject first."""
    yield _field(mail, "Subject")
    for part in parts:
        if part.get_content_maintype() == "text":
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                yield payload.decode("utf-8", "replace")


def _inner(part: Message) -> Message:
    """The fields of a part that is made of fields, or of a message that came back."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return next((inner for inner in payload if isinstance(inner, Message)), Message())
    decoded = part.get_payload(decode=True)
    return message_from_bytes(decoded if isinstance(decoded, bytes) else b"")


def _field(part: Message, name: str) -> str:
    value = part.get(name)
    if value is None:
        return ""
    try:
        return str(make_header(decode_header(str(value)))).strip()
    except (ValueError, LookupError):
        return str(value).strip()


def _typed(text: str) -> str:
    """What stands behind the type of a field: ``rfc822; ada@example.com``."""
    return text.partition(";")[2].strip() or text.strip()


def _address(text: str) -> str:
    """A bare address; empty where it is none."""
    address = (parseaddr(text)[1] or text).strip("<> ")
    return plain(address, 320) if re.fullmatch(r"[^\s@<>\ufffd]+@[^\s@<>\ufffd]+", address) else ""


def _decoded(raw: object) -> str:
    return _address(raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw))
