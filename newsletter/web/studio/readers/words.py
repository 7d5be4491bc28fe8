"""Words for what is stored about readers."""

from collections.abc import Mapping

from newsletter.domain.consent import Consent, ConsentEvent
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.staff import AuditEntry
from newsletter.domain.subscriber import Frequency, SubscriberStatus, SuppressionReason

STATUSES: Mapping[str, str] = {
    SubscriberStatus.CONFIRMED: "Confirmed",
    SubscriberStatus.UNCONFIRMED: "Not confirmed",
    SubscriberStatus.UNSUBSCRIBED: "Unsubscribed",
}
REASONS: Mapping[str, str] = {
    SuppressionReason.BOUNCED: "the address bounced",
    SuppressionReason.COMPLAINED: "they reported a message as spam",
    SuppressionReason.MANUAL: "somebody on the staff decided so",
    SuppressionReason.ERASED: "another platform erased them",
}
NEVER_MAILED: Mapping[str, str] = {
    SuppressionReason.BOUNCED: "bounced",
    SuppressionReason.COMPLAINED: "reported as spam",
    SuppressionReason.MANUAL: "never mailed",
    SuppressionReason.ERASED: "erased",
}
FREQUENCIES: Mapping[str, str] = {Frequency.EACH: "Each issue", Frequency.WEEKLY: "The weekly digest only"}
EVENTS: Mapping[str, str] = {
    ConsentEvent.ASKED: "Asked for the newsletter",
    ConsentEvent.CONFIRMED: "Confirmed",
    ConsentEvent.UNSUBSCRIBED: "Unsubscribed",
    ConsentEvent.RETURNED: "Came back",
    ConsentEvent.MOVED: "Changed the address",
}
DELIVERIES: Mapping[str, str] = {
    DeliveryStatus.QUEUED: "Waiting to be sent",
    DeliveryStatus.SUBMITTING: "Being sent",
    DeliveryStatus.SUBMITTED: "Sent",
    DeliveryStatus.REFUSED: "Refused",
    DeliveryStatus.DEFERRED: "Deferred; will be tried again",
    DeliveryStatus.UNCERTAIN: "Uncertain: no answer came back",
    DeliveryStatus.SKIPPED: "Left out",
}
FIELDS: Mapping[str, str] = {
    "email": "Address",
    "first_name": "First name",
    "last_name": "Last name",
    "name": "Whole name",
    "topics": "Topics",
    "excluded_topics": "Excluded topics",
    "status": "Status",
    "language": "Language",
    "time_zone": "Time zone",
    "suppressed": "Reason never to mail",
    "frequency": "How often",
    "paused_until": "Pause until",
    "since": "Reader since",
    "consents": "Record of consent",
    # of other platforms
    "tags": "Topics, by tags",
    "json": "Attributes",
    "signed_up": "Reader since",
    "confirmed": "Confirmed on",
    "unsubscribed": "Unsubscribed on",
}


def delivery_words(status: str) -> str:
    """Return a delivery's status in words."""
    return DELIVERIES.get(status, status.capitalize())


def consent_words(consent: Consent) -> str:
    """Return a step of a reader's consent in words."""
    how = {"studio": "by the staff", "link": "by the mailed link"}.get(consent.how, consent.how)
    issue = f", from issue {consent.issue}" if consent.issue else ""
    return EVENTS.get(consent.event, consent.event) + (f" ({how})" if how else "") + issue


def change_words(entry: AuditEntry) -> str:
    """Return in words what somebody on the staff did."""
    what = str(entry.detail.get("what", entry.act)).capitalize()
    fields = ", ".join(str(name).replace("_", " ") for name in entry.detail.get("fields", ()))
    return f"{what}: {fields}" if fields else what


def meaning_words(meaning: str) -> str:
    """Return in words what a column of an imported file becomes."""
    if not meaning:
        return "Not imported"
    if meaning.startswith("attribute."):
        return f"Attribute “{meaning.removeprefix('attribute.')}”"
    return FIELDS.get(meaning, meaning)
