"""All that is stored about a reader, for them to download."""

from typing import Any

from newsletter.domain.subscriber import Subscriber
from newsletter.store import Store


def stored_about(store: Store, reader: Subscriber) -> dict[str, Any]:
    """Everything, as values that JSON has."""
    never = store.suppressions.find(reader.address)
    bounced = store.service_bounces.last(reader.address)
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
        "never_mailed": {"why": never.reason.value, "since": never.since.isoformat()} if never else None,
        "service_mail_bounced": bounced.isoformat() if bounced else None,
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
        "asked": [
            {
                "at": one.asked.isoformat(),
                "what": one.kind.value,
                "address": one.address,
                "how": one.how,
                "wording": one.wording,
                "choices": one.choices.to_json(),
                "confirmed": one.confirmed.isoformat() if one.confirmed else None,
            }
            for one in store.confirmations.of_reader(reader.key, reader.address)
        ],
        "reported": [
            {
                "at": one.at.isoformat(),
                "what": one.kind.value,
                "how": one.bounce.value if one.bounce else one.feedback,
                "why": one.detail,
                "issue": one.issue,
                "report": one.raw,
            }
            for one in store.events.of_reader(reader.id, reader.address)
        ],
        "uncounted": reader.uncounted,
        "clicks_and_opens": [
            {"at": one.at.isoformat(), "issue": issue, "link": url, "machine": one.machine.value if one.machine else ""}
            for issue, url, one in store.responses.of_reader(reader.id)
        ],
        "issues": [
            {"issue": issue, "delivery": status, "why": why}
            for issue, status, why in store.readers.issues_of(reader.id)
        ],
    }
