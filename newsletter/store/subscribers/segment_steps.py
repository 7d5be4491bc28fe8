"""Count the readers of segments step by step, so that a page with a million readers shows numbers as they come."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa

from newsletter.domain.segment import Segment, SegmentStep
from newsletter.domain.subscriber import Subscriber
from newsletter.store.database import Database
from newsletter.store.subscribers import rows
from newsletter.store.subscribers.segments import admitted, awake, confirmed, suppressed
from newsletter.store.tables import subscriber

_FIRST, _FEWEST, _LARGEST = 2_000, 50, 200_000  # readers in a query; the first is divided among the segments
_QUICK = 0.05  # seconds of a query after which the next one may be larger


class SegmentSteps:
    """Counts of readers who would be mailed, a range of ids at a time."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database, self._clock = database, clock

    def step(
        self, segments: Sequence[Segment], now: datetime, *, after: int = 0, seconds: float, examples: int = 0
    ) -> SegmentStep:
        """Count the readers with ids after ``after`` who are in each segment ``now``, for so many seconds.

        Also return at most so many readers who are in the first segment, and who aren't. At least one range of ids is
        counted.
        """
        end, counts, readers = self._clock() + seconds, Counter({segment.slug: 0 for segment in segments}), 0
        inside: list[Subscriber] = []
        outside: list[Subscriber] = []
        size = max(_FIRST // max(len(segments), 1), _FEWEST)
        with self._database.reading() as connection:
            last = connection.scalar(sa.select(sa.func.max(subscriber.c.id))) or 0
            while after < last:
                began, upper = self._clock(), _id_after(connection, after, size)
                here = self._mailed(now, after, upper)
                columns = [sa.func.count(sa.case((admitted(segment, now), 1))) for segment in segments]
                total, *admitted_here = connection.execute(
                    sa.select(sa.func.count(), *columns).select_from(subscriber).where(*here)
                ).one()
                readers += total
                counts.update(dict(zip(counts, admitted_here, strict=True)))
                if examples and segments:
                    condition = admitted(segments[0], now)
                    inside += _first(connection, examples - len(inside), *here, condition)
                    outside += _first(connection, examples - len(outside), *here, ~condition)
                after = upper
                if self._clock() >= end:
                    break
                if self._clock() - began < _QUICK:
                    size = min(size * 4, _LARGEST)
        return SegmentStep(
            counts=dict(counts),
            readers=readers,
            after=None if after >= last else after,
            share=after / last if last else 1.0,
            inside=tuple(inside),
            outside=tuple(outside),
        )

    def _mailed(self, now: datetime, after: int, upper: int) -> Sequence[sa.ColumnElement[bool]]:
        ids = subscriber.c.id > after, subscriber.c.id <= upper
        return (*ids, confirmed(), awake(int(now.timestamp())), ~suppressed())


def _id_after(connection: sa.Connection, after: int, size: int) -> int:
    """Return the id of the last of so many readers after one: there may be wide gaps between the ids."""
    ids = sa.select(subscriber.c.id).where(subscriber.c.id > after).order_by(subscriber.c.id).limit(size).subquery()
    return connection.scalar(sa.select(sa.func.max(ids.c.id))) or after


def _first(connection: sa.Connection, most: int, *conditions: sa.ColumnElement[bool]) -> list[Subscriber]:
    if most <= 0:
        return []
    query = sa.select(subscriber.c.id).where(*conditions).order_by(subscriber.c.id).limit(most)
    ids = list(connection.scalars(query))
    return rows.read(connection, subscriber.c.id.in_(ids)) if ids else []
