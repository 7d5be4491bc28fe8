"""Readers: added one by one or merged from a file, found, counted, removed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import sqlalchemy as sa

from newsletter.domain.addresses import address_key
from newsletter.domain.consent import Consent
from newsletter.domain.subscriber import Segment, Subscriber, SubscriberStatus
from newsletter.errors import StoreError
from newsletter.store.clock import shared_now
from newsletter.store.database import Database
from newsletter.store.subscribers import rows
from newsletter.store.subscribers.consents import consents_of
from newsletter.store.subscribers.erasures import Fingerprint
from newsletter.store.subscribers.import_merge import Aside, MergeCounts, Merging
from newsletter.store.subscribers.removal import remove_reader
from newsletter.store.subscribers.segments import admitted, count_each
from newsletter.store.tables import subscriber, subscriber_topic, suppression


class Subscribers:
    """All readers. Their addresses are as ``addresses.parse_address`` gives them, unique by its key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: Subscriber) -> Subscriber:
        """The reader as stored, with id and key. Raises StoreError for one who is there already or is suppressed."""
        key = address_key(new.address)
        with self._database.writing() as connection:
            reason = connection.scalar(sa.select(suppression.c.reason).where(suppression.c.address_key == key))
            if reason is not None:
                raise StoreError(f"{new.address} is never mailed: {reason}", hint="nothing was added")
            known = connection.scalar(sa.select(subscriber.c.status).where(subscriber.c.address_key == key))
            if known is not None:
                raise StoreError(f"{new.address} is a subscriber already, {known}", hint="nothing was added")
            added = rows.insert(connection, [new], shared_now(connection))
            return rows.read(connection, subscriber.c.id == added[key])[0]

    def get(self, address: str) -> Subscriber | None:
        """The reader of an address, however it is written."""
        with self._database.reading() as connection:
            found = rows.read(connection, subscriber.c.address_key == address_key(address))
        return found[0] if found else None

    def by_key(self, key: str) -> Subscriber | None:
        """The reader whom a signed link names."""
        with self._database.reading() as connection:
            found = rows.read(connection, subscriber.c.key == key)
        return found[0] if found else None

    def remove(self, address: str) -> bool:
        """Erase a reader with all that is known of them, save that the ledger keeps a number; whether there was one."""
        key = address_key(address)
        with self._database.writing() as connection:
            found = rows.read(connection, subscriber.c.address_key == key)
            for one in found:
                remove_reader(connection, id_=one.id, key=one.key, address=one.address, is_theirs=key.__eq__)
        self._database.unscrubbed |= bool(found)
        return bool(found)

    def each(self, *, segment: Segment | None = None, status: SubscriberStatus | None = None) -> Iterator[Subscriber]:
        """Readers by id, as of one moment, without holding them all; suppressed ones too."""
        with self._database.reading() as connection:
            for page in rows.read_pages(connection, *_conditions(segment, status)):
                yield from page

    def each_recorded(
        self, *, segment: Segment | None = None, status: SubscriberStatus | None = None
    ) -> Iterator[tuple[Subscriber, Sequence[Consent]]]:
        """``each``, with what they did about their consent, the oldest first."""
        with self._database.reading() as connection:
            for page in rows.read_pages(connection, *_conditions(segment, status)):
                recorded = consents_of(connection, [one.id for one in page])
                yield from ((one, recorded.get(one.id, ())) for one in page)

    def attributes(self) -> frozenset[str]:
        """The names of all attributes that some reader has."""
        column = subscriber.c.attributes
        names: sa.Select[tuple[str]] = (
            sa.select(sa.func.json_each(column).table_valued("key", joins_implicitly=True).c.key)
            if self._database.is_sqlite
            else sa.select(sa.func.jsonb_object_keys(column).column_valued("attribute", joins_implicitly=True))
        )
        with self._database.reading() as connection:
            return frozenset(connection.scalars(names.select_from(subscriber).distinct()))

    def by_topic(self) -> Mapping[str, int]:
        """Return how many readers follow or exclude each topic, by its slug."""
        query = sa.select(subscriber_topic.c.topic, sa.func.count()).group_by(subscriber_topic.c.topic)
        with self._database.reading() as connection:
            return dict(connection.execute(query).all())

    def counts(self, segments: Iterable[Segment]) -> Mapping[str, int]:
        """How many readers of each segment would be mailed now, by its slug."""
        with self._database.reading() as connection:
            return count_each(connection, segments)

    def merge(
        self,
        batches: Iterable[Sequence[Subscriber]],
        *,
        asides: Mapping[str, Aside] | None = None,
        fingerprints: Fingerprint | None = None,
    ) -> MergeCounts:
        """Add readers and change known ones as ``merging.merged`` says, each batch in a transaction of its own.

        Others can write between two batches: nobody waits for a whole import. An error leaves the batches before it
        merged, and merging them again changes nothing. ``asides`` has, by address key, what else is said of them; it is
        looked up as each batch is merged, so the reader of a file may fill it on the way. ``fingerprints`` is the
        signer's, needed where readers were erased: they stay away.
        """
        merging = Merging({} if asides is None else asides, fingerprints, now=self._database.now())
        for batch in batches:
            with self._database.alone() as connection:
                merging.take(connection, batch)
        return merging.result()

    def rehearse(
        self,
        batches: Iterable[Sequence[Subscriber]],
        *,
        asides: Mapping[str, Aside] | None = None,
        fingerprints: Fingerprint | None = None,
    ) -> MergeCounts:
        """Return what ``merge`` would do. Only reads, so nobody waits for it."""
        merging = Merging({} if asides is None else asides, fingerprints, now=self._database.now(), rehearsal=True)
        for batch in batches:
            with self._database.reading() as connection:
                merging.take(connection, batch)
        return merging.result()


def _conditions(segment: Segment | None, status: SubscriberStatus | None) -> list[sa.ColumnElement[bool]]:
    conditions = [] if segment is None else [admitted(segment)]
    if status is not None:
        conditions.append(subscriber.c.status == status.value)
    return conditions
