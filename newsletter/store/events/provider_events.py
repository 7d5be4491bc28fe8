"""What providers reported: each thing written down once, and what follows from it, in one transaction."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.domain.addresses import address_key
from newsletter.domain.consent import SERVICE, ConsentEvent
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.events import Applied, Bounce, Event, EventKind, Outcome, settled
from newsletter.domain.subscriber import SubscriberStatus, SuppressionReason
from newsletter.store.database import Database, update_rows
from newsletter.store.delivery_counts import recount
from newsletter.store.events.tracking import mark_too_soon
from newsletter.store.subscribers.erasures import Fingerprint, address_hashes, erased_among
from newsletter.store.subscribers.held_bounces import suppress_bounced
from newsletter.store.subscribers.removal import events_about
from newsletter.store.subscribers.service_bounces import remember_service_bounces
from newsletter.store.subscribers.soft_bounces import suppress_worn_out
from newsletter.store.subscribers.suppressions import Suppression, suppress_reported
from newsletter.store.tables import consent, delivery, event, send, subscriber

_NOT_ARRIVED = frozenset({EventKind.DEFERRED, EventKind.REJECTED, EventKind.UNRENDERED})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """An event, and whom it is about: the reader's id, None where they are not there any more."""

    event: Event
    reader: int | None
    address_key: str


class Events:
    """All events, and what they change."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(
        self,
        events: Sequence[Event],
        *,
        soft_bounces: int,
        fingerprints: Fingerprint = lambda _: (),
    ) -> Applied:
        """Write down what is new of these events, and let them count. Any order and repetition leads to the same.

        ``soft_bounces`` issues in a row that bounced softly suppress an address. Of readers who are not there any more
        nothing is kept that names them, but an address may be suppressed, save where ``fingerprints`` tell that it was
        erased.
        """
        if not events:
            return Applied()
        now = self._database.now()
        with self._database.writing() as connection:
            known = _found(connection, events)
            new = _insert(connection, list({one.event.key: one for one in known}.values()), now)
            mark_too_soon(connection, _delivered(new))
            _remember_service_bounces(connection, new, fingerprints)
            settled_now = _settle(connection, new)
            suppressed, held = _suppress(connection, new, soft_bounces, fingerprints)
            return Applied(
                new=len(new),
                repeated=len(events) - len(new),
                settled=settled_now,
                suppressed=suppressed,
                held=held,
                unsubscribed=_unsubscribe(connection, new, now),
            )

    def has_any(self, keys: Iterable[str]) -> bool:
        """Return whether one of these events, by their keys, is kept."""
        with self._database.reading() as connection:
            return connection.scalars(sa.select(sa.exists().where(event.c.key.in_(list(keys))))).one()

    def each(self, *, address: str = "") -> Iterator[Event]:
        """Events as they were received, of an address only if it is given."""
        query = sa.select(event, subscriber.c.key.label("reader")).select_from(
            event.outerjoin(subscriber, subscriber.c.id == event.c.subscriber)
        )
        if address:
            query = query.where(event.c.address_key == address_key(address))
        with self._database.reading() as connection:
            for row in connection.execution_options(yield_per=1000).execute(query.order_by(event.c.id)):
                yield _event(row)

    def of_reader(self, reader: int, address: str) -> list[Event]:
        """Events of a reader, by id, whatever their address was then, and of an address."""
        query = (
            sa.select(event, subscriber.c.key.label("reader"))
            .select_from(event.outerjoin(subscriber, subscriber.c.id == event.c.subscriber))
            .where(events_about(reader, address_key(address)))
            .order_by(event.c.id)
        )
        with self._database.reading() as connection:
            return [_event(row) for row in connection.execute(query)]

    def outcomes(self, issue: str) -> Mapping[Outcome, int]:
        """How many deliveries of an issue have each outcome."""
        query = (
            sa.select(delivery.c.outcome, sa.func.count())
            .select_from(delivery.join(send, send.c.id == delivery.c.send))
            .where(send.c.issue == issue)
            .group_by(delivery.c.outcome)
        )
        with self._database.reading() as connection:
            return {Outcome(outcome): number for outcome, number in connection.execute(query)}

    def clicks(self, issue: str) -> Mapping[str, int]:
        """How often each link of an issue was clicked, as far as the provider reports that."""
        query = (
            sa.select(event.c.link, sa.func.count())
            .where(event.c.issue == issue, event.c.kind == EventKind.CLICKED.value)
            .group_by(event.c.link)
        )
        with self._database.reading() as connection:
            return dict(connection.execute(query).all())

    def left(self, issue: str) -> int:
        """How many readers unsubscribed out of an issue's messages."""
        query = sa.select(sa.func.count(consent.c.subscriber.distinct())).where(
            consent.c.issue == issue, consent.c.event == ConsentEvent.UNSUBSCRIBED.value
        )
        with self._database.reading() as connection:
            return connection.scalars(query).one()

    def prune(self, before: datetime) -> int:
        """Forget events that were received before a moment; how many. Outcomes and suppressions stay."""
        with self._database.writing() as connection:
            return connection.execute(sa.delete(event).where(event.c.received < before)).rowcount


