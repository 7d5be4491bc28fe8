"""Addresses that are never mailed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.domain.addresses import address_key
from newsletter.domain.bounce_reasons import explained
from newsletter.domain.events import Bounce, EventKind
from newsletter.domain.subscriber import SuppressionReason
from newsletter.store.clock import shared_now
from newsletter.store.database import Database
from newsletter.store.subscribers.erasures import Fingerprint, address_hashes, erased_among
from newsletter.store.subscribers.rows import PAGE
from newsletter.store.tables import event, held_bounce, service_bounce, suppression


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address by its key, why it is never mailed, and since when.

    ``issue`` and ``detail`` are what was reported, where it was; ``soft_bounces`` is of how many issues, if it takes
    several. ``reviewed``: an operator confirmed it.
    """

    address_key: str
    reason: SuppressionReason
    since: datetime
    issue: str = ""
    detail: str = ""
    soft_bounces: int = 0
    reviewed: bool = False

    @property
    def why(self) -> str:
        """Return the reason in an operator's words."""
        words = explained(self.detail).reason if self.detail else ""
        if self.soft_bounces:
            times = f"{self.soft_bounces} issues in a row bounced"
            return f"{times}, the last one with: {words}" if words else times
        return words or _WHY.get(self.reason, "")


_WHY = {
    SuppressionReason.BOUNCED: "the address does not take mail",
    SuppressionReason.COMPLAINED: "reported a message as spam",
}


