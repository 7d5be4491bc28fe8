"""Suppressions: addresses that are never mailed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

import sqlalchemy as sa

from newsletter.domain.addresses import address_key
from newsletter.domain.bounce_reasons import explain
from newsletter.domain.events import Bounce, EventKind
from newsletter.domain.subscriber import SuppressionReason
from newsletter.errors import StoreError
from newsletter.store.database import Database
from newsletter.store.event_tables import event
from newsletter.store.row_writes import upsert
from newsletter.store.subscribers.erasures import Fingerprint, address_hashes, erased_among
from newsletter.store.subscribers.rows import PAGE
from newsletter.store.tables import held_bounce, service_bounce, suppression


class AddressSuppressedError(StoreError):
    """An address that must not be mailed: it bounced, or its owner complained or refused; ``reason`` says which."""

    code = "address-suppressed"

    def __init__(self, *, address: str, reason: SuppressionReason) -> None:
        self.address, self.reason = address, reason
        super().__init__(f"{address} is suppressed: {reason}", hint="nothing was changed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address, given by its key, that is never mailed; why and since when.

    ``issue`` and ``detail`` are from the report that led to it, if there was one. ``soft_bounces`` is the number of
    issues that bounced softly, if that is the reason. ``reviewed`` means that an operator confirmed it.
    """

    address_key: str
    reason: SuppressionReason
    since: datetime
    issue: str = ""
    detail: str = ""
    soft_bounces: int = 0
    reviewed: bool = False

    @property
    def explanation(self) -> str:
        """Return the reason in an operator's words."""
        words = explain(self.detail).reason if self.detail else ""
        if self.soft_bounces:
            times = f"{self.soft_bounces} issues in a row bounced"
            return f"{times}, the last one with: {words}" if words else times
        return words or _WHY.get(self.reason, "")


_WHY = {
    SuppressionReason.BOUNCED: "the address doesn't accept mail",
    SuppressionReason.COMPLAINED: "reported a message as spam",
}


