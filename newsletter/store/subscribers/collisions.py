"""Addresses that earlier versions confused, as found by migration 0006, until an operator clears the list."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from newsletter.domain.addresses import address_key
from newsletter.store.database import Database
from newsletter.store.tables import address_collision


class CollisionKind(StrEnum):
    """The action taken on two confused addresses."""

    MERGED = "merged"  # two readers with the same address became one
    ASKED = "asked"  # a link mailed to one address was about the reader of the other
    UNSUBSCRIBED = "unsubscribed"  # such a link had resubscribed a reader, who is unsubscribed again
    SUPPRESSED = "suppressed"  # a suppression may be about either address, so it was kept for both


@dataclass(frozen=True, slots=True, kw_only=True)
class Collision:
    """A reader's address and the one it was confused with."""

    kind: CollisionKind
    address: str
    other: str
    at: datetime


class Collisions:
    """The list of collisions that the upgrade found, until it is cleared."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __len__(self) -> int:
        with self._database.reading() as connection:
            return connection.scalars(sa.select(sa.func.count()).select_from(address_collision)).one()

    def all(self) -> list[Collision]:
        """Return the collisions in the order in which they were found."""
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
    """Delete collisions that name an address whose key ``is_erased``."""
    rows = connection.execute(sa.select(address_collision)).all()
    named = [row.id for row in rows if is_erased(address_key(row.address)) or is_erased(address_key(row.other))]
    if named:
        connection.execute(sa.delete(address_collision).where(address_collision.c.id.in_(named)))
