"""Addresses of readers who asked to be erased, as keyed hashes."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

import sqlalchemy as sa

from newsletter.domain.addresses import address_key, earlier_keys
from newsletter.domain.consent import ConfirmationKind
from newsletter.domain.subscriber import Subscriber
from newsletter.store.database import Database
from newsletter.store.row_writes import insert_new
from newsletter.store.subscribers.rows import in_parameter
from newsletter.store.tables import confirmation, erasure, former_address

# For each secret, the id of its key and the hash of an address key.
Fingerprints = Iterable[tuple[str, str]]
Fingerprint = Callable[[str], Fingerprints]


class Erasures:
    """All erased addresses. Only with the secret can one tell whether an address is among them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def key_ids(self) -> frozenset[str]:
        """Return the ids of the keys that the hashes were made with."""
        with self._database.reading() as connection:
            return frozenset(connection.scalars(sa.select(erasure.c.signing_key).distinct()))

    def has(self, address: str, fingerprint: Fingerprint) -> bool:
        """Return whether an address was erased."""
        with self._database.reading() as connection:
            return bool(erased_among(connection, address_hashes(address_key(address), fingerprint)))

    def has_any(self, addresses: Iterable[str], fingerprint: Fingerprint) -> bool:
        """Return whether one of these addresses was erased."""
        hashes = [hashed for address in addresses for hashed in address_hashes(address_key(address), fingerprint)]
        with self._database.reading() as connection:
            return bool(erased_among(connection, hashes))

    def hashes_of(self, reader: Subscriber, fingerprint: Fingerprint) -> list[tuple[str, str]]:
        """Return the key id and the hash of each address that a reader has or had."""
        with self._database.reading() as connection:
            return hashes_of_reader(connection, reader, fingerprint)

    def __iter__(self) -> Iterator[tuple[str, datetime]]:
        """Yield the hashes and when each address was erased."""
        with self._database.reading() as connection:
            for row in connection.execute(sa.select(erasure).order_by(erasure.c.since)):
                yield row.hash, row.since


def address_hashes(key: str, fingerprint: Fingerprint) -> list[str]:
    """Return all hashes under which an address, given by its key, may be stored, including those of earlier versions.

    A hash of an earlier version may belong to a different address. Then both are kept away, which does no harm.
    """
    return [hashed for text in (key, *earlier_keys(key)) for _, hashed in fingerprint(text)]


def erased_among(connection: sa.Connection, hashes: list[str]) -> set[str]:
    """Return those hashes that belong to erased addresses."""
    return set(
        connection.scalars(sa.select(erasure.c.hash).where(in_parameter(erasure.c.hash, "hashes")), {"hashes": hashes})
    )


def remember_erased(connection: sa.Connection, hashes: Fingerprints, now: datetime) -> None:
    """Store the hashes of the addresses of a reader who is erased ``now``."""
    for key_id, hashed in hashes:
        insert_new(connection, erasure, {"hash": hashed, "signing_key": key_id, "since": now})


def remember_former(connection: sa.Connection, reader: int, fingerprints: Fingerprints) -> None:
    """Store the hash, made with the first secret, of an address that a reader, by id, had before."""
    key_id, hashed = next(iter(fingerprints))
    insert_new(connection, former_address, {"subscriber": reader, "hash": hashed, "signing_key": key_id})


def forget_erased(connection: sa.Connection, fingerprints: Fingerprints) -> None:
    """Delete the hashes of an erased address whose owner has come back."""
    connection.execute(sa.delete(erasure).where(erasure.c.hash.in_([hashed for _, hashed in fingerprints])))


def hashes_of_reader(connection: sa.Connection, known: Subscriber, fingerprint: Fingerprint) -> list[tuple[str, str]]:
    former = connection.execute(
        sa.select(former_address.c.signing_key, former_address.c.hash).where(former_address.c.subscriber == known.id)
    ).all()
    # A new address that was never confirmed may be somebody else's. All others were theirs.
    theirs = sa.or_(confirmation.c.kind != ConfirmationKind.MOVE.value, confirmation.c.confirmed.is_not(None))
    query = sa.select(confirmation.c.address_key).where(confirmation.c.subscriber == known.key, theirs)
    keys = sorted({address_key(known.address), *connection.scalars(query)})
    new = [next(iter(fingerprint(key))) for key in keys]
    return list(dict.fromkeys([*new, *((row.signing_key, row.hash) for row in former)]))
