"""Parse returned messages: delivery status notifications (RFC 3464), feedback reports (RFC 5965), and many other forms,
most of which flufl.bounce knows. Nothing raises here, because anybody may write to the address.
"""

import re
from email import message_from_bytes
from email.message import Message

from newsletter.domain.mail_reports import MailReport
from newsletter.feedback.automatic_mail import is_automatic_reply, is_by_program
from newsletter.feedback.bounce_phrases import own_words
from newsletter.feedback.mail_fields import (
    MOST_PARTS,
    enclosed_recipient,
    field,
    header_values,
    own_parts,
    parsed_date,
    text_parts,
)
from newsletter.feedback.structured_reports import complaints, notifications, notifications_in_text
from newsletter.feedback.time_budget import OverBudgetError, cpu_budget
from newsletter.feedback.unstructured_reports import unstructured_failures
from newsletter.message.verp import signatures_in

_LARGEST = 262_144  # octets that are read: a report precedes the returned message
_RECIPIENTS = 50
_ADDRESSED = 5  # signatures in the addresses that a message was sent to
_TO = ("To", "Cc", "Delivered-To", "X-Original-To")
BUDGET = 5.0  # seconds
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
        parts = [part for part, _ in zip(mail.walk(), range(MOST_PARTS), strict=False)]
        words, copy = own_words(own_parts(mail))
        recipients = (
            list(complaints(parts))
            or list(notifications(parts, words))
            or list(notifications_in_text(words))
            or list(unstructured_failures(message, mail, words, _copied(parts) or copy))
        )
        automatic = not recipients and is_automatic_reply(mail)
        at, came = parsed_date(field(mail, "Date")), parsed_date(field(mail, "Received").rpartition(";")[2])
        to = "" if recipients or is_by_program(mail) else " ".join(header_values(mail, _TO))
        whole = "\n".join([*text_parts(parts), message.decode("latin-1")])
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


def _copied(parts: list[Message]) -> str:
    """Return a To header with the enclosed message's recipient, or ""."""
    address = enclosed_recipient(parts)
    return f"To: {address}" if address else ""
