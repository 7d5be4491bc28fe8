"""Permanent bounces suppress an address, unless they come in a flood.

A broken name server or a block list makes other servers refuse everybody, often in the words of a hard bounce. So when
permanent bounces jump, for one domain or for all of a newsletter, they are held: nobody is suppressed for them until an
operator has looked.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.audience import SuppressionReason
from newsletter.consent import SERVICE
from newsletter.refusals import explained
from newsletter.store.database import Database
from newsletter.store.suppressions import Suppression, lift, suppress_reported, suppression_of
from newsletter.store.tables import edition, held_bounce, send, subscriber, suppression

EVERYBODY = ""  # in the place of a domain
# A hold begins when as many addresses bounced within an hour, and they are a larger part of a domain's readers, or of
# those who got the issue. Amazon SES looks at an account with 5 % of hard bounces and stops one with 10 %.
FEWEST_OF_DOMAIN, SHARE_OF_DOMAIN = 5, 5  # a fifth
FEWEST_OF_ALL, SHARE_OF_ALL = 10, 20  # a twentieth
_WINDOW, _STEP = timedelta(hours=1), timedelta(minutes=30)
_NOT_COUNTED = ("", SERVICE)  # what a person or a file said, and typing errors at sign-up


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBounce:
    """A permanent bounce that suppresses nobody until an operator decides; ``scope`` is what bounced too often."""

    address_key: str
    scope: str
    since: datetime
    issue: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """The held bounces of one domain, or of all (``scope`` is empty), with the commonest reason."""

    scope: str
    addresses: int
    first: datetime
    last: datetime
    reason: str


class HeldBounces:
    """All held bounces, and an operator's decision about them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def each(self) -> Iterator[HeldBounce]:
        """Return all of them, by address."""
        with self._database.reading() as connection:
            for row in connection.execute(sa.select(held_bounce).order_by(held_bounce.c.address_key)):
                yield _held(row)

    def holds(self) -> list[Hold]:
        """Return the holds that wait for a decision, those of all domains first."""
        by_scope: defaultdict[str, list[HeldBounce]] = defaultdict(list)
        for bounce in self.each():
            by_scope[bounce.scope].append(bounce)
        return [
            Hold(
                scope=scope,
                addresses=len(bounces),
                first=min(bounce.since for bounce in bounces),
                last=max(bounce.since for bounce in bounces),
                reason=Counter(explained(bounce.detail).reason for bounce in bounces).most_common(1)[0][0],
            )
            for scope, bounces in sorted(by_scope.items())
        ]

    def apply(self, domain: str = EVERYBODY) -> int:
        """Suppress the held addresses of a domain, or all; return how many."""
        with self._database.writing() as connection:
            bounces = _taken(connection, domain)
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

    def discard(self, domain: str = EVERYBODY) -> int:
        """Forget the held bounces of a domain, or all; return how many. Their addresses go on getting mail."""
        with self._database.writing() as connection:
            return len(_taken(connection, domain))


def _taken(connection: sa.Connection, domain: str) -> list[HeldBounce]:
    removed = sa.delete(held_bounce).returning(*held_bounce.c)
    if domain:
        removed = removed.where(_at(held_bounce.c.address_key, domain))
    return [_held(row) for row in connection.execute(removed)]


def _held(row: Any) -> HeldBounce:
    return HeldBounce(address_key=row.address_key, scope=row.scope, since=row.since, issue=row.issue, detail=row.detail)


def suppress_bounced(connection: sa.Connection, found: Sequence[Suppression]) -> tuple[int, int]:
    """Suppress addresses for permanent bounces, or hold them while there are too many; return how many of each."""
    holds = frozenset(connection.scalars(sa.select(held_bounce.c.scope).distinct())) if found else frozenset()
    direct: list[Suppression] = []
    waiting: list[tuple[str, Suppression]] = []
    for one in found:
        scope = EVERYBODY if EVERYBODY in holds else _domain(one.address_key)
        if scope in holds and one.issue not in _NOT_COUNTED:
            waiting.append((scope, one))
        else:
            direct.append(one)
    new, held = suppress_reported(connection, direct), _hold(connection, waiting)
    for scope, begins in _jumps(connection, direct):
        moved = _hold_again(connection, scope, begins)
        new, held = max(new - moved, 0), held + moved
    return new, held


