"""What an upgrade found when addresses got a stricter identity (migration 0006), until an operator has seen it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from newsletter.domain.addresses import address_key
from newsletter.store.database import Database
from newsletter.store.tables import address_collision


class CollisionKind(StrEnum):
    """What was done about two addresses."""

    MERGED = "merged"  # two readers with the same address were made one
    ASKED = "asked"  # a link that was asked for by one address was about the reader of another
    UNSUBSCRIBED = "unsubscribed"  # such a link had brought an unsubscribed reader back; they are unsubscribed again
    SUPPRESSED = "suppressed"  # a suppression may be about either, so it was kept for both


@dataclass(frozen=True, slots=True, kw_only=True)
class Collision:
    """A reader's address, and the one that it was confused with."""

    kind: CollisionKind
    address: str
    other: str
    at: datetime


class Collisions:
    """All that the upgrade found and nobody has cleared."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __len__(self) -> int:
        with self._database.reading() as connection:
            return connection.scalars(sa.select(sa.func.count()).select_from(address_collision)).one()

    def all(self) -> list[Collision]:
        """Return them in the order in which they were found."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(address_collision).order_by(address_collision.c.id)).all()
        return [
            Collision(kind=CollisionKind(row.kind), address=row.address, other=row.other, at=row.at) for row in rows
        ]

    def clear(self) -> None:
        """Delete the list."""
        with self._database.writing() as connection:
            connection.execute(sa.delete(address_collision))


def forget_collisions(connection: sa.Connection, is_erased: Callable[[str], bool]) -> None:
    """Delete what names an address with a key of which this is true."""
    rows = connection.execute(sa.select(address_collision)).all()
    named = [row.id for row in rows if is_erased(address_key(row.address)) or is_erased(address_key(row.other))]
    if named:
        connection.execute(sa.delete(address_collision).where(address_collision.c.id.in_(named)))
