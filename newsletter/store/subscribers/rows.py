"""Subscribers as rows, and back."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from newsletter.domain.addresses import address_key
from newsletter.domain.subscriber import Frequency, Subscriber, SubscriberStatus
from newsletter.store.database import insert_rows
from newsletter.store.tables import subscriber, subscriber_topic

PAGE = 1000  # subscribers read at once


def among(column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    """Whether a column has one of the values that are given as ``name`` when the query runs.

    A query that has them in itself is kept, with all of them, until the interpreter looks for garbage.
    """
    return column.in_(sa.bindparam(name, expanding=True))


def read(connection: sa.Connection, *conditions: sa.ColumnElement[bool], **given: object) -> list[Subscriber]:
    """The subscribers of a condition by id, with their topics by slug. ``given`` are the values for ``among``."""
    query = sa.select(subscriber).where(*conditions).order_by(subscriber.c.id)
    return _with_topics(connection, connection.execute(query, given).all())


def read_pages(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> Iterator[list[Subscriber]]:
    """``read``, a page at a time, for any number of them."""
    query = sa.select(subscriber).where(*conditions).order_by(subscriber.c.id).limit(PAGE)
    after = 0
    while page := connection.execute(query.where(subscriber.c.id > after)).all():
        yield _with_topics(connection, page)
        after = page[-1].id


def _with_topics(connection: sa.Connection, rows: Sequence[sa.Row[Any]]) -> list[Subscriber]:
    topics: dict[int, tuple[list[str], list[str]]] = {row.id: ([], []) for row in rows}
    query = (
        sa.select(subscriber_topic.c.subscriber, subscriber_topic.c.topic, subscriber_topic.c.excluded)
        .where(among(subscriber_topic.c.subscriber, "readers"))
        .order_by(subscriber_topic.c.subscriber, subscriber_topic.c.topic)
    )
    for reader, topic, excluded in connection.execute(query, {"readers": list(topics)}):
        topics[reader][excluded].append(topic)
    return [
        Subscriber(
            id=row.id,
            key=row.key,
            address=row.address,
            first_name=row.first_name,
            last_name=row.last_name,
            status=SubscriberStatus(row.status),
            topics=tuple(topics[row.id][False]),
            excludes=tuple(topics[row.id][True]),
            language=row.language,
            time_zone=row.time_zone,
            uncounted=row.uncounted,
            frequency=Frequency(row.frequency),
            paused_until=datetime.fromtimestamp(row.paused_until, UTC) if row.paused_until else None,
            attributes=row.attributes,
            created=row.created,
        )
        for row in rows
    ]


def insert(connection: sa.Connection, added: Sequence[Subscriber], now: datetime) -> dict[str, int]:
    """Write new subscribers; their ids by address key."""
    if not added:
        return {}
    insert_rows(
        connection,
        subscriber,
        ("key", "address", "address_key", "created", *CHANGEABLE),
        [
            (
                one.key or secrets.token_hex(16),
                one.address,
                address_key(one.address),
                one.created or now,
                *values(one, now),
            )
            for one in added
        ],
    )
    keys = [address_key(one.address) for one in added]
    ids = _ids(connection, keys)
    insert_topics(connection, ((ids[key], one) for key, one in zip(keys, added, strict=True)))
    return ids


CHANGEABLE = (
    "first_name", "last_name", "status", "language", "time_zone", "uncounted", "frequency", "paused_until",
    "attributes", "changed",
)  # fmt: skip


def values(one: Subscriber, now: datetime) -> tuple[Any, ...]:
    """What of a subscriber may change, in the order of ``CHANGEABLE``; PostgreSQL keeps no NUL, so nobody does."""
    return (
        _kept(one.first_name),
        _kept(one.last_name),
        one.status.value,
        one.language,
        one.time_zone,
        one.uncounted,
        one.frequency.value,
        int(one.paused_until.timestamp()) if one.paused_until else 0,
        {named: kept for name, value in one.attributes.items() if (named := _kept(name)) and (kept := _kept(value))},
        now,
    )


def _kept(text: str) -> str:
    return text.replace("\0", "").strip()


def insert_topics(connection: sa.Connection, readers: Iterable[tuple[int, Subscriber]]) -> None:
    """Write the topics of subscribers, by id, who have none yet."""
    rows = [
        (reader, topic, excluded)
        for reader, one in readers
        for topic, excluded in (dict.fromkeys(one.topics, False) | dict.fromkeys(one.excludes, True)).items()
    ]
    if rows:
        insert_rows(connection, subscriber_topic, ("subscriber", "topic", "excluded"), rows)


def _ids(connection: sa.Connection, keys: list[str]) -> dict[str, int]:
    query = sa.select(subscriber.c.address_key, subscriber.c.id).where(among(subscriber.c.address_key, "keys"))
    return dict(connection.execute(query, {"keys": keys}).all())
