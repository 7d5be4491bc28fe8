"""Conversion of subscribers to rows and back."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from newsletter.domain.addresses import address_key
from newsletter.domain.search_keys import search_key
from newsletter.domain.subscriber import Frequency, Subscriber, SubscriberStatus
from newsletter.store.row_writes import insert_rows
from newsletter.store.tables import subscriber, subscriber_topic

PAGE = 1000  # subscribers read at once


def in_parameter(column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    """Return the condition that a column has one of the values passed as ``name`` when the query is run.

    A query that contains the values would keep them all in memory until the next garbage collection.
    """
    return column.in_(sa.bindparam(name, expanding=True))


def read(connection: sa.Connection, *conditions: sa.ColumnElement[bool], **given: object) -> list[Subscriber]:
    """Return the subscribers that meet the conditions, ordered by id. ``given`` has the values for ``in_parameter``."""
    query = sa.select(subscriber).where(*conditions).order_by(subscriber.c.id)
    return _with_topics(connection, connection.execute(query, given).all())


def read_one(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> Subscriber | None:
    """Return the first subscriber that meets the conditions, or None."""
    return next(iter(read(connection, *conditions)), None)


def read_pages(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> Iterator[list[Subscriber]]:
    """Yield subscribers like ``read``, but a page at a time, for any number of them."""
    query = sa.select(subscriber).where(*conditions).order_by(subscriber.c.id).limit(PAGE)
    after = 0
    while page := connection.execute(query.where(subscriber.c.id > after)).all():
        yield _with_topics(connection, page)
        after = page[-1].id


def _with_topics(connection: sa.Connection, rows: Sequence[sa.Row[Any]]) -> list[Subscriber]:
    topics: dict[int, tuple[list[str], list[str]]] = {row.id: ([], []) for row in rows}
    query = (
        sa.select(subscriber_topic.c.subscriber, subscriber_topic.c.topic, subscriber_topic.c.excluded)
        .where(in_parameter(subscriber_topic.c.subscriber, "readers"))
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
    """Store new subscribers and return their ids by address key."""
    if not added:
        return {}
    insert_rows(
        connection,
        subscriber,
        ("key", "address", "address_key", "created", *CHANGEABLE),
        [
            (
                new.key or secrets.token_hex(16),
                new.address,
                address_key(new.address),
                new.created or now,
                *values(new, now),
            )
            for new in added
        ],
    )
    keys = [address_key(new.address) for new in added]
    ids = _ids(connection, keys)
    insert_topics(connection, ((ids[key], new) for key, new in zip(keys, added, strict=True)))
    return ids


CHANGEABLE = (
    "first_name", "last_name", "status", "language", "time_zone", "uncounted", "frequency", "paused_until",
    "attributes", "changed", "name_key", "last_name_key",
)  # fmt: skip


def values(reader: Subscriber, now: datetime) -> tuple[Any, ...]:
    """Return the values of a subscriber's ``CHANGEABLE`` columns, without NULs, which PostgreSQL can't store."""
    first_name, last_name = _clean(reader.first_name), _clean(reader.last_name)
    return (
        first_name,
        last_name,
        reader.status.value,
        reader.language,
        reader.time_zone,
        reader.uncounted,
        reader.frequency.value,
        int(reader.paused_until.timestamp()) if reader.paused_until else 0,
        {key: text for name, value in reader.attributes.items() if (key := _clean(name)) and (text := _clean(value))},
        now,
        search_key(f"{first_name} {last_name}"),
        search_key(last_name),
    )


def _clean(text: str) -> str:
    return text.replace("\0", "").strip()


def insert_topics(connection: sa.Connection, readers: Iterable[tuple[int, Subscriber]]) -> None:
    """Store the topics of subscribers, by id, who have none yet."""
    rows = [
        (id_, topic, excluded)
        for id_, reader in readers
        for topic, excluded in (dict.fromkeys(reader.topics, False) | dict.fromkeys(reader.excludes, True)).items()
    ]
    if rows:
        insert_rows(connection, subscriber_topic, ("subscriber", "topic", "excluded"), rows)


def _ids(connection: sa.Connection, keys: list[str]) -> dict[str, int]:
    query = sa.select(subscriber.c.address_key, subscriber.c.id).where(in_parameter(subscriber.c.address_key, "keys"))
    return dict(connection.execute(query, {"keys": keys}).all())
