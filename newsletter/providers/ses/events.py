"""Parse SES's notifications, which arrive through SNS as one JSON document each. Bad input doesn't raise.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html; the older notifications have
``notificationType`` instead of ``eventType`` and are otherwise alike.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any

from newsletter.domain.events import Bounce, Event, EventKind, storable_text

_RAW = 65_536  # characters
_WRITTEN = 1000  # characters of an address with a name
_KEY = re.compile(r"[0-9a-f]{32}")

_KINDS: Mapping[str, EventKind] = {
    "Send": EventKind.SUBMITTED,
    "Delivery": EventKind.DELIVERED,
    "DeliveryDelay": EventKind.DEFERRED,
    "Bounce": EventKind.BOUNCED,
    "Complaint": EventKind.COMPLAINED,
    "Reject": EventKind.REJECTED,
    "Rendering Failure": EventKind.UNRENDERED,
    "RenderingFailure": EventKind.UNRENDERED,
    "Open": EventKind.OPENED,
    "Click": EventKind.CLICKED,
    "Subscription": EventKind.SUBSCRIPTION,
}
# Each kind's details and its list of recipients, by member name; without a list the event is about the whole message.
_PARTS: Mapping[EventKind, tuple[str, str]] = {
    EventKind.SUBMITTED: ("send", ""),
    EventKind.DELIVERED: ("delivery", "recipients"),
    EventKind.DEFERRED: ("deliveryDelay", "delayedRecipients"),
    EventKind.BOUNCED: ("bounce", "bouncedRecipients"),
    EventKind.COMPLAINED: ("complaint", "complainedRecipients"),
    EventKind.REJECTED: ("reject", ""),
    EventKind.UNRENDERED: ("failure", ""),
    EventKind.OPENED: ("open", ""),
    EventKind.CLICKED: ("click", ""),
    EventKind.SUBSCRIPTION: ("subscription", ""),
}
_STATUSES = {"MailboxFull": "4.2.2"}
_BOUNCES = {"Permanent": Bounce.PERMANENT, "Transient": Bounce.TRANSIENT}


def parse_events(message: str, *, key: str, published: datetime) -> list[Event]:
    """Return a notification's events, one per recipient. An unreadable notification becomes one unknown event.

    ``key`` is the notification's id at SNS; ``published`` is used if the notification has no time.
    """
    try:
        notification = _table(json.loads(message))
    except (ValueError, RecursionError):
        notification = {}
    kind_name = _text(notification.get("eventType")) or _text(notification.get("notificationType"))
    kind = _KINDS.get(kind_name, EventKind.UNKNOWN)
    part, recipients_name = _PARTS.get(kind, ("", ""))
    mail, details = _table(notification.get("mail")), _table(notification.get(part))
    recipients = (
        list(_recipients(details.get(recipients_name))) or list(_recipients(mail.get("destination"))) or [("", {})]
    )
    tags = _table(mail.get("tags"))
    reader = _first(tags.get("delivery"))
    common: dict[str, Any] = {
        "provider": "ses",
        "kind": _unsubscribed(kind, details),
        "at": _time(details.get("timestamp")) or _time(mail.get("timestamp")) or published,
        "issue": storable_text(_first(tags.get("issue")), 80),
        "reader": reader if _KEY.fullmatch(reader) else "",
        "bounce": _BOUNCES.get(_text(details.get("bounceType")), Bounce.UNDETERMINED)
        if kind is EventKind.BOUNCED
        else None,
        "feedback": storable_text(_text(details.get("complaintFeedbackType")), 16)
        if kind is EventKind.COMPLAINED
        else "",
        "link": storable_text(_text(details.get("link")), 2000) if kind is EventKind.CLICKED else "",
        "message_id": storable_text(_text(mail.get("messageId")), 200),
        "raw": storable_text(message, _RAW),
    }
    return [
        Event(
            key=f"sns:{key}:{number}",
            address=storable_text(address, 320),
            status=storable_text(_text(recipient.get("status")), 16)
            or _STATUSES.get(_text(details.get("bounceSubType")), ""),
            detail=storable_text(_detail(details, recipient)),
            **common,
        )
        for number, (address, recipient) in enumerate(recipients)
    ]


def _unsubscribed(kind: EventKind, details: Mapping[str, Any]) -> EventKind:
    """Return UNSUBSCRIBED for a subscription event that ends all subscriptions, else the kind itself."""
    if kind is EventKind.SUBSCRIPTION and _table(details.get("newTopicPreferences")).get("unsubscribeAll") is True:
        return EventKind.UNSUBSCRIBED
    return kind


def _detail(details: Mapping[str, Any], recipient: Mapping[str, Any]) -> str:
    """Return the first description of a recipient's event, in the words of the server that reported it."""
    words = (
        recipient.get("diagnosticCode"),
        details.get("smtpResponse"),
        details.get("reason"),
        details.get("errorMessage"),
        details.get("delayType"),
        details.get("bounceSubType"),
        details.get("complaintSubType"),
    )
    return next(filter(None, map(_text, words)), "")


def _recipients(listed: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each bare address with its details. Some lists contain objects, others only addresses."""
    for item in listed if isinstance(listed, list) else ():
        recipient = _table(item)
        written = _text(recipient.get("emailAddress")) if recipient else _text(item)
        address = _bare(written)
        if "@" in address:
            yield address, recipient


def _bare(written: str) -> str:
    """Return an address without the display name, or "" if the text is absurdly long or nested."""
    try:
        return parseaddr(written)[1] or written if len(written) <= _WRITTEN else ""
    except RecursionError:  # the standard library recurses at each "("
        return ""


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _first(value: object) -> str:
    """Return a tag's first value: SES sends a list of values per tag."""
    return _text(value[0]) if isinstance(value, Sequence) and value and not isinstance(value, str) else _text(value)


def _time(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(_text(value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