class Suppressions:
    """All suppressions. An address has at most one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, address: str, reason: SuppressionReason, now: datetime) -> bool:
        """Suppress an address from ``now`` on and return whether that is new."""
        with self._database.writing() as connection:
            return suppress(connection, {address_key(address): reason}, now) > 0

    def remove(self, address: str) -> bool:
        """Lift the suppression of an address and forget its bounces; return whether that changed anything."""
        key = address_key(address)
        with self._database.writing() as connection:
            return lift_suppression(connection, key)

    def of_issue(self, issue: str) -> list[Suppression]:
        """Return the suppressions caused by reports about an issue, by address."""
        query = sa.select(suppression).where(suppression.c.issue == issue).order_by(suppression.c.address_key)
        with self._database.reading() as connection:
            return [suppression_of(row) for row in connection.execute(query)]

    def count_of_issue(self, issue: str) -> int:
        """Return the number of suppressions caused by reports about an issue."""
        query = sa.select(sa.func.count()).select_from(suppression).where(suppression.c.issue == issue)
        with self._database.reading() as connection:
            return connection.scalars(query).one()

    def merge(
        self,
        addresses: Iterable[tuple[str, SuppressionReason, datetime]],
        *,
        fingerprints: Fingerprint | None = None,
    ) -> int:
        """Add suppressions from a file or a provider's own list, and return the number of new ones.

        ``fingerprints`` is needed to leave out erased readers, about whom nothing may be stored.
        """
        new = 0
        for page in _pages(addresses):
            listed = [
                Suppression(address_key=address_key(address), reason=reason, since=since)
                for address, reason, since in page
            ]
            with self._database.writing() as connection:
                if fingerprints:
                    hashes = {item.address_key: address_hashes(item.address_key, fingerprints) for item in listed}
                    erased = erased_among(connection, list(chain.from_iterable(hashes.values())))
                    listed = [item for item in listed if erased.isdisjoint(hashes[item.address_key])]
                new += suppress_reported(connection, listed)
        return new

    def has(self, address: str) -> bool:
        """Return whether an address is suppressed."""
        query = sa.select(sa.exists().where(suppression.c.address_key == address_key(address)))
        with self._database.reading() as connection:
            return connection.scalars(query).one()

    def get(self, address: str) -> Suppression | None:
        """Return the suppression of an address, or None."""
        query = sa.select(suppression).where(suppression.c.address_key == address_key(address))
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else suppression_of(row)

    def stream(self) -> Iterator[Suppression]:
        """Yield all suppressions from one snapshot, by address."""
        query = sa.select(suppression).order_by(suppression.c.address_key)
        with self._database.reading() as connection:
            for row in connection.execution_options(yield_per=1000).execute(query):
                yield suppression_of(row)


def lift_suppression(connection: sa.Connection, key: str, *conditions: sa.ColumnElement[bool]) -> bool:
    """Lift the suppression of an address if it meets the conditions, and return whether anything changed.

    In any case its soft bounces no longer count, and its held bounces and bounces of service mail are deleted.
    """
    soft = sa.and_(event.c.kind == EventKind.BOUNCED.value, event.c.bounce != Bounce.PERMANENT.value, event.c.counts)
    changes = (
        sa.delete(suppression).where(suppression.c.address_key == key, *conditions),
        sa.update(event).where(event.c.address_key == key, soft).values(counts=False),
        sa.delete(held_bounce).where(held_bounce.c.address_key == key),
        sa.delete(service_bounce).where(service_bounce.c.subject == key),
    )
    return sum(connection.execute(change).rowcount for change in changes) > 0


def refuse_suppressed(connection: sa.Connection, address: str) -> None:
    """Raise AddressSuppressedError if an address, in any spelling, is suppressed."""
    key = address_key(address)
    reason = connection.scalar(sa.select(suppression.c.reason).where(suppression.c.address_key == key))
    if reason is not None:
        raise AddressSuppressedError(address=address, reason=SuppressionReason(reason))


def suppression_of(row: Any) -> Suppression:
    """Return the suppression in a row."""
    return Suppression(
        address_key=row.address_key,
        reason=SuppressionReason(row.reason),
        since=row.since,
        issue=row.issue,
        detail=row.detail,
        soft_bounces=row.soft_bounces,
        reviewed=row.reviewed,
    )


def suppress(connection: sa.Connection, reasons: Mapping[str, SuppressionReason], now: datetime) -> int:
    """Add suppressions by address key, except where there is one, and return the number of new ones."""
    if not reasons:
        return 0
    added = connection.execute(
        upsert(connection.dialect.name, suppression).on_conflict_do_nothing().returning(suppression.c.address_key),
        [{"address_key": key, "reason": reason.value, "since": now} for key, reason in reasons.items()],
    )
    return len(added.all())


_REPORTED = (SuppressionReason.BOUNCED.value, SuppressionReason.COMPLAINED.value)


def suppress_reported(connection: sa.Connection, reported: Iterable[Suppression]) -> int:
    """Add reported suppressions and return the number of new ones. Their order doesn't change the result.

    A complaint outranks a bounce, a hard bounce outranks soft ones, the earliest report outranks later ones, and a
    person's decision isn't changed.
    """
    rows: dict[str, Suppression] = {}
    for new in reported:
        known = rows.get(new.address_key)
        rows[new.address_key] = new if known is None else min(known, new, key=_rank)
    if not rows:
        return 0
    before = connection.scalar(sa.select(sa.func.count()).where(suppression.c.address_key.in_(list(rows)))) or 0
    insert = upsert(connection.dialect.name, suppression)
    added, there = insert.excluded, suppression.c
    complained = SuppressionReason.COMPLAINED.value
    worse = sa.or_(
        sa.and_(added.reason == complained, there.reason != complained),
        sa.and_(added.reason == there.reason, there.soft_bounces > 0, added.soft_bounces == 0),
    )
    softer_or_equal = sa.or_(there.soft_bounces > 0, added.soft_bounces == 0)
    alike = sa.and_(added.reason == there.reason, softer_or_equal, sa.not_(worse))
    earlier = sa.and_(alike, added.since < there.since)
    # An entry of a provider's own list has less detail than a report.
    better = sa.or_(
        worse, sa.and_(added.issue != "", sa.or_(earlier, sa.and_(alike, there.issue == ""), _same_time(alike, added)))
    )
    updated = insert.on_conflict_do_update(
        index_elements=[there.address_key],
        set_={
            "since": sa.case((sa.or_(worse, earlier), added.since), else_=there.since),
            **{
                name: sa.case((better, added[name]), else_=there[name])
                for name in ("reason", "issue", "detail", "soft_bounces")
            },
            "reviewed": sa.or_(there.reviewed, added.reviewed),
        },
        where=sa.or_(*(there.reason == reason for reason in _REPORTED)),  # IN doesn't work with many rows
    )
    connection.execute(
        updated,
        [
            {
                "address_key": key,
                "reason": new.reason.value,
                "since": new.since,
                "issue": new.issue,
                "detail": new.detail,
                "soft_bounces": new.soft_bounces,
                "reviewed": new.reviewed,
            }
            for key, new in sorted(rows.items())  # always in the same order, to avoid deadlocks
        ],
    )
    return len(rows) - before


def _rank(new: Suppression) -> tuple[bool, bool, datetime, bool, str, str]:
    complained = new.reason is SuppressionReason.COMPLAINED
    return not complained, new.soft_bounces > 0, new.since, not new.issue, new.issue, new.detail


def _same_time(alike: sa.ColumnElement[bool], added: Any) -> sa.ColumnElement[bool]:
    there = suppression.c
    first = sa.or_(added.issue < there.issue, sa.and_(added.issue == there.issue, added.detail < there.detail))
    return sa.and_(alike, added.since == there.since, there.issue != "", first)


def _pages(
    addresses: Iterable[tuple[str, SuppressionReason, datetime]],
) -> Iterator[list[tuple[str, SuppressionReason, datetime]]]:
    page: list[tuple[str, SuppressionReason, datetime]] = []
    for item in addresses:
        page.append(item)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page