def _jumps(connection: sa.Connection, found: Iterable[Suppression]) -> Iterator[tuple[str, datetime]]:
    """Yield each domain, or everybody, of whom too many bounced within an hour, and when that hour began."""
    counted = [one for one in found if one.issue not in _NOT_COUNTED]
    windows = {(_domain(one.address_key), begins) for one in counted for begins in _windows(one.since)}
    audience = _audience(connection, {one.issue for one in counted}) if counted else 0
    for begins in sorted({begins for _, begins in windows}):
        bounced = _number(connection, suppression, begins, _eligible()) + _number(connection, held_bounce, begins)
        if bounced >= FEWEST_OF_ALL and bounced * SHARE_OF_ALL > audience:
            yield EVERYBODY, begins
            return
    for domain, begins in sorted(windows):
        theirs = _at(suppression.c.address_key, domain)
        bounced = _number(connection, suppression, begins, _eligible(), theirs)
        if bounced >= FEWEST_OF_DOMAIN and _has_fewer(connection, domain, bounced * SHARE_OF_DOMAIN):
            yield domain, begins


def _windows(at: datetime) -> Iterator[datetime]:
    """Yield the beginnings of the hours that a moment is in; there is one every half hour."""
    begins = datetime.fromtimestamp(at.timestamp() // _STEP.total_seconds() * _STEP.total_seconds(), UTC)
    yield from (begins - _STEP, begins)


def _number(connection: sa.Connection, table: sa.Table, begins: datetime, *where: sa.ColumnElement[bool]) -> int:
    within = sa.and_(table.c.since >= begins, table.c.since < begins + _WINDOW, *where)
    return connection.scalar(sa.select(sa.func.count()).select_from(table).where(within)) or 0


def _eligible() -> sa.ColumnElement[bool]:
    """Permanent bounces of our messages that no operator has looked at."""
    return sa.and_(
        suppression.c.reason == SuppressionReason.BOUNCED.value,
        suppression.c.soft_bounces == 0,
        suppression.c.issue.not_in(_NOT_COUNTED),
        ~suppression.c.reviewed,
    )


def _audience(connection: sa.Connection, issues: Iterable[str]) -> int:
    """Return how many readers the largest of these issues went to, or how many there are."""
    frozen = (
        sa.select(sa.func.sum(edition.c.readers))
        .join(send, send.c.id == edition.c.send)
        .where(send.c.issue.in_(list(issues)))
        .group_by(send.c.id)
    )
    return (
        max(connection.scalars(frozen), default=0)
        or connection.scalar(sa.select(sa.func.count()).select_from(subscriber))
        or 0
    )


def _has_fewer(connection: sa.Connection, domain: str, number: int) -> bool:
    """Say whether a domain has fewer readers than this; of a large one only so many rows are looked at."""
    some = sa.select(sa.literal(1)).where(_at(subscriber.c.address_key, domain)).limit(number).subquery()
    return (connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0) < number


def _hold(connection: sa.Connection, waiting: Iterable[tuple[str, Suppression]]) -> int:
    """Hold bounces, save of addresses that are suppressed or held; return how many are new."""
    rows = {
        one.address_key: {
            "address_key": one.address_key,
            "scope": scope,
            "since": one.since,
            "issue": one.issue,
            "detail": one.detail,
        }
        for scope, one in waiting
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
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    insert = dialect.insert(held_bounce).on_conflict_do_nothing().returning(held_bounce.c.address_key)
    return len(connection.execute(insert, [rows[key] for key in sorted(rows)]).all())


def _hold_again(connection: sa.Connection, scope: str, begins: datetime) -> int:
    """Hold what was suppressed since a moment before it was known that there are too many; return how many."""
    where = [suppression.c.since >= begins, _eligible()]
    if scope:
        where.append(_at(suppression.c.address_key, scope))
    rows = connection.execute(sa.delete(suppression).where(*where).returning(*suppression.c)).all()
    return _hold(connection, ((scope, suppression_of(row)) for row in rows))


def _domain(key: str) -> str:
    return key.rpartition("@")[2]


def _at(column: sa.ColumnElement[str], domain: str) -> sa.ColumnElement[bool]:
    return column.endswith(f"@{domain}", autoescape=True)


def forgive(connection: sa.Connection, key: str) -> None:
    """Forget that mail to an address bounced: its owner has just shown that mail arrives."""
    lift(connection, key, suppression.c.reason == SuppressionReason.BOUNCED.value)