class Suppressions:
    """All of them. An address is suppressed once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, address: str, reason: SuppressionReason) -> bool:
        """Never mail this address again; whether that is new."""
        with self._database.writing() as connection:
            return suppress(connection, {address_key(address): reason}) > 0

    def remove(self, address: str) -> bool:
        """Let an address be mailed again, and forget that it bounced; return whether that changed anything."""
        key = address_key(address)
        with self._database.writing() as connection:
            return lift(connection, key)

    def of_issue(self, issue: str) -> list[Suppression]:
        """Return the addresses that are suppressed for what was reported of an issue, by address."""
        query = sa.select(suppression).where(suppression.c.issue == issue).order_by(suppression.c.address_key)
        with self._database.reading() as connection:
            return [suppression_of(row) for row in connection.execute(query)]

    def merge(
        self,
        addresses: Iterable[tuple[str, SuppressionReason, datetime]],
        *,
        fingerprints: Fingerprint | None = None,
    ) -> int:
        """Add what a file or a provider's own list has: addresses, why, since when; how many are new.

        ``fingerprints`` tell who was erased at their wish: of them nothing is kept, an address neither.
        """
        new = 0
        for some in _pages(addresses):
            found = [Suppression(address_key=address_key(one), reason=why, since=since) for one, why, since in some]
            with self._database.writing() as connection:
                if fingerprints:
                    hashes = {one.address_key: address_hashes(one.address_key, fingerprints) for one in found}
                    erased = erased_among(connection, list(chain.from_iterable(hashes.values())))
                    found = [one for one in found if erased.isdisjoint(hashes[one.address_key])]
                new += suppress_reported(connection, found)
        return new

    def has(self, address: str) -> bool:
        """Whether this address is never mailed."""
        query = sa.select(sa.exists().where(suppression.c.address_key == address_key(address)))
        with self._database.reading() as connection:
            return connection.scalars(query).one()

    def find(self, address: str) -> Suppression | None:
        """Why this address is never mailed, and since when; None where it is not one of them."""
        query = sa.select(suppression).where(suppression.c.address_key == address_key(address))
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else suppression_of(row)

    def each(self) -> Iterator[Suppression]:
        """All of them, by address, as of one moment."""
        query = sa.select(suppression).order_by(suppression.c.address_key)
        with self._database.reading() as connection:
            for row in connection.execution_options(yield_per=1000).execute(query):
                yield suppression_of(row)


def lift(connection: sa.Connection, key: str, *conditions: sa.ColumnElement[bool]) -> bool:
    """Let an address be mailed again if its suppression meets the conditions; return whether that changed anything.

    Its soft bounces are forgiven, and its held bounces and bounces of service mail forgotten, in any case.
    """
    soft = sa.and_(event.c.kind == EventKind.BOUNCED.value, event.c.bounce != Bounce.PERMANENT.value, event.c.counts)
    changes = (
        sa.delete(suppression).where(suppression.c.address_key == key, *conditions),
        sa.update(event).where(event.c.address_key == key, soft).values(counts=False),
        sa.delete(held_bounce).where(held_bounce.c.address_key == key),
        sa.delete(service_bounce).where(service_bounce.c.subject == key),
    )
    return sum(connection.execute(change).rowcount for change in changes) > 0


def suppression_of(row: Any) -> Suppression:
    """Return the suppression that a row has."""
    return Suppression(
        address_key=row.address_key,
        reason=SuppressionReason(row.reason),
        since=row.since,
        issue=row.issue,
        detail=row.detail,
        soft_bounces=row.soft_bounces,
        reviewed=row.reviewed,
    )


def suppress(connection: sa.Connection, reasons: Mapping[str, SuppressionReason]) -> int:
    """Add suppressions by address key, where there is none; how many are new."""
    if not reasons:
        return 0
    now = shared_now(connection)
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    added = connection.execute(
        dialect.insert(suppression).on_conflict_do_nothing().returning(suppression.c.address_key),
        [{"address_key": key, "reason": reason.value, "since": now} for key, reason in reasons.items()],
    )
    return len(added.all())


_REPORTED = (SuppressionReason.BOUNCED.value, SuppressionReason.COMPLAINED.value)


def suppress_reported(connection: sa.Connection, found: Iterable[Suppression]) -> int:
    """Add what was reported, in any order with the same result; return how many are new.

    A complaint counts more than a bounce, a permanent bounce more than soft ones, the earliest report more than later
    ones, and what a person decided is left alone.
    """
    rows: dict[str, Suppression] = {}
    for one in found:
        known = rows.get(one.address_key)
        rows[one.address_key] = one if known is None else min(known, one, key=_rank)
    if not rows:
        return 0
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    before = connection.scalar(sa.select(sa.func.count()).where(suppression.c.address_key.in_(list(rows)))) or 0
    insert = dialect.insert(suppression)
    said, there = insert.excluded, suppression.c
    complained = SuppressionReason.COMPLAINED.value
    worse = sa.or_(
        sa.and_(said.reason == complained, there.reason != complained),
        sa.and_(said.reason == there.reason, there.soft_bounces > 0, said.soft_bounces == 0),
    )
    alike = sa.and_(said.reason == there.reason, sa.or_(there.soft_bounces > 0, said.soft_bounces == 0), sa.not_(worse))
    earlier = sa.and_(alike, said.since < there.since)
    # What a provider's own list has says less than a report.
    better = sa.or_(
        worse, sa.and_(said.issue != "", sa.or_(earlier, sa.and_(alike, there.issue == ""), _same_time(alike, said)))
    )
    updated = insert.on_conflict_do_update(
        index_elements=[there.address_key],
        set_={
            "since": sa.case((sa.or_(worse, earlier), said.since), else_=there.since),
            **{
                name: sa.case((better, said[name]), else_=there[name])
                for name in ("reason", "issue", "detail", "soft_bounces")
            },
            "reviewed": sa.or_(there.reviewed, said.reviewed),
        },
        where=sa.or_(*(there.reason == reason for reason in _REPORTED)),  # many rows: no IN
    )
    connection.execute(
        updated,
        [
            {
                "address_key": key,
                "reason": one.reason.value,
                "since": one.since,
                "issue": one.issue,
                "detail": one.detail,
                "soft_bounces": one.soft_bounces,
                "reviewed": one.reviewed,
            }
            for key, one in sorted(rows.items())  # always in the same order: no deadlock
        ],
    )
    return len(rows) - before


def _rank(one: Suppression) -> tuple[bool, bool, datetime, bool, str, str]:
    complained = one.reason is SuppressionReason.COMPLAINED
    return not complained, one.soft_bounces > 0, one.since, not one.issue, one.issue, one.detail


def _same_time(alike: sa.ColumnElement[bool], said: Any) -> sa.ColumnElement[bool]:
    there = suppression.c
    first = sa.or_(said.issue < there.issue, sa.and_(said.issue == there.issue, said.detail < there.detail))
    return sa.and_(alike, said.since == there.since, there.issue != "", first)


def _pages(
    addresses: Iterable[tuple[str, SuppressionReason, datetime]],
) -> Iterator[list[tuple[str, SuppressionReason, datetime]]]:
    page: list[tuple[str, SuppressionReason, datetime]] = []
    for one in addresses:
        page.append(one)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page
