"""The export of everything stored about a reader, for them to download."""

from typing import Any

from newsletter.domain.subscriber import Subscriber
from newsletter.store import Store


def stored_about(store: Store, reader: Subscriber) -> dict[str, Any]:
    """Return everything stored about a reader, as JSON values."""
    suppression = store.suppressions.get(reader.address)
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
        "never_mailed": (
            {"why": suppression.reason.value, "since": suppression.since.isoformat()} if suppression else None
        ),
        "service_mail_bounced": bounced.isoformat() if bounced else None,
        "consent": [
            {
                "at": consent.at.isoformat(),
                "what": consent.event.value,
                "how": consent.how,
                "wording": consent.wording,
                "issue": consent.issue,
            }
            for consent in store.self_service.consents(reader.id)
        ],
        "asked": [
            {
                "at": request.requested.isoformat(),
                "what": request.kind.value,
                "address": request.address,
                "how": request.how,
                "wording": request.wording,
                "choices": request.choices.to_json(),
                "confirmed": request.confirmed.isoformat() if request.confirmed else None,
            }
            for request in store.confirmations.of_reader(reader.key, reader.address)
        ],
        "reported": [
            {
                "at": event.at.isoformat(),
                "what": event.kind.value,
                "how": event.bounce.value if event.bounce else event.feedback,
                "why": event.detail,
                "issue": event.issue,
                "report": event.raw,
            }
            for event in store.events.of_reader(reader.id, reader.address)
        ],
        "uncounted": reader.uncounted,
        "clicks_and_opens": [
            {
                "at": response.at.isoformat(),
                "issue": issue,
                "link": url,
                "machine": response.machine.value if response.machine else "",
            }
            for issue, url, response in store.clicks_and_opens.of_reader(reader.id)
        ],
        "votes": [
            {"at": vote.at.isoformat(), "issue": vote.issue, "answer": vote.answer}
            for vote in store.polls.of_reader(reader.id)
        ],
        "issues": [
            {"issue": issue, "delivery": status, "why": why}
            for issue, status, why in store.self_service.deliveries_of(reader.id)
        ],
    }
