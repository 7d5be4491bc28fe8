"""Set the due times of deliveries that don't all go out at once: by readers' time zones, or during a warm-up.

The functions only ever postpone deliveries, so if two are called for a send the later time counts.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

import sqlalchemy as sa

from newsletter.domain.segment import Segment
from newsletter.store.sends.claims import OPEN
from newsletter.store.subscribers.segments import audience_of
from newsletter.store.tables import delivery, subscriber

DAY = 86_400  # seconds

# A table rather than VALUES in the statement, which SQLite would scan for each delivery.
_MOMENT = sa.Table(
    "moment",
    sa.MetaData(),
    sa.Column("zone", sa.Text, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)


def readers_by_zone(connection: sa.Connection, segments: Sequence[Segment], now: datetime) -> Mapping[str, int]:
    """Return the number of readers a send to these segments would have ``now``, by time zone.

    "" is the newsletter's own zone.
    """
    audience = audience_of(segments, now).with_only_columns(subscriber.c.time_zone, sa.func.count())
    return dict(connection.execute(audience.group_by(subscriber.c.time_zone)).all())


def due_by_zone(connection: sa.Connection, send_id: int, moments: Mapping[str, int], default: int) -> None:
    """Postpone the open deliveries of a send to the times (seconds of Unix time) of their readers' zones.

    ``default`` is the time of zones that have none in ``moments``.
    """
    _MOMENT.create(connection)
    if moments:
        connection.execute(sa.insert(_MOMENT), [{"zone": zone, "at": at} for zone, at in moments.items()])
    begin = sa.func.coalesce(_MOMENT.c.at, default)
    _postpone(connection, send_id, begin, subscriber.outerjoin(_MOMENT, _MOMENT.c.zone == subscriber.c.time_zone))
    _MOMENT.drop(connection)


def due_by_consent(connection: sa.Connection, send_id: int, per_day: Sequence[int], start: int) -> None:
    """Spread the open deliveries of a send over the days of a warm-up, readers with the newest consent first.

    The first day's are due at ``start`` (seconds of Unix time); those left over are due on the day after the last.
    """
    newest = (subscriber.c.created.desc(), subscriber.c.id)
    ranked = (
        sa.select(subscriber.c.created, subscriber.c.id, sa.func.row_number().over(order_by=newest).label("rank"))
        .join(delivery, delivery.c.subscriber == subscriber.c.id)
        .where(delivery.c.send == send_id, delivery.c.status.in_(OPEN))
        .subquery()
    )
    until = {number: day for day, number in reversed([*enumerate(accumulate(per_day))]) if number}
    lasts = sa.select(ranked.c.created, ranked.c.id, ranked.c.rank).where(ranked.c.rank.in_(list(until)))
    days = []
    for last in connection.execute(lasts.order_by(ranked.c.rank)).all():
        no_older = sa.or_(
            subscriber.c.created > last.created,
            sa.and_(subscriber.c.created == last.created, subscriber.c.id <= last.id),
        )
        days.append((no_older, start + DAY * until.pop(last.rank)))
    rest = start + DAY * min(until.values(), default=len(per_day))
    _postpone(connection, send_id, sa.case(*days, else_=rest) if days else sa.literal(rest), subscriber)


def _postpone(connection: sa.Connection, send_id: int, until: sa.ColumnElement[Any], readers: sa.FromClause) -> None:
    """Postpone deliveries to ``until``, an expression over ``readers``. Those of removed readers stay as they are."""
    later = sa.func.max if connection.dialect.name == "sqlite" else sa.func.greatest
    known = sa.select(until).select_from(readers).where(subscriber.c.id == delivery.c.subscriber).scalar_subquery()
    connection.execute(
        sa.update(delivery)
        .where(delivery.c.send == send_id, delivery.c.status.in_(OPEN))
        .values(due=later(delivery.c.due, sa.func.coalesce(known, delivery.c.due)))
    )
