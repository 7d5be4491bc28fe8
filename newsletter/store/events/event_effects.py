"""The effects of new events: on deliveries, suppressions and subscriptions, in the transaction that stores them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.domain.consent import SERVICE, ConsentEvent
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.events import EventKind, Outcome, status_after
from newsletter.domain.subscriber import SubscriberStatus, SuppressionReason
from newsletter.store.delivery_counts import recount
from newsletter.store.events.event_rows import AttributedEvent
from newsletter.store.row_writes import update_rows
from newsletter.store.subscribers.erasures import Fingerprint, address_hashes, erased_among
from newsletter.store.subscribers.held_bounces import suppress_bounced
from newsletter.store.subscribers.service_bounces import remember_service_bounces
from newsletter.store.subscribers.soft_bounces import suppress_after_soft_bounces
from newsletter.store.subscribers.suppressions import Suppression, suppress_reported
from newsletter.store.tables import consent, delivery, send, subscriber

_NOT_ARRIVED = frozenset({EventKind.DEFERRED, EventKind.REJECTED, EventKind.UNRENDERED})


def arrival_times(new: Iterable[AttributedEvent]) -> dict[tuple[str, int], datetime]:
    """Return when messages arrived, by issue and reader's id."""
    return {
        (item.event.issue, item.reader): item.event.at
        for item in new
        if item.event.kind is EventKind.DELIVERED and item.reader is not None
    }


def settle_deliveries(connection: sa.Connection, new: Iterable[AttributedEvent]) -> int:
    """Add events to the outcomes of deliveries, and return the number of deliveries whose status changed."""
    reported: defaultdict[str, dict[int, Outcome]] = defaultdict(dict)
    ids: dict[int, tuple[str, str]] = {}
    for item in new:
        if item.event.issue and item.event.reader and item.reader is not None and item.event.outcome:
            of_issue = reported[item.event.issue]
            of_issue[item.reader] = of_issue.get(item.reader, Outcome(0)) | item.event.outcome
            ids[item.reader] = (item.event.message_id, f"{item.event.provider} reported it")
    if not reported:
        return 0
    sends = sa.select(send.c.id, send.c.issue).where(send.c.issue.in_(list(reported))).order_by(send.c.id)
    return sum(_settle_send(connection, row.id, reported[row.issue], ids) for row in connection.execute(sends).all())


def _settle_send(
    connection: sa.Connection, send_id: int, reported: Mapping[int, Outcome], ids: Mapping[int, tuple[str, str]]
) -> int:
    rows = connection.execute(
        sa.select(delivery)
        .where(delivery.c.send == send_id, delivery.c.subscriber.in_(list(reported)))
        .order_by(delivery.c.edition, delivery.c.subscriber)  # the order of claims, to avoid deadlocks
        .with_for_update()
    ).all()
    outcomes: list[tuple[Any, ...]] = []
    changed: Counter[DeliveryStatus] = Counter()
    for row in rows:
        before = DeliveryStatus(row.status)
        outcome = Outcome(row.outcome) | reported[row.subscriber]
        after = status_after(before, row.attempt, outcome)
        changed[after] += after is not before
        message_id, detail = (row.provider_id, row.detail) if after is before else ids[row.subscriber]
        if after is not before or outcome != row.outcome:
            outcomes.append((int(outcome), after.value, message_id, detail, row.edition, row.subscriber))
    if outcomes:
        change = ("outcome", "status", "provider_id", "detail")
        alike = {"send": send_id}
        update_rows(connection, delivery, change, ("send", "edition", "subscriber"), outcomes, alike=alike)
    if changed.total():
        recount(connection, send_id)
    return changed.total()


def suppress_addresses(
    connection: sa.Connection,
    new: Iterable[AttributedEvent],
    now: datetime,
    soft_bounces: int,
    fingerprints: Fingerprint,
) -> tuple[int, int]:
    """Suppress addresses or hold their bounces for an operator, and return the number of each."""
    bounced: list[Suppression] = []
    complained: list[Suppression] = []
    soft: set[str] = set()
    delivered: set[str] = set()
    for item in new:
        reason = item.event.suppresses
        if reason and item.address_key and not (item.reader is None and _erased(connection, item, fingerprints)):
            (complained if reason is SuppressionReason.COMPLAINED else bounced).append(
                Suppression(
                    address_key=item.address_key,
                    reason=reason,
                    since=item.event.at,
                    issue=item.event.issue,
                    detail=item.event.detail if item.reader is not None else "",
                )
            )
        if item.reader is not None and item.address_key:
            lengthens = item.event.soft or item.event.kind in _NOT_ARRIVED
            (soft if lengthens else delivered).add(item.address_key)
    after_soft_bounces = suppress_after_soft_bounces(connection, soft, delivered, soft_bounces)
    suppressed, held = suppress_bounced(connection, bounced, now)
    return suppressed + after_soft_bounces + suppress_reported(connection, complained), held


def store_service_bounces(connection: sa.Connection, new: Iterable[AttributedEvent], fingerprints: Fingerprint) -> None:
    """Store when service mail last had a hard bounce, even if its address is suppressed already."""
    last: dict[str, datetime] = {}
    for item in new:
        if item.event.issue == SERVICE and item.event.outcome is Outcome.BOUNCED and item.address_key:
            erased = erased_among(connection, address_hashes(item.address_key, fingerprints))
            subject = min(erased, default=item.address_key)
            last[subject] = max(last.get(subject, item.event.at), item.event.at)
    remember_service_bounces(connection, last)


def _erased(connection: sa.Connection, item: AttributedEvent, fingerprints: Fingerprint) -> bool:
    hashes = address_hashes(item.address_key, fingerprints)
    return bool(hashes and erased_among(connection, hashes))


def unsubscribe_readers(connection: sa.Connection, new: Iterable[AttributedEvent], now: datetime) -> int:
    """Unsubscribe readers who did so with the provider and haven't come back since; return their number."""
    number = 0
    for item in sorted(new, key=lambda item: item.reader or 0):
        if item.event.kind is not EventKind.UNSUBSCRIBED or item.reader is None:
            continue
        since = sa.exists().where(
            consent.c.subscriber == item.reader,
            consent.c.event.in_([ConsentEvent.CONFIRMED.value, ConsentEvent.RETURNED.value]),
            consent.c.at > item.event.at,
        )
        left = (
            sa.update(subscriber)
            .where(subscriber.c.id == item.reader, subscriber.c.status != SubscriberStatus.UNSUBSCRIBED.value, ~since)
            .values(status=SubscriberStatus.UNSUBSCRIBED.value, changed=now)
        )
        if connection.execute(left).rowcount:
            number += 1
            connection.execute(
                sa.insert(consent).values(
                    subscriber=item.reader,
                    at=item.event.at,
                    event=ConsentEvent.UNSUBSCRIBED.value,
                    how=item.event.provider,
                    wording="",
                    issue=item.event.issue,
                )
            )
    return number