def _found(connection: sa.Connection, events: Sequence[Event]) -> list[_Found]:
    """Whom events are about: by the delivery that they name, else by the address."""
    keys = {one.address: address_key(one.address) for one in events if one.address}
    named = {one.reader for one in events if one.reader}
    unnamed = {keys[one.address] for one in events if one.address and not one.reader}
    rows = connection.execute(
        sa.select(subscriber.c.id, subscriber.c.key, subscriber.c.address_key).where(
            sa.or_(subscriber.c.key.in_(named), subscriber.c.address_key.in_(unnamed))
        )
    ).all()
    by_key = {row.key: row for row in rows}
    by_address = {row.address_key: row for row in rows}
    found = []
    for one in events:
        own = keys.get(one.address, "")
        reader = by_key.get(one.reader) if one.reader else by_address.get(own)
        found.append(
            _Found(
                event=one,
                reader=reader.id if reader else None,
                address_key=own or (reader.address_key if reader else ""),
            )
        )
    return found


def _insert(connection: sa.Connection, found: Sequence[_Found], now: datetime) -> list[_Found]:
    """Write events down; those that were not there before."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    insert = dialect.insert(event).on_conflict_do_nothing(index_elements=[event.c.key]).returning(event.c.key)
    ordered = sorted(found, key=lambda one: one.event.key)  # always in the same order: no deadlock
    new = set(connection.scalars(insert, [_row(one, now) for one in ordered]))
    return [one for one in found if one.event.key in new]


def _row(found: _Found, now: datetime) -> dict[str, Any]:
    one = found.event
    kept = found.reader is not None and not one.nameless
    return {
        "key": one.key,
        "provider": one.provider,
        "kind": one.kind.value,
        "at": one.at,
        "received": now,
        "issue": one.issue,
        "subscriber": found.reader if kept else None,
        "address_key": found.address_key if kept else "",
        "bounce": one.bounce.value if one.bounce else "",
        "status": one.status,
        "feedback": one.feedback,
        "detail": one.detail if kept else "",
        "link": one.link if kept or not _names(one.link, one.address) else "",
        "raw": one.raw if kept or _is_of_nobody(one) else "",
        "counts": True,
    }


def _is_of_nobody(one: Event) -> bool:
    """Whether a report that isn't understood names nobody: another could not be erased with its reader."""
    return one.kind is EventKind.UNKNOWN and not (one.address or one.reader or _AT.search(one.raw))


_AT = re.compile(r"@|%40|=40|&#0*64;|&#x0*40;|&commat;|\\u0040", re.IGNORECASE)


def _names(link: str, address: str) -> bool:
    """Whether a link has an address in it, as a merge field writes it."""
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


def _delivered(new: Iterable[_Found]) -> dict[tuple[str, int], datetime]:
    """When messages arrived, by issue and reader's id."""
    return {
        (one.event.issue, one.reader): one.event.at
        for one in new
        if one.event.kind is EventKind.DELIVERED and one.reader is not None
    }


