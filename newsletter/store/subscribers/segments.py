"""The readers of segments, and the readers who would be mailed now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from newsletter.domain.segment import AudienceCounts, Segment
from newsletter.domain.subscriber import SubscriberStatus
from newsletter.store.subscribers.rule_sql import condition
from newsletter.store.tables import subscriber, suppression


def admitted(segment: Segment, now: datetime) -> sa.ColumnElement[bool]:
    """Return a segment's rules ``now`` as a condition over ``subscriber``."""
    rules = [condition(segment.rule, now)]
    rules += [condition(rule, now) for rule in (segment.frequency, segment.language) if rule is not None]
    return sa.and_(*rules)


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
    return sa.select(subscriber.c.id).where(confirmed(), awake(_seconds(now)), ~suppressed(), in_any(segments, now))


def in_any(segments: Iterable[Segment], now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition for readers of at least one of the segments ``now``; nobody if there are none."""
    return sa.or_(sa.false(), *(admitted(segment, now) for segment in segments))


def count_by_segment(connection: sa.Connection, segments: Iterable[Segment], now: datetime) -> Mapping[str, int]:
    """Return the number of readers of each segment who would be mailed ``now``, by its slug."""
    chosen = {segment.slug: segment for segment in segments}
    if not chosen:
        return {}
    columns = [sa.func.count(sa.case((admitted(segment, now), 1))) for segment in chosen.values()]
    counts = connection.execute(
        sa.select(*columns).select_from(subscriber).where(confirmed(), awake(_seconds(now)), ~suppressed())
    ).one()
    return dict(zip(chosen, counts, strict=True))


def count_audience(connection: sa.Connection, segments: Sequence[Segment], now: datetime) -> AudienceCounts:
    """Return the size of the audience that a send to these segments would have ``now``."""
    mailed, included = awake(_seconds(now)), in_any(segments, now)
    chosen = list(segments)
    any_frequency = [replace(segment, frequency=None) for segment in chosen]
    any_language = [replace(segment, language=None) for segment in chosen]

    def count(*conditions: sa.ColumnElement[bool]) -> int:
        readers = sa.select(sa.func.count()).select_from(subscriber).where(confirmed(), *conditions)
        return connection.scalars(readers).one()

    def count_kept_out(wider: list[Segment]) -> int:
        return count(mailed, ~suppressed(), in_any(wider, now), ~included) if wider != chosen else 0

    return AudienceCounts(
        by_segment=count_by_segment(connection, segments, now),
        recipients=count(mailed, ~suppressed(), included),
        suppressed=count(mailed, suppressed(), included),
        paused=count(~mailed, ~suppressed(), included),
        chosen_otherwise=count_kept_out(any_frequency),
        another_language=count_kept_out(any_language),
    )


def _seconds(now: datetime) -> int:
    return int(now.timestamp())
