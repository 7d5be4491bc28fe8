"""Read reports with fields: feedback reports (RFC 5965) and delivery status notifications (RFC 3464)."""

import re
from collections.abc import Iterator
from email import message_from_string
from email.message import Message

from newsletter.domain.events import EventKind, storable_text
from newsletter.domain.mail_reports import ReportedRecipient
from newsletter.feedback.bounce_phrases import LONGEST, permanence, status_in
from newsletter.feedback.mail_fields import bare_address, enclosed_recipient, field, inner_fields, without_type

_K = EventKind
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


def complaints(parts: list[Message]) -> Iterator[ReportedRecipient]:
    """Yield complaints from feedback reports. These enclose the message, perhaps with its recipient redacted."""
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            fields = inner_fields(part)
            feedback = field(fields, "Feedback-Type").casefold() or "other"
            # RFC 6591: an authentication failure report is for the domain's owner, not a complaint.
            kind = _K.UNKNOWN if feedback == "auth-failure" else _K.COMPLAINED
            kind = _K.UNSUBSCRIBED if feedback.startswith("opt-out") else kind
            named = [
                bare_address(text)
                for text in fields.get_all("Original-Rcpt-To") or fields.get_all("Removal-Recipient") or []
            ]
            for address in list(filter(None, named)) or [enclosed_recipient(parts)]:
                yield ReportedRecipient(kind=kind, address=address, feedback=storable_text(feedback, 16))
            return
    for part in parts:
        # Outlook.com's own form: the message, with its recipient in a special header.
        address = bare_address(field(part, "X-HmXmrOriginalRecipient"))
        if address:
            yield ReportedRecipient(kind=_K.COMPLAINED, address=address, feedback="abuse")
            return


def notifications(parts: list[Message], words: str) -> Iterator[ReportedRecipient]:
    """Yield a report for each recipient of the attached status notifications. ``words`` are the text for people."""
    for part in parts:
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
            blocks = part.get_payload()
            for block in blocks if isinstance(blocks, list) else ():
                if isinstance(block, Message):
                    yield from _notification(block, words)


def notifications_in_text(words: str) -> Iterator[ReportedRecipient]:
    """Yield reports whose RFC 3464 fields are in the text: some servers don't attach them, and people forward them."""
    for block in re.split(r"\n[ \t]*\n", re.sub(r"^> ?", "", words, flags=re.MULTILINE)):
        if _RECIPIENT.search(block):
            begin = re.search(r"^[A-Za-z-]+:", block, re.MULTILINE)
            yield from _notification(message_from_string(block[begin.start() if begin else 0 :]), "")


def _notification(block: Message, words: str) -> Iterator[ReportedRecipient]:
    named = [without_type(field(block, name)) for name in ("Original-Recipient", "Final-Recipient")]
    # Even without a valid address, the report may be proven to be about a message of ours.
    address = next(filter(None, map(bare_address, named)), "")
    kind = _ACTIONS.get(field(block, "Action").split("(")[0].split(";")[0].strip().casefold())
    if kind is None or not any(named):
        return
    diagnostic = without_type(field(block, "Diagnostic-Code"))
    match = _STATUS.search(field(block, "Status"))
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
        detail=storable_text(diagnostic),
    )
