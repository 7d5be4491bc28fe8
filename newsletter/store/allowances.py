"""How often something was asked for, counted by the hour: an hour's count stays until it is that old altogether."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.consent import Allowance
from newsletter.store.tables import allowance

HOUR = 3600


def exceeded(connection: sa.Connection, asked: Sequence[Allowance], now: datetime) -> Allowance | None:
    """The first of these that has nothing left, loud ones before quiet ones; where there is none, each is counted.

    A client is counted also where only the address was asked too often. Two transactions that ask for the same wait for
    each other, so none is counted less often than it was used.
    """
    hour = int(now.timestamp()) // HOUR
    for subject in sorted({one.subject for one in asked}):  # always in the same order: no deadlock
        _lock(connection, subject, hour)
    loud = [one for one in asked if not one.quiet]
    quiet = [one for one in asked if one.quiet]
    over = _first_over(connection, loud, hour)
    if over is not None:
        return over
    over = _first_over(connection, quiet, hour)
    subjects = {one.subject for one in (asked if over is None else loud)}
    connection.execute(
        sa.update(allowance)
        .where(allowance.c.subject.in_(sorted(subjects)), allowance.c.hour == hour)
        .values(times=allowance.c.times + 1)
    )
    return over


def renew(connection: sa.Connection, subjects: Sequence[str]) -> None:
    """Forget how often these were asked for."""
    connection.execute(sa.delete(allowance).where(allowance.c.subject.in_(subjects)))


def forget_before(connection: sa.Connection, hour: int) -> int:
    """Forget what is older than an hour (since 1970); how much that was."""
    return connection.execute(sa.delete(allowance).where(allowance.c.hour < hour)).rowcount


def _first_over(connection: sa.Connection, asked: Sequence[Allowance], hour: int) -> Allowance | None:
    for one in asked:
        used = sa.select(sa.func.coalesce(sa.func.sum(allowance.c.times), 0)).where(
            allowance.c.subject == one.subject, allowance.c.hour >= hour - one.hours
        )
        if connection.scalars(used).one() >= one.times:
            return one
    return None


def _lock(connection: sa.Connection, subject: str, hour: int) -> None:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    row = dialect.insert(allowance).values(subject=subject, hour=hour, times=0)
    connection.execute(row.on_conflict_do_update(index_elements=["subject", "hour"], set_={"times": allowance.c.times}))