def _settle(connection: sa.Connection, new: Iterable[_Found]) -> int:
    """Add to the outcomes of deliveries, and let them stand as that shows; how many stand otherwise than before."""
    reported: defaultdict[str, dict[int, Outcome]] = defaultdict(dict)
    ids: dict[int, tuple[str, str]] = {}
    for one in new:
        if one.event.issue and one.event.reader and one.reader is not None and one.event.outcome:
            of_issue = reported[one.event.issue]
            of_issue[one.reader] = of_issue.get(one.reader, Outcome(0)) | one.event.outcome
            ids[one.reader] = (one.event.message_id, f"{one.event.provider} reported it")
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
        .order_by(delivery.c.edition, delivery.c.subscriber)  # as they are claimed: no deadlock
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
    new: Iterable[_Found],
    soft_bounces: int,
    fingerprints: Fingerprint,
) -> tuple[int, int]:
    """Suppress whom these events are about, and say how many that is and how many are held for an operator."""
    bounced: list[Suppression] = []
    complained: list[Suppression] = []
    soft: set[str] = set()
    delivered: set[str] = set()
    for one in new:
        reason = one.event.suppresses
        if reason and one.address_key and not (one.reader is None and _erased(connection, one, fingerprints)):
            (complained if reason is SuppressionReason.COMPLAINED else bounced).append(
                Suppression(
                    address_key=one.address_key,
                    reason=reason,
                    since=one.event.at,
                    issue=one.event.issue,
                    detail=one.event.detail if one.reader is not None else "",
                )
            )
        if one.reader is not None and one.address_key:
            lengthens = one.event.soft or one.event.kind in _NOT_ARRIVED
            (soft if lengthens else delivered).add(one.address_key)
    worn_out = suppress_worn_out(connection, soft, delivered, soft_bounces)
    suppressed, held = suppress_bounced(connection, bounced)
    return suppressed + worn_out + suppress_reported(connection, complained), held


def _remember_service_bounces(connection: sa.Connection, new: Iterable[_Found], fingerprints: Fingerprint) -> None:
    """Keep when service mail last bounced for good, whatever else its address is suppressed for."""
    last: dict[str, datetime] = {}
    for found in new:
        if found.event.issue == SERVICE and found.event.outcome is Outcome.BOUNCED and found.address_key:
            erased = erased_among(connection, address_hashes(found.address_key, fingerprints))
            subject = min(erased, default=found.address_key)
            last[subject] = max(last.get(subject, found.event.at), found.event.at)
    remember_service_bounces(connection, last)


def _erased(connection: sa.Connection, one: _Found, fingerprints: Fingerprint) -> bool:
    hashes = address_hashes(one.address_key, fingerprints)
    return bool(hashes and erased_among(connection, hashes))


def _unsubscribe(connection: sa.Connection, new: Iterable[_Found], now: datetime) -> int:
    """Unsubscribe readers who did so with the provider, save those who came back since; how many."""
    number = 0
    for one in sorted(new, key=lambda one: one.reader or 0):
        if one.event.kind is not EventKind.UNSUBSCRIBED or one.reader is None:
            continue
        since = sa.exists().where(
            consent.c.subscriber == one.reader,
            consent.c.event.in_([ConsentEvent.CONFIRMED.value, ConsentEvent.RETURNED.value]),
            consent.c.at > one.event.at,
        )
        left = (
            sa.update(subscriber)
            .where(subscriber.c.id == one.reader, subscriber.c.status != SubscriberStatus.UNSUBSCRIBED.value, ~since)
            .values(status=SubscriberStatus.UNSUBSCRIBED.value, changed=now)
        )
        if connection.execute(left).rowcount:
            number += 1
            connection.execute(
                sa.insert(consent).values(
                    subscriber=one.reader,
                    at=one.event.at,
                    event=ConsentEvent.UNSUBSCRIBED.value,
                    how=one.event.provider,
                    wording="",
                    issue=one.event.issue,
                )
            )
    return number
