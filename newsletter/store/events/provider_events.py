"""Provider events: each is stored once and applied to deliveries and suppressions in the same transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from newsletter.domain.addresses import address_key
from newsletter.domain.consent import ConsentEvent
from newsletter.domain.events import Event, EventEffects, EventKind, Outcome
from newsletter.store.database import Database
from newsletter.store.event_tables import event
from newsletter.store.events.event_effects import (
    arrival_times,
    settle_deliveries,
    store_service_bounces,
    suppress_addresses,
    unsubscribe_readers,
)
from newsletter.store.events.event_rows import attribute, event_of, insert_events
from newsletter.store.events.tracking import mark_too_soon
from newsletter.store.subscribers.erasures import Fingerprint
from newsletter.store.subscribers.removal import events_about
from newsletter.store.tables import consent, delivery, send, subscriber


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
            attributed = attribute(connection, events)
            new = insert_events(connection, list({item.event.key: item for item in attributed}.values()), now)
            mark_too_soon(connection, arrival_times(new))
            store_service_bounces(connection, new, fingerprints)
            settled_now = settle_deliveries(connection, new)
            suppressed, held = suppress_addresses(connection, new, now, soft_bounces, fingerprints)
            return EventEffects(
                new=len(new),
                repeated=len(events) - len(new),
                settled=settled_now,
                suppressed=suppressed,
                held=held,
                unsubscribed=unsubscribe_readers(connection, new, now),
            )

    def has_any(self, keys: Iterable[str]) -> bool:
        """Return whether an event with one of these keys is stored."""
        with self._database.reading() as connection:
            return connection.scalars(sa.select(sa.exists().where(event.c.key.in_(list(keys))))).one()

    def of_reader(self, reader: int, address: str) -> list[Event]:
        """Return the events about a reader, given by id, at any of their addresses, and those about an address."""
        query = (
            sa.select(event, subscriber.c.key.label("reader"))
            .select_from(event.outerjoin(subscriber, subscriber.c.id == event.c.subscriber))
            .where(events_about(reader, address_key(address)))
            .order_by(event.c.id)
        )
        with self._database.reading() as connection:
            return [event_of(row) for row in connection.execute(query)]

    def outcomes(self, issue: str) -> Mapping[Outcome, int]:
        """Return the number of an issue's deliveries by outcome.

        There are a few outcomes. A pass for each needs no memory; SQLite would sort a million rows to group them, in
        40 MB.
        """
        counts: dict[Outcome, int] = {}
        with self._database.reading() as connection:
            which = connection.scalar(sa.select(send.c.id).where(send.c.issue == issue))
            outcome: int | None = -1
            while outcome is not None:
                number, following = connection.execute(_OUTCOME_AND_NEXT, {"which": which, "outcome": outcome}).one()
                if number:
                    counts[Outcome(outcome)] = number
                outcome = following
        return counts

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


_OUTCOME = sa.bindparam("outcome", type_=sa.Integer)
_OUTCOME_AND_NEXT = sa.select(
    sa.func.count(sa.case((delivery.c.outcome == _OUTCOME, 1))),
    sa.func.min(sa.case((delivery.c.outcome > _OUTCOME, delivery.c.outcome))),
).where(delivery.c.send == sa.bindparam("which", type_=sa.Integer))
