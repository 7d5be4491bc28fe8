"""The followers of each topic, and their move from one topic to others.

A move has two steps, with the change of newsletter.toml between them: ``copy`` gives the readers their new topics, and
``finish`` takes the old ones away. Each is one transaction and can be repeated, so a move that was killed anywhere is
finished by doing it again, and until then no reader has lost a topic.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from newsletter.domain.subscriber import SubscriberStatus
from newsletter.domain.topic_changes import FollowerCounts, TopicTarget
from newsletter.store.database import Database
from newsletter.store.tables import confirmation, subscriber, subscriber_topic, suppression

_TOPIC = subscriber_topic.c


class TopicFollowers:
    """Readers by the topics that they follow or exclude."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self) -> Mapping[str, FollowerCounts]:
        """Return the numbers of readers who can be mailed and who follow or exclude each topic, by its slug.

        Everybody is counted by the index alone, and the few who can't be mailed are subtracted: looking up the status
        of every reader takes ten times as long.
        """
        every = sa.select(_TOPIC.topic, sa.func.count()).group_by(_TOPIC.topic)
        # Grouped here, since SQLite would read these by the index of topics, and look each row up.
        excluded = sa.select(_TOPIC.topic).where(_TOPIC.excluded)
        unconfirmed = sa.select(subscriber.c.id).where(subscriber.c.status != SubscriberStatus.CONFIRMED.value)
        suppressed = sa.select(subscriber.c.id).where(
            subscriber.c.address_key.in_(sa.select(suppression.c.address_key))
        )
        others = sa.select(_TOPIC.topic, _TOPIC.excluded).where(_TOPIC.subscriber.in_(unconfirmed.union(suppressed)))
        with self._database.reading() as connection:
            total: Counter[str] = Counter(dict(connection.execute(every).all()))
            excluding: Counter[str] = Counter(connection.scalars(excluded))
            for topic, is_excluded in connection.execute(others):
                total[topic] -= 1
                excluding[topic] -= is_excluded
        return {
            topic: FollowerCounts(following=number - excluding[topic], excluding=excluding[topic])
            for topic, number in total.items()
            if number
        }

    def affected(self, sources: Collection[str], target: TopicTarget) -> FollowerCounts:
        """Return the numbers of readers whom a move to a topic would make follow or exclude it.

        ``keeping`` is the number of those who have made a choice about that topic already, which stays.
        """
        with self._database.reading() as connection:
            chosen = connection.execute(
                sa.select(_excluded(), sa.func.count()).select_from(self._moving(sources, target)).group_by(_excluded())
            )
            numbers: dict[bool, int] = {bool(excluded): number for excluded, number in chosen}
            everybody = connection.scalar(
                sa.select(sa.func.count(_TOPIC.subscriber.distinct())).where(_TOPIC.topic.in_(sorted(sources)))
            )
        following, excluding = numbers.get(False, 0), numbers.get(True, 0)
        keeping = (everybody or 0) - following - excluding
        return FollowerCounts(following=following, excluding=excluding, keeping=keeping)

    def copy(self, sources: Collection[str], targets: Sequence[TopicTarget]) -> None:
        """Give the readers of some topics the target topics, too, unless they have made a choice about those."""
        with self._database.writing() as connection:
            self._copy(connection, sources, targets)

    def finish(self, sources: Collection[str], targets: Sequence[TopicTarget]) -> None:
        """Take some topics away from their readers, and replace them in sign-ups that wait to be confirmed.

        Readers who chose one of them after ``copy`` get its targets first.
        """
        with self._database.writing() as connection:
            self._copy(connection, sources, targets)
            _replace_in_sign_ups(connection, frozenset(sources), tuple(target.slug for target in targets))
            connection.execute(sa.delete(subscriber_topic).where(_TOPIC.topic.in_(sorted(sources))))

    def _copy(self, connection: sa.Connection, sources: Collection[str], targets: Sequence[TopicTarget]) -> None:
        for target in targets:
            moving = self._moving(sources, target)
            rows = sa.select(moving.c.subscriber, sa.literal(target.slug), moving.c.excluded == 1)
            connection.execute(subscriber_topic.insert().from_select(["subscriber", "topic", "excluded"], rows))

    def _moving(self, sources: Collection[str], target: TopicTarget) -> sa.Subquery:
        """Return the readers of some topics without a choice about the target, and 1 for those who exclude one."""
        other = subscriber_topic.alias()
        decided = sa.exists().where(
            other.c.subscriber == _TOPIC.subscriber, other.c.topic.in_(sorted({target.slug, *target.former}))
        )
        return (
            sa.select(_TOPIC.subscriber, sa.func.max(sa.case((_TOPIC.excluded, 1), else_=0)).label("excluded"))
            .where(_TOPIC.topic.in_(sorted(sources)), ~decided)
            .group_by(_TOPIC.subscriber)
            .subquery("moving")
        )


def _excluded() -> sa.ColumnElement[int]:
    return sa.literal_column("moving.excluded", sa.Integer)


def _replace_in_sign_ups(connection: sa.Connection, sources: frozenset[str], targets: tuple[str, ...]) -> None:
    listed = sa.cast(confirmation.c.choices, sa.Text)
    named = sa.or_(*(listed.contains(f'"{slug}"') for slug in sorted(sources)))
    waiting = connection.execute(
        sa.select(confirmation.c.key, confirmation.c.choices).where(confirmation.c.confirmed.is_(None), named)
    ).all()
    for key, choices in waiting:
        replaced = _replaced(choices, sources, targets)
        if replaced != choices:
            connection.execute(sa.update(confirmation).where(confirmation.c.key == key).values(choices=replaced))


def _replaced(choices: Mapping[str, Any], sources: frozenset[str], targets: tuple[str, ...]) -> dict[str, Any]:
    topics: dict[str, None] = {}
    for slug in choices.get("topics", ()):
        topics |= dict.fromkeys(targets if slug in sources else (slug,))
    return {**choices, "topics": list(topics)}
