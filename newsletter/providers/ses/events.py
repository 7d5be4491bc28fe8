"""What SES reports through SNS: one JSON document a notification, made into events. Never raises on what it reads.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html; the older notifications have
``notificationType`` in place of ``eventType`` and are otherwise alike.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any

from newsletter.domain.events import Bounce, Event, EventKind, plain

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
# Where each kind says more, and where its recipients are; without any it is about all of the message.
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


def events_of(message: str, *, key: str, published: datetime) -> list[Event]:
    """The events of a notification, one for each recipient. What cannot be read is an unknown event.

    ``key`` is SNS's id of it, ``published`` stands in where it says no time.
    """
    try:
        said = json.loads(message)
    except (ValueError, RecursionError):
        said = None
    said = _table(said)
    kind = _KINDS.get(_text(said.get("eventType")) or _text(said.get("notificationType")), EventKind.UNKNOWN)
    part, listed = _PARTS.get(kind, ("", ""))
    mail, more = _table(said.get("mail")), _table(said.get(part))
    recipients = list(_recipients(more.get(listed))) or list(_recipients(mail.get("destination"))) or [("", {})]
    tags = _table(mail.get("tags"))
    reader = _first(tags.get("delivery"))
    common: dict[str, Any] = {
        "provider": "ses",
        "kind": _unsubscribed(kind, more),
        "at": _time(more.get("timestamp")) or _time(mail.get("timestamp")) or published,
        "issue": plain(_first(tags.get("issue")), 80),
        "reader": reader if _KEY.fullmatch(reader) else "",
        "bounce": _BOUNCES.get(_text(more.get("bounceType")), Bounce.UNDETERMINED)
        if kind is EventKind.BOUNCED
        else None,
        "feedback": plain(_text(more.get("complaintFeedbackType")), 16) if kind is EventKind.COMPLAINED else "",
        "link": plain(_text(more.get("link")), 2000) if kind is EventKind.CLICKED else "",
        "message_id": plain(_text(mail.get("messageId")), 200),
        "raw": plain(message, _RAW),
    }
    return [
        Event(
            key=f"sns:{key}:{number}",
            address=plain(address, 320),
            status=plain(_text(its.get("status")), 16) or _STATUSES.get(_text(more.get("bounceSubType")), ""),
            detail=plain(_detail(more, its)),
            **common,
        )
        for number, (address, its) in enumerate(recipients)
    ]


def _unsubscribed(kind: EventKind, more: Mapping[str, Any]) -> EventKind:
    """A subscription that ends is more than one that changes."""
    if kind is EventKind.SUBSCRIPTION and _table(more.get("newTopicPreferences")).get("unsubscribeAll") is True:
        return EventKind.UNSUBSCRIBED
    return kind


def _detail(more: Mapping[str, Any], its: Mapping[str, Any]) -> str:
    """What was said of a recipient, in the words of whoever said it."""
    words = (
        its.get("diagnosticCode"),
        more.get("smtpResponse"),
        more.get("reason"),
        more.get("errorMessage"),
        more.get("delayType"),
        more.get("bounceSubType"),
        more.get("complaintSubType"),
    )
    return next(filter(None, map(_text, words)), "")


def _recipients(listed: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Addresses, bare, and what is said of each: some lists have objects and others only addresses."""
    for one in listed if isinstance(listed, list) else ():
        its = _table(one)
        written = _text(its.get("emailAddress")) if its else _text(one)
        address = _bare(written)
        if "@" in address:
            yield address, its


def _bare(written: str) -> str:
    """Return an address without its name; empty for what nobody would write."""
    try:
        return parseaddr(written)[1] or written if len(written) <= _WRITTEN else ""
    except RecursionError:  # the standard library goes one level deeper at each "("
        return ""


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _first(value: object) -> str:
    """A tag's value: SES lists them."""
    return _text(value[0]) if isinstance(value, Sequence) and value and not isinstance(value, str) else _text(value)


def _time(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(_text(value))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
