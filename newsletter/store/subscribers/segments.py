"""Segments' rules as SQL. ``Segment.admits`` applies the same rules to a single reader; a test compares the two."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from newsletter.domain.segment import AudienceCounts, Segment
from newsletter.domain.subscriber import SubscriberStatus
from newsletter.store.tables import subscriber, subscriber_topic, suppression


def admitted(segment: Segment) -> sa.ColumnElement[bool]:
    """Return a segment's rules as a condition over ``subscriber``."""
    rules = [_follows(group) for group in segment.all]
    if segment.any:
        rules.append(_follows(_topics_of(segment.any)))
    if segment.none:
        rules.append(~_follows(_topics_of(segment.none)))
    if segment.frequency is not None:
        rules.append(subscriber.c.frequency == segment.frequency.value)
    return sa.and_(sa.true(), *rules)


def confirmed() -> sa.ColumnElement[bool]:
    """Return the condition for readers who asked for the newsletter and haven't left."""
    return subscriber.c.status == SubscriberStatus.CONFIRMED


def awake(now: int | sa.BindParameter[int]) -> sa.ColumnElement[bool]:
    """Return the condition for readers who aren't paused ``now`` (seconds of Unix time)."""
    return subscriber.c.paused_until <= now


def suppressed() -> sa.ColumnElement[bool]:
    """Return the condition for readers whose address is suppressed."""
    return sa.exists().where(suppression.c.address_key == subscriber.c.address_key)


def audience_of(segments: Sequence[Segment], now: datetime) -> sa.Select[tuple[int]]:
    """Return a query for the ids of all readers a send to these segments would have ``now``, each once."""
    return sa.select(subscriber.c.id).where(confirmed(), awake(_seconds(now)), ~suppressed(), in_any(segments))


def in_any(segments: Iterable[Segment]) -> sa.ColumnElement[bool]:
    """Return the condition for readers of at least one of the segments; nobody if there are none."""
    return sa.or_(sa.false(), *(admitted(segment) for segment in segments))


def count_by_segment(connection: sa.Connection, segments: Iterable[Segment], now: datetime) -> Mapping[str, int]:
    """Return the number of readers of each segment who would be mailed ``now``, by its slug."""
    chosen = {segment.slug: segment for segment in segments}
    if not chosen:
        return {}
    columns = [sa.func.count(sa.case((admitted(segment), 1))) for segment in chosen.values()]
    counts = connection.execute(
        sa.select(*columns).select_from(subscriber).where(confirmed(), awake(_seconds(now)), ~suppressed())
    ).one()
    return dict(zip(chosen, counts, strict=True))


def count_audience(connection: sa.Connection, segments: Sequence[Segment], now: datetime) -> AudienceCounts:
    """Return the size of the audience that a send to these segments would have ``now``."""
    mailed = awake(_seconds(now))
    any_frequency = [replace(segment, frequency=None) for segment in segments]

    def count(*conditions: sa.ColumnElement[bool]) -> int:
        readers = sa.select(sa.func.count()).select_from(subscriber).where(confirmed(), *conditions)
        return connection.scalars(readers).one()

    return AudienceCounts(
        by_segment=count_by_segment(connection, segments, now),
        recipients=count(mailed, ~suppressed(), in_any(segments)),
        suppressed=count(mailed, suppressed(), in_any(segments)),
        paused=count(~mailed, ~suppressed(), in_any(segments)),
        chosen_otherwise=count(mailed, ~suppressed(), in_any(any_frequency), ~in_any(segments))
        if any_frequency != segments
        else 0,
    )


def _seconds(now: datetime) -> int:
    return int(now.timestamp())


def _follows(topics: frozenset[str]) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        subscriber_topic.c.subscriber == subscriber.c.id,
        subscriber_topic.c.topic.in_(sorted(topics)),
        ~subscriber_topic.c.excluded,
    )


def _topics_of(groups: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*groups)
