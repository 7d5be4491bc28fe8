"""Suppression after soft bounces of too many issues in a row, until a message arrives."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.domain.bounce_classification import about_mailbox, is_full
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.events import Bounce, EventKind, Outcome
from newsletter.domain.soft_bounces import SoftBounce, too_many_soft_bounces
from newsletter.domain.subscriber import SuppressionReason
from newsletter.store.event_tables import event
from newsletter.store.subscribers.suppressions import Suppression, suppress_reported
from newsletter.store.tables import delivery, send, suppression


def suppress_after_soft_bounces(
    connection: sa.Connection, bounced: set[str], delivered: set[str], threshold: int
) -> int:
    """Suppress addresses with soft bounces of too many issues in a row, and lift suppressions after a delivery.

    ``bounced`` are the addresses with new reports that may lengthen a row, ``delivered`` the others. Return the number
    of newly suppressed addresses.
    """
    soft = suppression.c.soft_bounces > 0
    known = sa.select(suppression.c.address_key).where(suppression.c.address_key.in_(bounced | delivered), soft)
    before = set(connection.scalars(known)) if bounced | delivered else set[str]()
    now_worn_out = []
    for key, history in sorted(_histories(connection, bounced | before).items()):
        worn = too_many_soft_bounces(history.bounces, (), threshold)
        worn = worn and too_many_soft_bounces(history.bounces, _delivered(connection, key, history), threshold)
        if worn:
            issue, detail = history.last(worn.since)
            now_worn_out.append(
                Suppression(
                    address_key=key,
                    reason=SuppressionReason.BOUNCED,
                    since=worn.since,
                    issue=issue,
                    detail=detail,
                    soft_bounces=worn.issues,
                )
            )
    connection.execute(sa.delete(suppression).where(suppression.c.address_key.in_(before), soft))
    suppress_reported(connection, now_worn_out)
    return sum(1 for new in now_worn_out if new.address_key not in before)


@dataclass(slots=True)
class _History:
    """The soft bounces of an address that count, their reports (time, issue, detail) and the readers."""

    bounces: list[SoftBounce]
    reports: list[tuple[datetime, str, str]]
    readers: set[int]

    def last(self, at: datetime) -> tuple[str, str]:
        """Return the issue and the detail of the bounce at a time."""
        return next((issue, detail) for time, issue, detail in sorted(self.reports) if time == at)


def _histories(connection: sa.Connection, keys: set[str]) -> dict[str, _History]:
    query = sa.select(event).where(
        event.c.address_key.in_(keys),
        event.c.kind == EventKind.BOUNCED.value,
        event.c.bounce != Bounce.PERMANENT.value,
        event.c.counts,
    )
    histories: dict[str, _History] = {}
    for row in connection.execute(query) if keys else ():
        if about_mailbox(row.status, row.detail):
            history = histories.setdefault(row.address_key, _History([], [], set()))
            # The issue isn't always known; then the day stands for it.
            issue = row.issue or f"{row.at:%Y-%m-%d}"
            history.bounces.append(SoftBounce(issue=issue, at=row.at, full=is_full(row.status, row.detail)))
            history.reports.append((row.at, row.issue, row.detail))
            history.readers.add(row.subscriber)
    return histories


def _delivered(connection: sa.Connection, key: str, history: _History) -> Iterator[datetime]:
    """Yield the times of deliveries between the bounces.

    Few providers report deliveries, so an issue that was sent and didn't bounce counts as delivered too.
    """
    first, last = min(bounce.at for bounce in history.bounces), max(bounce.at for bounce in history.bounces)
    yield from connection.scalars(
        sa.select(event.c.at).where(
            event.c.address_key == key, event.c.kind == EventKind.DELIVERED.value, event.c.at.between(first, last)
        )
    )
    outcome = delivery.c.outcome
    arrived = sa.and_(outcome.op("&")(int(Outcome.DELIVERED)) != 0, outcome.op("&")(int(Outcome.BOUNCED)) == 0)
    silent = outcome.op("&")(int(Outcome.BOUNCED | Outcome.BOUNCED_SOFTLY | Outcome.DEFERRED)) == 0
    yield from connection.scalars(
        sa.select(send.c.created)
        .join(delivery, delivery.c.send == send.c.id)
        .where(
            delivery.c.subscriber.in_(history.readers),
            delivery.c.status == DeliveryStatus.SUBMITTED.value,
            sa.or_(arrived, silent),
            send.c.created.between(first, last),
        )
    )
