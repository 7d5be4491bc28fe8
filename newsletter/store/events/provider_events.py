"""Provider events: each is stored once and applied to deliveries and suppressions in the same transaction."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import sqlalchemy as sa

from newsletter.domain.addresses import address_key
from newsletter.domain.consent import SERVICE, ConsentEvent
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.events import Bounce, Event, EventEffects, EventKind, Outcome, settled
from newsletter.domain.subscriber import SubscriberStatus, SuppressionReason
from newsletter.store.database import Database
from newsletter.store.delivery_counts import recount
from newsletter.store.events.tracking import mark_too_soon
from newsletter.store.row_writes import update_rows, upsert
from newsletter.store.subscribers.erasures import Fingerprint, address_hashes, erased_among
from newsletter.store.subscribers.held_bounces import suppress_bounced
from newsletter.store.subscribers.removal import events_about
from newsletter.store.subscribers.service_bounces import remember_service_bounces
from newsletter.store.subscribers.soft_bounces import suppress_after_soft_bounces
from newsletter.store.subscribers.suppressions import Suppression, suppress_reported
from newsletter.store.tables import consent, delivery, event, send, subscriber

_NOT_ARRIVED = frozenset({EventKind.DEFERRED, EventKind.REJECTED, EventKind.UNRENDERED})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attributed:
    """An event and the id of the reader it is about, None if that reader is gone or unknown."""

    event: Event
    reader: int | None
    address_key: str


class Events:
    """All events, and their effects."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self,
        events: Sequence[Event],
        *,
        now: datetime,
        soft_bounces: int,
        fingerprints: Fingerprint = lambda _: (),
    ) -> EventEffects:
        """Store new events, received ``now``, and apply them. Order and repetition don't change the result.

        An address is suppressed after soft bounces of ``soft_bounces`` issues in a row. Events about readers who are
        gone are stored without anything that names them. They may still suppress the address, unless ``fingerprints``
        show that it was erased.
        """
        if not events:
            return EventEffects()
        with self._database.writing() as connection:
            attributed = _attribute(connection, events)
            new = _insert(connection, list({item.event.key: item for item in attributed}.values()), now)
            mark_too_soon(connection, _delivered(new))
            _remember_service_bounces(connection, new, fingerprints)
            settled_now = _settle(connection, new)
            suppressed, held = _suppress(connection, new, now, soft_bounces, fingerprints)
            return EventEffects(
                new=len(new),
                repeated=len(events) - len(new),
                settled=settled_now,
                suppressed=suppressed,
                held=held,
                unsubscribed=_unsubscribe(connection, new, now),
            )

    def has_any(self, keys: Iterable[str]) -> bool:
        """Return whether an event with one of these keys is stored."""
        with self._database.reading() as connection:
            return connection.scalars(sa.select(sa.exists().where(event.c.key.in_(list(keys))))).one()

    def stream(self, *, address: str = "") -> Iterator[Event]:
        """Yield events in the order they were received, optionally of one address only."""
        query = sa.select(event, subscriber.c.key.label("reader")).select_from(
            event.outerjoin(subscriber, subscriber.c.id == event.c.subscriber)
        )
        if address:
            query = query.where(event.c.address_key == address_key(address))
        with self._database.reading() as connection:
            for row in connection.execution_options(yield_per=1000).execute(query.order_by(event.c.id)):
                yield _event(row)

    def of_reader(self, reader: int, address: str) -> list[Event]:
        """Return the events about a reader, given by id, at any of their addresses, and those about an address."""
        query = (
            sa.select(event, subscriber.c.key.label("reader"))
            .select_from(event.outerjoin(subscriber, subscriber.c.id == event.c.subscriber))
            .where(events_about(reader, address_key(address)))
            .order_by(event.c.id)
        )
        with self._database.reading() as connection:
            return [_event(row) for row in connection.execute(query)]

    def outcomes(self, issue: str) -> Mapping[Outcome, int]:
        """Return the number of an issue's deliveries by outcome."""
        query = (
            sa.select(delivery.c.outcome, sa.func.count())
            .select_from(delivery.join(send, send.c.id == delivery.c.send))
            .where(send.c.issue == issue)
            .group_by(delivery.c.outcome)
        )
        with self._database.reading() as connection:
            return {Outcome(outcome): number for outcome, number in connection.execute(query)}

    def clicks(self, issue: str) -> Mapping[str, int]:
        """Return the number of clicks that the provider reported for each link of an issue."""
        query = (
            sa.select(event.c.link, sa.func.count())
            .where(event.c.issue == issue, event.c.kind == EventKind.CLICKED.value)
            .group_by(event.c.link)
        )
        with self._database.reading() as connection:
            return dict(connection.execute(query).all())

    def count_unsubscribed(self, issue: str) -> int:
        """Return the number of readers who unsubscribed from an issue's messages."""
        query = sa.select(sa.func.count(consent.c.subscriber.distinct())).where(
            consent.c.issue == issue, consent.c.event == ConsentEvent.UNSUBSCRIBED.value
        )
        with self._database.reading() as connection:
            return connection.scalars(query).one()

    def prune(self, before: datetime) -> int:
        """Delete events received before a time and return their number. Outcomes and suppressions are kept."""
        with self._database.writing() as connection:
            return connection.execute(sa.delete(event).where(event.c.received < before)).rowcount


