"""Conversion of events to rows and back, and the reader each event is about."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import sqlalchemy as sa

from newsletter.domain.addresses import address_key
from newsletter.domain.events import Bounce, Event, EventKind
from newsletter.store.event_tables import event
from newsletter.store.row_writes import upsert
from newsletter.store.tables import subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributedEvent:
    """An event and the id of the reader it is about, None if that reader is gone or unknown."""

    event: Event
    reader: int | None
    address_key: str


def attribute(connection: sa.Connection, events: Sequence[Event]) -> list[AttributedEvent]:
    """Return events with their readers, found by the delivery that an event names, otherwise by its address."""
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
            AttributedEvent(
                event=item,
                reader=reader.id if reader else None,
                address_key=own or (reader.address_key if reader else ""),
            )
        )
    return attributed


def insert_events(
    connection: sa.Connection, attributed: Sequence[AttributedEvent], now: datetime
) -> list[AttributedEvent]:
    """Store events and return those that are new."""
    insert = (
        upsert(connection.dialect.name, event)
        .on_conflict_do_nothing(index_elements=[event.c.key])
        .returning(event.c.key)
    )
    ordered = sorted(attributed, key=lambda item: item.event.key)  # always in the same order, to avoid deadlocks
    new = set(connection.scalars(insert, [_row(item, now) for item in ordered]))
    return [item for item in attributed if item.event.key in new]


def _row(attributed: AttributedEvent, now: datetime) -> dict[str, Any]:
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


def event_of(row: Any) -> Event:
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
