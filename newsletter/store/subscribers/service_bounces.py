"""The last bounce of service mail to each address, so that strangers can't have a dead address mailed repeatedly."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.domain.addresses import address_key
from newsletter.store.database import Database
from newsletter.store.row_writes import upsert
from newsletter.store.subscribers.erasures import Fingerprint, address_hashes, erased_among
from newsletter.store.tables import service_bounce

SERVICE_QUIET = timedelta(days=30)  # how long an address gets no service mail after a bounce


class ServiceBounces:
    """The last bounce of service mail for each address."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, address: str, at: datetime, fingerprints: Fingerprint) -> None:
        """Store that service mail to an address bounced."""
        key = address_key(address)
        with self._database.writing() as connection:
            erased = erased_among(connection, address_hashes(key, fingerprints))
            remember_service_bounces(connection, {min(erased, default=key): at})

    def last(self, address: str, fingerprints: Fingerprint = lambda _: ()) -> datetime | None:
        """Return when service mail to an address last bounced, or None."""
        key = address_key(address)
        mine = service_bounce.c.subject.in_([key, *address_hashes(key, fingerprints)])
        with self._database.reading() as connection:
            return max(connection.scalars(sa.select(service_bounce.c.at).where(mine)), default=None)


def remember_service_bounces(connection: sa.Connection, bounces: Mapping[str, datetime]) -> None:
    """Store the latest bounce of each subject: an address key, or the hash of an erased address."""
    if not bounces:
        return
    insert = upsert(connection.dialect.name, service_bounce)
    latest = insert.on_conflict_do_update(
        index_elements=[service_bounce.c.subject],
        set_={"at": insert.excluded.at},
        where=insert.excluded.at > service_bounce.c.at,
    )
    # Always in the same order, so that two transactions cannot deadlock.
    connection.execute(latest, [{"subject": subject, "at": at} for subject, at in sorted(bounces.items())])


def forget_service_bounces(connection: sa.Connection, subjects: Iterable[str]) -> None:
    """Allow service mail to these subjects again."""
    connection.execute(sa.delete(service_bounce).where(service_bounce.c.subject.in_(list(subjects))))


def forget_old_service_bounces(connection: sa.Connection, now: datetime) -> None:
    """Delete bounces that no longer stop mail."""
    connection.execute(sa.delete(service_bounce).where(service_bounce.c.at <= now - SERVICE_QUIET))
