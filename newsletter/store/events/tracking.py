"""Tracking: the links of sends, and the clicks and opens of readers and machines."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.domain.events import EventKind
from newsletter.domain.reader_rules import TopicClick
from newsletter.domain.tracking import (
    TOO_SOON,
    ClickOrOpen,
    IssueTracking,
    Link,
    LinkCount,
    MachineReason,
    StoredLink,
    TrackingCount,
)
from newsletter.store.database import Database
from newsletter.store.event_tables import event, link, response
from newsletter.store.row_writes import insert_rows
from newsletter.store.tables import send, subscriber


class ClicksAndOpens:
    """The clicks and opens of all sends."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def link(self, issue: str, number: int) -> StoredLink | None:
        """Return a link of an issue by its number. It never changes once it is stored."""
        query = sa.select(link.c.send, link.c.url).join(send, send.c.id == link.c.send)
        with self._database.reading() as connection:
            row = connection.execute(query.where(send.c.issue == issue, link.c.number == number)).one_or_none()
        return StoredLink(send=row.send, url=row.url) if row else None

    def send_of(self, issue: str) -> int | None:
        """Return the id of an issue's send, or None if nothing is frozen yet."""
        query = sa.select(send.c.id).where(send.c.issue == issue, send.c.digest != "")
        with self._database.reading() as connection:
            return connection.scalars(query).one_or_none()

    def record(
        self, responses: Sequence[ClickOrOpen], *, machines: Mapping[int, MachineReason] | None = None
    ) -> Sequence[int]:
        """Store clicks and opens, and return their ids in the same order, 0 for those of readers who refuse tracking.

        ``machines`` marks earlier ones, by id, that turned out to be a machine's. Readers who are gone aren't named.
        """
        with self._database.writing() as connection:
            for number, machine in (machines or {}).items():
                earlier = sa.update(response).where(response.c.id == number, response.c.machine == "")
                connection.execute(earlier.values(machine=machine.value))
            if not responses:
                return ()
            named = sorted({new.reader for new in responses if new.reader})
            query = sa.select(subscriber.c.key, subscriber.c.id, subscriber.c.uncounted)
            known = connection.execute(query.where(subscriber.c.key.in_(named))).all() if named else []
            refused = {row.key for row in known if row.uncounted}
            counted = [new for new in responses if new.reader not in refused]
            if not counted:
                return [0] * len(responses)
            ids = {row.key: row.id for row in known}
            soon = _delivered_just_now(connection, set(ids.values()), min(new.at for new in counted))
            rows = [
                {
                    "send": new.send,
                    "link": new.link,
                    "at": new.at,
                    "machine": _machine(new, ids.get(new.reader), soon),
                    "subscriber": ids.get(new.reader),
                }
                for new in counted
            ]
            written = sa.insert(response).returning(response.c.id, sort_by_parameter_order=True)
            numbers = iter(connection.scalars(written, rows).all())
            return [0 if new.reader in refused else next(numbers) for new in responses]

    def anonymise(self, before: datetime) -> int:
        """Anonymise clicks and opens before a time and return their number. The counts are kept."""
        old = sa.and_(response.c.at < before, response.c.subscriber.is_not(None))
        with self._database.writing() as connection:
            return connection.execute(sa.update(response).where(old).values(subscriber=None)).rowcount

    def counts(self, issue: str) -> IssueTracking:
        """Return the counts of an issue's clicks, by link, and of its opens."""
        with self._database.reading() as connection:
            which = connection.scalars(sa.select(send.c.id).where(send.c.issue == issue)).one_or_none()
            if which is None:
                return IssueTracking()
            links = connection.execute(sa.select(link).where(link.c.send == which).order_by(link.c.number)).all()
            by_link = {
                row.link: _count(row)
                for row in connection.execute(_counted(response.c.link).where(response.c.send == which))
            }
            clicks = connection.execute(_counted().where(response.c.send == which, response.c.link.is_not(None))).one()
        return IssueTracking(
            links=tuple(
                LinkCount(
                    link=Link(
                        number=row.number,
                        url=row.url,
                        entry=row.entry,
                        position=row.position,
                        topics=tuple(row.topics),
                    ),
                    count=by_link.get(row.number, TrackingCount()),
                )
                for row in links
            ),
            clicks=_count(clicks),
            opens=by_link.get(None, TrackingCount()),
        )

    def topic_clicks(self, reader: int) -> Sequence[TopicClick]:
        """Return a reader's own clicks, without those of machines, with the topics of the entries they led to."""
        query = (
            sa.select(response.c.send, response.c.link, response.c.at, link.c.topics)
            .outerjoin(link, sa.and_(link.c.send == response.c.send, link.c.number == response.c.link))
            .where(response.c.subscriber == reader, response.c.link.is_not(None), response.c.machine == "")
            .order_by(response.c.id)
        )
        with self._database.reading() as connection:
            return [
                TopicClick(send=row.send, link=row.link, at=row.at, topics=tuple(row.topics or ()))
                for row in connection.execute(query)
            ]

    def of_reader(self, reader: int) -> list[tuple[str, str, ClickOrOpen]]:
        """Return a reader's clicks and opens, with the issue and the link's target ("" for an open)."""
        query = (
            sa.select(response, send.c.issue, link.c.url)
            .join(send, send.c.id == response.c.send)
            .outerjoin(link, sa.and_(link.c.send == response.c.send, link.c.number == response.c.link))
            .where(response.c.subscriber == reader)
            .order_by(response.c.id)
        )
        with self._database.reading() as connection:
            return [
                (
                    row.issue,
                    row.url or "",
                    ClickOrOpen(
                        send=row.send,
                        link=row.link,
                        at=row.at,
                        machine=MachineReason(row.machine) if row.machine else None,
                    ),
                )
                for row in connection.execute(query)
            ]


