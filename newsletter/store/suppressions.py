"""Addresses that are never mailed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.audience import SuppressionReason
from newsletter.store.database import Database
from newsletter.store.rows import address_key
from newsletter.store.tables import suppression


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address (case-folded), why it is never mailed, and since when."""

    address_key: str
    reason: SuppressionReason
    since: datetime


class Suppressions:
    """All of them. An address is suppressed once, for the reason that came first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, address: str, reason: SuppressionReason) -> bool:
        """Never mail this address again; whether that is new."""
        with self._database.writing() as connection:
            return suppress(connection, {address_key(address): reason}) > 0

    def has(self, address: str) -> bool:
        """Whether this address is never mailed."""
        query = sa.select(sa.exists().where(suppression.c.address_key == address_key(address)))
        with self._database.reading() as connection:
            return connection.scalars(query).one()

    def each(self) -> Iterator[Suppression]:
        """All of them, by address, as of one moment."""
        query = sa.select(suppression).order_by(suppression.c.address_key)
        with self._database.reading() as connection:
            for row in connection.execution_options(yield_per=1000).execute(query):
                yield Suppression(address_key=row.address_key, reason=SuppressionReason(row.reason), since=row.since)


def suppress(connection: sa.Connection, reasons: Mapping[str, SuppressionReason]) -> int:
    """Add suppressions by address key; how many are new."""
    if not reasons:
        return 0
    now = datetime.now(UTC)
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    added = connection.execute(
        dialect.insert(suppression).on_conflict_do_nothing().returning(suppression.c.address_key),
        [{"address_key": key, "reason": reason.value, "since": now} for key, reason in reasons.items()],
    )
    return len(added.all())
