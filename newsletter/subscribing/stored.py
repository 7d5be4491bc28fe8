"""All that is stored about a reader, for them to download."""

from typing import Any

from newsletter.audience import Subscriber
from newsletter.store import Store


def stored_about(store: Store, reader: Subscriber) -> dict[str, Any]:
    """Everything, as values that JSON has."""
    return {
        "address": reader.address,
        "first_name": reader.first_name,
        "last_name": reader.last_name,
        "status": reader.status.value,
        "topics": list(reader.topics),
        "excluded_topics": list(reader.excludes),
        "frequency": reader.frequency.value,
        "paused_until": reader.paused_until.isoformat() if reader.paused_until else None,
        "language": reader.language,
        "time_zone": reader.time_zone,
        "attributes": dict(reader.attributes),
        "since": reader.created.isoformat() if reader.created else None,
        "never_mailed": store.suppressions.has(reader.address),
        "consent": [
            {
                "at": one.at.isoformat(),
                "what": one.event.value,
                "how": one.how,
                "wording": one.wording,
                "issue": one.issue,
            }
            for one in store.readers.consents(reader.id)
        ],
        "reported": [
            {
                "at": one.at.isoformat(),
                "what": one.kind.value,
                "how": one.bounce.value if one.bounce else one.feedback,
                "why": one.detail,
                "issue": one.issue,
            }
            for one in store.events.each(address=reader.address)
        ],
        "uncounted": reader.uncounted,
        "clicks_and_opens": [
            {"at": one.at.isoformat(), "issue": issue, "link": url, "machine": one.machine.value if one.machine else ""}
            for issue, url, one in store.responses.of_reader(reader.id)
        ],
        "issues": [{"issue": issue, "delivery": status} for issue, status in store.readers.issues_of(reader.id)],
    }
