"""Finding readers by the beginning of their address or name, listing them, and counting them by status."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.domain.addresses import address_key
from newsletter.domain.consent import Confirmation, ConfirmationKind
from newsletter.domain.search_keys import end_of_prefix, search_key
from newsletter.domain.subscriber import Subscriber, SubscriberStatus
from newsletter.store.database import Database
from newsletter.store.subscribers import rows
from newsletter.store.subscribers.confirmations import confirmations_where
from newsletter.store.subscribers.suppressions import Suppression, suppression_of
from newsletter.store.tables import LAST_NAMED, NAMED, UNCOMMON, confirmation, subscriber, suppression

_S = SubscriberStatus
_C = subscriber.c
Conditions = Sequence[sa.ColumnElement[bool] | sa.TextClause]
_WAITING = (confirmation.c.kind == ConfirmationKind.SIGN_UP.value, confirmation.c.confirmed.is_(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderTotals:
    """The number of readers in each status, of suppressed addresses, and of sign-ups that wait for a confirmation."""

    confirmed: int
    unconfirmed: int
    unsubscribed: int
    suppressed: int
    waiting: int

    @property
    def readers(self) -> int:
        """Return the number of all readers."""
        return self.confirmed + self.unconfirmed + self.unsubscribed


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressedAddress:
    """A suppression, and the reader who has the address, if any."""

    suppression: Suppression
    reader: Subscriber | None


class ReaderSearch:
    """Searches and lists of readers. Each reads no more rows than it returns, except ``totals``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, text: str, *, most: int) -> list[Subscriber]:
        """Return readers whose address or name begins with a text, by address, and at most this many.

        The text is an address, with or without a name in front of it, or a first, last or whole name, in any case and
        with or without accents; also "Last, First". The reader with exactly this address comes first.
        """
        query = _typed_address(text)
        if not query:
            return []
        key = address_key(query)
        ranges = [self._address_range(key), *([] if "@" in query else _name_ranges(query))]
        ids: dict[int, None] = {}
        with self._database.reading() as connection:
            exact = connection.scalars(sa.select(_C.id).where(_C.address_key == key)).all()
            ids.update(dict.fromkeys(exact))
            for inside in ranges:
                matching = sa.select(_C.id).where(*inside).limit(most)  # in the index's order
                ids.update(dict.fromkeys(connection.scalars(matching)))
            readers = rows.read(connection, rows.in_parameter(_C.id, "ids"), ids=list(ids)[:most])
        return sorted(readers, key=lambda reader: (reader.id not in exact, address_key(reader.address)))

    def waiting(self, text: str, *, most: int) -> list[Confirmation]:
        """Return sign-ups that wait for a confirmation and whose address begins with a text, the latest first.

        With an empty text, return the latest of all.
        """
        beginning = _range(confirmation.c.address_key, address_key(_typed_address(text))) if text else ()
        with self._database.reading() as connection:
            return confirmations_where(connection, *_WAITING, *beginning, most=most)

    def page(self, *, status: SubscriberStatus | None = None, before: int = 0, most: int) -> list[Subscriber]:
        """Return readers, the latest first, optionally of one status and with ids below ``before``."""
        query = sa.select(_C.id).order_by(_C.id.desc()).limit(most)
        if before:
            query = query.where(_C.id < before)
        if status is not None:
            query = query.where(_C.status == status.value)
        if status is not None and status is not _S.CONFIRMED:
            query = query.where(UNCOMMON)  # and so the partial index can be used
        with self._database.reading() as connection:
            ids = connection.scalars(query).all()
            readers = rows.read(connection, rows.in_parameter(_C.id, "ids"), ids=list(ids))
        return readers[::-1]

    def suppressed(self, *, before: tuple[datetime, str] | None = None, most: int) -> list[SuppressedAddress]:
        """Return suppressed addresses, the latest first, optionally from before a time and an address key."""
        since, key = suppression.c.since, suppression.c.address_key
        query = sa.select(suppression).order_by(since.desc(), key.desc()).limit(most)
        if before is not None:
            query = query.where(sa.or_(since < before[0], sa.and_(since == before[0], key < before[1])))
        with self._database.reading() as connection:
            suppressions = [suppression_of(row) for row in connection.execute(query)]
            keys = [item.address_key for item in suppressions]
            readers = rows.read(connection, rows.in_parameter(_C.address_key, "keys"), keys=keys)
        by_key = {address_key(reader.address): reader for reader in readers}
        return [SuppressedAddress(suppression=item, reader=by_key.get(item.address_key)) for item in suppressions]

    def suppressed_among(self, readers: Sequence[Subscriber]) -> dict[str, Suppression]:
        """Return the suppressions of those readers who have one, by the reader's key."""
        keys = {address_key(reader.address): reader.key for reader in readers}
        query = sa.select(suppression).where(rows.in_parameter(suppression.c.address_key, "keys"))
        with self._database.reading() as connection:
            suppressed = connection.execute(query, {"keys": list(keys)}).all()
        return {keys[row.address_key]: suppression_of(row) for row in suppressed}

    def totals(self) -> ReaderTotals:
        """Count all readers, by status. With a million readers this takes a moment."""
        by_status = sa.select(_C.status, sa.func.count()).where(UNCOMMON).group_by(_C.status)
        with self._database.reading() as connection:
            others: dict[str, int] = dict(connection.execute(by_status).all())
            readers = _count(connection, subscriber)
            return ReaderTotals(
                confirmed=readers - sum(others.values()),
                unconfirmed=others.get(_S.UNCONFIRMED, 0),
                unsubscribed=others.get(_S.UNSUBSCRIBED, 0),
                suppressed=_count(connection, suppression),
                waiting=_count(connection, confirmation, *_WAITING),
            )

    def _address_range(self, prefix: str) -> Conditions:
        if self._database.is_sqlite:
            return _range(_C.address_key, prefix)
        # https://www.postgresql.org/docs/current/indexes-opclass.html: these compare bytes, whatever the collation.
        column, end = _C.address_key, end_of_prefix(prefix)
        return column.bool_op("~>=~")(prefix), column.bool_op("~<~")(end)


def _range(column: sa.Column[Any], prefix: str) -> Conditions:
    return column >= prefix, column < end_of_prefix(prefix)


def _count(connection: sa.Connection, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions)) or 0


def _typed_address(text: str) -> str:
    """Return the address in ``Ada Lovelace <ada@example.org>``, and other texts as they are."""
    text = text.replace("\0", "").strip()
    _, bracket, rest = text.rpartition("<")
    return (rest.partition(">")[0] if bracket else text).removeprefix("mailto:").strip()


def _name_ranges(text: str) -> list[Conditions]:
    """Return the ranges of names that begin with a text: a whole name, a last name, or a last name and a first name."""
    ranges: list[Conditions] = []
    last, comma, first = text.partition("," if "," in text else " ")
    whole, last, first = search_key(text), search_key(last), search_key(first)
    if whole and comma != ",":
        ranges += [[*_range(_C.name_key, whole), NAMED]]
        ranges += [[*_range(_C.last_name_key, whole), LAST_NAMED]]
    if last and first:
        ranges += [[*_range(_C.last_name_key, last), LAST_NAMED, *_range(_C.name_key, first)]]
    return ranges
