"""The choices of topics in an audience, with the number of readers of each."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from newsletter.domain.choice_counts import ChoiceCounts
from newsletter.domain.edition import TopicChoices
from newsletter.domain.segment import Segment
from newsletter.store.subscribers.segments import audience_of
from newsletter.store.tables import subscriber, subscriber_topic

_EXCLUDED = "-"  # before a topic that a reader excludes; no slug begins with it


def count_choices(connection: sa.Connection, segments: Sequence[Segment], now: datetime) -> ChoiceCounts:
    """Return the number of readers of each different choice of topics in the audience ``now``."""
    chosen = subscriber_topic.alias()  # segments refer to the table itself
    marks = (
        audience_of(segments, now)
        .outerjoin(chosen, chosen.c.subscriber == subscriber.c.id)
        .add_columns(sa.func.aggregate_strings(mark_of(chosen.c.topic, chosen.c.excluded), " "))
        .group_by(subscriber.c.id)
    )
    # Not counted in SQL: SQLite would sort all readers in memory.
    readers = Counter(names for _, names in connection.execute(marks))
    return ChoiceCounts((choice_of(names), number) for names, number in readers.items())


def mark_of(topic: sa.ColumnElement[str], excluded: sa.ColumnElement[bool]) -> sa.ColumnElement[str]:
    """Return the mark of a reader's topic: its slug, with a prefix if they exclude it."""
    return sa.case((excluded, sa.literal(_EXCLUDED) + topic), else_=topic)


def choice_of(marks: str | None) -> TopicChoices:
    """Return the choice of a reader with these marks, separated by spaces; None for one without topics."""
    names = (marks or "").split()
    return TopicChoices(
        follows=frozenset(name for name in names if not name.startswith(_EXCLUDED)),
        excludes=frozenset(name[len(_EXCLUDED) :] for name in names if name.startswith(_EXCLUDED)),
    )
