"""Suppression after hard bounces, or a hold if there are far more of them than usual.

Held bounces, of one domain or of all, suppress nobody until an operator decides.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.domain.bounce_reasons import explain
from newsletter.domain.consent import SERVICE
from newsletter.domain.notices import BounceHold
from newsletter.domain.subscriber import SuppressionReason
from newsletter.store.database import Database
from newsletter.store.notices import queue_notice_of_hold
from newsletter.store.row_writes import upsert
from newsletter.store.subscribers.bounce_jumps import (
    ALL_DOMAINS,
    domain_of,
    find_bounce_jumps,
    is_at,
    unreviewed_bounces,
)
from newsletter.store.subscribers.suppressions import Suppression, lift_suppression, suppress_reported, suppression_of
from newsletter.store.tables import held_bounce, suppression

_NOT_COUNTED = ("", SERVICE)  # reports by a person or a file, and typing errors at sign-up


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBounce:
    """A hard bounce that suppresses nobody until an operator decides.

    ``scope`` is the domain with too many bounces, or ALL_DOMAINS.
    """

    address_key: str
    scope: str
    since: datetime
    issue: str
    detail: str


class HeldBounces:
    """All held bounces, and an operator's decisions about them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stream(self) -> Iterator[HeldBounce]:
        """Yield all held bounces, by address."""
        with self._database.reading() as connection:
            for row in connection.execute(sa.select(held_bounce).order_by(held_bounce.c.address_key)):
                yield _held(row)

    def holds(self) -> list[BounceHold]:
        """Return the holds that wait for a decision, the one for all domains first."""
        by_scope: defaultdict[str, list[HeldBounce]] = defaultdict(list)
        for bounce in self.stream():
            by_scope[bounce.scope].append(bounce)
        return [
            BounceHold(
                scope=scope,
                addresses=len(bounces),
                first=min(bounce.since for bounce in bounces),
                last=max(bounce.since for bounce in bounces),
                reason=Counter(explain(bounce.detail).reason for bounce in bounces).most_common(1)[0][0],
            )
            for scope, bounces in sorted(by_scope.items())
        ]

    def apply(self, domain: str = ALL_DOMAINS) -> int:
        """Suppress the held addresses of a domain, or all of them, and return their number."""
        with self._database.writing() as connection:
            bounces = _remove(connection, domain)
            suppress_reported(
                connection,
                (
                    Suppression(
                        address_key=bounce.address_key,
                        reason=SuppressionReason.BOUNCED,
                        since=bounce.since,
                        issue=bounce.issue,
                        detail=bounce.detail,
                        reviewed=True,
                    )
                    for bounce in bounces
                ),
            )
        return len(bounces)

    def discard(self, domain: str = ALL_DOMAINS) -> int:
        """Delete the held bounces of a domain, or all of them, and return their number. The addresses stay mailed."""
        with self._database.writing() as connection:
            return len(_remove(connection, domain))


def _remove(connection: sa.Connection, domain: str) -> list[HeldBounce]:
    removed = sa.delete(held_bounce).returning(*held_bounce.c)
    if domain:
        removed = removed.where(is_at(held_bounce.c.address_key, domain))
    return [_held(row) for row in connection.execute(removed)]


def _held(row: Any) -> HeldBounce:
    return HeldBounce(address_key=row.address_key, scope=row.scope, since=row.since, issue=row.issue, detail=row.detail)


def suppress_bounced(connection: sa.Connection, bounces: Sequence[Suppression], now: datetime) -> tuple[int, int]:
    """Suppress addresses for hard bounces, or hold the bounces if there are too many; return the number of each.

    If a hold begins, bounces of the same issue that suppressed an address before are held too, and a notification is
    queued.
    """
    holds = frozenset(connection.scalars(sa.select(held_bounce.c.scope).distinct())) if bounces else frozenset()
    direct: list[Suppression] = []
    waiting: list[tuple[str, Suppression]] = []
    for bounce in bounces:
        scope = ALL_DOMAINS if ALL_DOMAINS in holds else domain_of(bounce.address_key)
        if scope in holds and bounce.issue not in _NOT_COUNTED:
            waiting.append((scope, bounce))
        else:
            direct.append(bounce)
    new, held = suppress_reported(connection, direct), _hold(connection, waiting)
    for scope, issue in list(
        find_bounce_jumps(connection, [bounce for bounce in direct if bounce.issue not in _NOT_COUNTED])
    ):
        moved = _hold_again(connection, scope, issue)
        new, held = max(new - moved, 0), held + moved
        queue_notice_of_hold(connection, issue, now)
    return new, held


def _hold(connection: sa.Connection, waiting: Iterable[tuple[str, Suppression]]) -> int:
    """Hold bounces, except for addresses that are suppressed or held already, and return the number of new ones."""
    rows = {
        bounce.address_key: {
            "address_key": bounce.address_key,
            "scope": scope,
            "since": bounce.since,
            "issue": bounce.issue,
            "detail": bounce.detail,
        }
        for scope, bounce in waiting
    }
    if not rows:
        return 0
    suppressed = connection.scalars(
        sa.select(suppression.c.address_key).where(suppression.c.address_key.in_(list(rows)))
    )
    for key in list(suppressed):
        del rows[key]
    if not rows:
        return 0
    insert = upsert(connection.dialect.name, held_bounce).on_conflict_do_nothing().returning(held_bounce.c.address_key)
    return len(connection.execute(insert, [rows[key] for key in sorted(rows)]).all())


def _hold_again(connection: sa.Connection, scope: str, issue: str) -> int:
    """Turn unreviewed suppressions for bounces of an issue into held bounces, and return their number."""
    where = [unreviewed_bounces(issue)]
    if scope:
        where.append(is_at(suppression.c.address_key, scope))
    rows = connection.execute(sa.delete(suppression).where(*where).returning(*suppression.c)).all()
    return _hold(connection, ((scope, suppression_of(row)) for row in rows))


def forget_bounces(connection: sa.Connection, key: str) -> None:
    """Forget the bounces of an address whose owner has just shown that mail arrives."""
    lift_suppression(connection, key, suppression.c.reason == SuppressionReason.BOUNCED.value)
