"""Addresses of readers who wanted to be erased, as keyed hashes."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import sqlalchemy as sa

from newsletter.store.database import Database, insert_new
from newsletter.store.rows import among
from newsletter.store.tables import erasure

# For each secret: the id of its key, and the hash of an address key.
Fingerprints = Iterable[tuple[str, str]]


class Erasures:
    """All of them. Only whoever has the secret can tell whether an address is one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def key_ids(self) -> frozenset[str]:
        """The ids of the keys that hashes were made with."""
        with self._database.reading() as connection:
            return frozenset(connection.scalars(sa.select(erasure.c.signing_key).distinct()))

    def has(self, fingerprints: Fingerprints) -> bool:
        """Whether an address was erased."""
        with self._database.reading() as connection:
            return bool(erased_among(connection, [hashed for _, hashed in fingerprints]))

    def __iter__(self) -> Iterator[tuple[str, datetime]]:
        """The hashes, and since when."""
        with self._database.reading() as connection:
            for row in connection.execute(sa.select(erasure).order_by(erasure.c.since)):
                yield row.hash, row.since


def erased_among(connection: sa.Connection, hashes: list[str]) -> set[str]:
    """Which of these hashes are of erased addresses."""
    return set(connection.scalars(sa.select(erasure.c.hash).where(among(erasure.c.hash, "hashes")), {"hashes": hashes}))


def remember_erased(connection: sa.Connection, fingerprints: Fingerprints) -> None:
    """Keep the hash that the first secret makes."""
    key_id, hashed = next(iter(fingerprints))
    insert_new(connection, erasure, {"hash": hashed, "signing_key": key_id, "since": datetime.now(UTC)})


def forget_erased(connection: sa.Connection, fingerprints: Fingerprints) -> None:
    """Its owner has come back: the address is one like any other."""
    connection.execute(sa.delete(erasure).where(erasure.c.hash.in_([hashed for _, hashed in fingerprints])))