def _machine(new: ClickOrOpen, reader: int | None, soon: Mapping[tuple[int, int], datetime]) -> str:
    """Return why a click or open is taken for a machine's; an empty string for a person's."""
    delivered = soon.get((new.send, reader)) if reader is not None else None
    too_soon = delivered is not None and new.at - delivered <= TOO_SOON
    machine = new.machine or (MachineReason.TOO_SOON if too_soon else None)
    return machine.value if machine else ""


def _delivered_just_now(
    connection: sa.Connection, readers: set[int], first: datetime
) -> Mapping[tuple[int, int], datetime]:
    """Return when messages arrived, by send and reader, if the provider reported it for the last few seconds."""
    if not readers:
        return {}
    query = (
        sa.select(send.c.id, event.c.subscriber, event.c.at)
        .join(send, send.c.issue == event.c.issue)
        .where(
            event.c.subscriber.in_(sorted(readers)),
            event.c.kind == EventKind.DELIVERED.value,
            event.c.at >= first - TOO_SOON,
        )
    )
    return {(row.id, row.subscriber): row.at for row in connection.execute(query)}


_READERS_THEN = sa.and_(
    response.c.at.between(sa.bindparam("first"), sa.bindparam("last")),
    response.c.subscriber.is_not(None),
    response.c.machine == "",
)
_WERE_THERE = sa.select(sa.exists().where(_READERS_THEN))


def mark_too_soon(connection: sa.Connection, delivered: Mapping[tuple[str, int], datetime]) -> None:
    """Mark clicks and opens just after a message arrived as a machine's.

    ``delivered`` has the times of arrival by issue and reader's id. Providers report them later than scanners click.
    """
    if not delivered:
        return
    around = {"first": min(delivered.values()) - TOO_SOON, "last": max(delivered.values()) + TOO_SOON}
    if not connection.scalar(_WERE_THERE, around):  # nearly always
        return
    readers = response.c.subscriber.in_(sorted({reader for _, reader in delivered}))
    query = (
        sa.select(response.c.id, response.c.subscriber, response.c.at, send.c.issue)
        .join(send, send.c.id == response.c.send)
        .where(readers, _READERS_THEN)
    )
    soon = [
        row.id
        for row in connection.execute(query, around)
        if (at := delivered.get((row.issue, row.subscriber))) and abs(row.at - at) <= TOO_SOON
    ]
    if soon:
        marked = sa.update(response).where(response.c.id.in_(soon))
        connection.execute(marked.values(machine=MachineReason.TOO_SOON.value))


def write_links(connection: sa.Connection, send_id: int, links: Sequence[Link]) -> None:
    """Store the links of a send that is being frozen."""
    rows = [(send_id, new.number, new.url, new.entry, new.position, list(new.topics)) for new in links]
    if rows:
        insert_rows(connection, link, ("send", "number", "url", "entry", "position", "topics"), rows)


def _counted(*by: sa.ColumnElement[Any]) -> sa.Select[Any]:
    people = response.c.machine == ""
    return sa.select(
        *by,
        sa.func.coalesce(sa.func.sum(sa.case((people, 1), else_=0)), 0).label("people"),
        sa.func.coalesce(sa.func.sum(sa.case((people, 0), else_=1)), 0).label("machines"),
        sa.func.count(sa.distinct(sa.case((people, response.c.subscriber)))).label("readers"),
    ).group_by(*by)


def _count(row: sa.Row[Any]) -> TrackingCount:
    return TrackingCount(people=int(row.people), machines=int(row.machines), readers=row.readers)
