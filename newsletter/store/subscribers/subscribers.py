"""Adding, importing, finding, counting and removing subscribers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from newsletter.domain.addresses import address_key
from newsletter.domain.choice_counts import ChoiceCounts
from newsletter.domain.consent import Consent
from newsletter.domain.segment import Segment
from newsletter.domain.subscriber import Subscriber, SubscriberStatus
from newsletter.errors import StoreError
from newsletter.store.database import Database
from newsletter.store.subscribers import rows
from newsletter.store.subscribers.consents import consents_of, record
from newsletter.store.subscribers.erasures import Fingerprint
from newsletter.store.subscribers.import_merge import ImportedDetails, ImportMerge, MergeCounts
from newsletter.store.subscribers.removal import remove_reader
from newsletter.store.subscribers.segments import admitted, count_by_segment
from newsletter.store.subscribers.suppressions import refuse_suppressed
from newsletter.store.subscribers.topic_choices import count_choices
from newsletter.store.tables import subscriber, subscriber_topic


class ReaderExistsError(StoreError):
    """An address that a reader has already, where a new one was expected."""

    code = "reader-exists"

    def __init__(self, *, address: str, status: SubscriberStatus) -> None:
        self.address, self.status = address, status
        super().__init__(f"{address} is a subscriber already, {status}", hint="nothing was added")


class Subscribers:
    """All subscribers. Addresses are stored as ``addresses.parse_address`` returns them and are unique by key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: Subscriber, now: datetime, consents: Sequence[Consent] = ()) -> Subscriber:
        """Store a reader, created ``now`` unless they say when, with their consents; return them with id and key.

        Raises ReaderExistsError if they exist already, AddressSuppressedError if they are suppressed.
        """
        key = address_key(new.address)
        with self._database.writing() as connection:
            refuse_suppressed(connection, new.address)
            known = connection.scalar(sa.select(subscriber.c.status).where(subscriber.c.address_key == key))
            if known is not None:
                raise ReaderExistsError(address=new.address, status=SubscriberStatus(known))
            added = rows.insert(connection, [new], now)
            record(connection, [(added[key], consent) for consent in consents])
            return rows.read(connection, subscriber.c.id == added[key])[0]

    def get(self, address: str) -> Subscriber | None:
        """Return the reader of an address, in any spelling, or None."""
        with self._database.reading() as connection:
            readers = rows.read(connection, subscriber.c.address_key == address_key(address))
        return readers[0] if readers else None

    def by_key(self, key: str) -> Subscriber | None:
        """Return the reader with this key, as in signed links, or None."""
        with self._database.reading() as connection:
            readers = rows.read(connection, subscriber.c.key == key)
        return readers[0] if readers else None

    def remove(self, address: str) -> bool:
        """Remove the reader with an address, and return whether there was one.

        A suppression of the address stays, and so do suppressions and reports of addresses that they had before:
        ``SelfService.erase`` deletes those too. Their deliveries, clicks and opens are kept without a name.
        """
        key = address_key(address)
        with self._database.writing() as connection:
            readers = rows.read(connection, subscriber.c.address_key == key)
            for reader in readers:
                remove_reader(connection, id_=reader.id, key=reader.key, address=reader.address, is_theirs=key.__eq__)
        if readers:
            self._database.removed()
        return bool(readers)

    def stream(
        self, *, segment: Segment | None = None, status: SubscriberStatus | None = None, now: datetime | None = None
    ) -> Iterator[Subscriber]:
        """Yield readers by id from one snapshot, including suppressed ones, without loading them all into memory.

        A ``segment`` has the readers for whom its rule holds ``now``; raise ValueError without that time.
        """
        with self._database.reading() as connection:
            for page in rows.read_pages(connection, *_conditions(segment, status, now)):
                yield from page

    def stream_with_consents(
        self, *, segment: Segment | None = None, status: SubscriberStatus | None = None, now: datetime | None = None
    ) -> Iterator[tuple[Subscriber, Sequence[Consent]]]:
        """Yield readers like ``stream``, with their consent records, the oldest event first."""
        with self._database.reading() as connection:
            for page in rows.read_pages(connection, *_conditions(segment, status, now)):
                recorded = consents_of(connection, [reader.id for reader in page])
                yield from ((reader, recorded.get(reader.id, ())) for reader in page)

    def attributes(self) -> frozenset[str]:
        """Return the names of all attributes that any reader has."""
        column = subscriber.c.attributes
        names: sa.Select[tuple[str]] = (
            sa.select(sa.func.json_each(column).table_valued("key", joins_implicitly=True).c.key)
            if self._database.is_sqlite
            else sa.select(sa.func.jsonb_object_keys(column).column_valued("attribute", joins_implicitly=True))
        )
        with self._database.reading() as connection:
            return frozenset(connection.scalars(names.select_from(subscriber).distinct()))

    def by_topic(self) -> Mapping[str, int]:
        """Return the number of readers who follow or exclude each topic, by its slug."""
        query = sa.select(subscriber_topic.c.topic, sa.func.count()).group_by(subscriber_topic.c.topic)
        with self._database.reading() as connection:
            return dict(connection.execute(query).all())

    def counts(self, segments: Iterable[Segment], now: datetime) -> Mapping[str, int]:
        """Return the number of readers of each segment who would be mailed ``now``, by its slug."""
        with self._database.reading() as connection:
            return count_by_segment(connection, segments, now)

    def count_choices(self, segments: Sequence[Segment], now: datetime) -> ChoiceCounts:
        """Return the number of readers of each choice of topics whom a send to these segments would mail ``now``."""
        with self._database.reading() as connection:
            return count_choices(connection, segments, now)

    def merge(
        self,
        batches: Iterable[Sequence[Subscriber]],
        *,
        now: datetime,
        details: Mapping[str, ImportedDetails] | None = None,
        fingerprints: Fingerprint | None = None,
    ) -> MergeCounts:
        """Add new readers and update known ones by the rules of ``import_merge.merged``, one transaction per batch.

        Others can write between two batches, so nobody waits for a whole import. After an error, the batches before it
        stay merged, and merging them again changes nothing. ``details`` has more data about readers, by address key; it
        is looked up when a batch is merged, so it may be filled while the file is read. ``fingerprints`` is the
        signer's, and is needed if any readers were erased: they aren't added again. ``now`` is when all of them were
        added or changed, however long the import takes.
        """
        merging = ImportMerge({} if details is None else details, fingerprints, now=now)
        for batch in batches:
            with self._database.exclusive() as connection:
                merging.merge_batch(connection, batch)
        return merging.result()

    def rehearse(
        self,
        batches: Iterable[Sequence[Subscriber]],
        *,
        now: datetime,
        details: Mapping[str, ImportedDetails] | None = None,
        fingerprints: Fingerprint | None = None,
    ) -> MergeCounts:
        """Return what ``merge`` would do, without writing or holding a lock."""
        merging = ImportMerge({} if details is None else details, fingerprints, now=now, rehearsal=True)
        for batch in batches:
            with self._database.reading() as connection:
                merging.merge_batch(connection, batch)
        return merging.result()


def _conditions(
    segment: Segment | None, status: SubscriberStatus | None, now: datetime | None
) -> list[sa.ColumnElement[bool]]:
    conditions = []
    if segment is not None:
        if now is None:
            raise ValueError("the readers of a segment depend on the time")
        conditions.append(admitted(segment, now))
    if status is not None:
        conditions.append(subscriber.c.status == status.value)
    return conditions