def _attribute(connection: sa.Connection, events: Sequence[Event]) -> list[_Attributed]:
    """Look up the readers that events are about: by the delivery that they name, otherwise by the address."""
    keys = {item.address: address_key(item.address) for item in events if item.address}
    named = {item.reader for item in events if item.reader}
    unnamed = {keys[item.address] for item in events if item.address and not item.reader}
    rows = connection.execute(
        sa.select(subscriber.c.id, subscriber.c.key, subscriber.c.address_key).where(
            sa.or_(subscriber.c.key.in_(named), subscriber.c.address_key.in_(unnamed))
        )
    ).all()
    by_key = {row.key: row for row in rows}
    by_address = {row.address_key: row for row in rows}
    attributed = []
    for item in events:
        own = keys.get(item.address, "")
        reader = by_key.get(item.reader) if item.reader else by_address.get(own)
        attributed.append(
            _Attributed(
                event=item,
                reader=reader.id if reader else None,
                address_key=own or (reader.address_key if reader else ""),
            )
        )
    return attributed


def _insert(connection: sa.Connection, attributed: Sequence[_Attributed], now: datetime) -> list[_Attributed]:
    """Store events and return those that are new."""
    insert = (
        upsert(connection.dialect.name, event)
        .on_conflict_do_nothing(index_elements=[event.c.key])
        .returning(event.c.key)
    )
    ordered = sorted(attributed, key=lambda item: item.event.key)  # always in the same order, to avoid deadlocks
    new = set(connection.scalars(insert, [_row(item, now) for item in ordered]))
    return [item for item in attributed if item.event.key in new]


def _row(attributed: _Attributed, now: datetime) -> dict[str, Any]:
    new = attributed.event
    kept = attributed.reader is not None and not new.nameless
    return {
        "key": new.key,
        "provider": new.provider,
        "kind": new.kind.value,
        "at": new.at,
        "received": now,
        "issue": new.issue,
        "subscriber": attributed.reader if kept else None,
        "address_key": attributed.address_key if kept else "",
        "bounce": new.bounce.value if new.bounce else "",
        "status": new.status,
        "feedback": new.feedback,
        "detail": new.detail if kept else "",
        "link": new.link if kept or not _names(new.link, new.address) else "",
        "raw": new.raw if kept or _is_about_nobody(new) else "",
        "counts": True,
    }


def _is_about_nobody(report: Event) -> bool:
    """Return whether an unknown report names nobody. One that names somebody couldn't be erased with its reader."""
    return report.kind is EventKind.UNKNOWN and not (report.address or report.reader or _AT.search(report.raw))


_AT = re.compile(r"@|%40|=40|&#0*64;|&#x0*40;|&commat;|\\u0040", re.IGNORECASE)


def _names(link: str, address: str) -> bool:
    """Return whether a link contains an address, as a merge field writes it."""
    return bool(address) and address.lower() in unquote(link).lower()


def _event(row: Any) -> Event:
    return Event(
        key=row.key,
        provider=row.provider,
        kind=EventKind(row.kind),
        at=row.at,
        address=row.address_key,
        issue=row.issue,
        reader=row.reader or "",
        bounce=Bounce(row.bounce) if row.bounce else None,
        status=row.status,
        feedback=row.feedback,
        detail=row.detail,
        link=row.link,
        raw=row.raw,
    )


def _delivered(new: Iterable[_Attributed]) -> dict[tuple[str, int], datetime]:
    """Return when messages arrived, by issue and reader's id."""
    return {
        (item.event.issue, item.reader): item.event.at
        for item in new
        if item.event.kind is EventKind.DELIVERED and item.reader is not None
    }


def _settle(connection: sa.Connection, new: Iterable[_Attributed]) -> int:
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
        after = settled(before, row.attempt, outcome)
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


def _suppress(
    connection: sa.Connection,
    new: Iterable[_Attributed],
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


def _remember_service_bounces(connection: sa.Connection, new: Iterable[_Attributed], fingerprints: Fingerprint) -> None:
    """Store when service mail last had a hard bounce, even if its address is suppressed already."""
    last: dict[str, datetime] = {}
    for item in new:
        if item.event.issue == SERVICE and item.event.outcome is Outcome.BOUNCED and item.address_key:
            erased = erased_among(connection, address_hashes(item.address_key, fingerprints))
            subject = min(erased, default=item.address_key)
            last[subject] = max(last.get(subject, item.event.at), item.event.at)
    remember_service_bounces(connection, last)


def _erased(connection: sa.Connection, item: _Attributed, fingerprints: Fingerprint) -> bool:
    hashes = address_hashes(item.address_key, fingerprints)
    return bool(hashes and erased_among(connection, hashes))


def _unsubscribe(connection: sa.Connection, new: Iterable[_Attributed], now: datetime) -> int:
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
