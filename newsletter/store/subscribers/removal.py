"""Removal of a reader and of most that is stored about them."""

import re
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from newsletter.domain.addresses import address_key
from newsletter.store.event_tables import event
from newsletter.store.subscribers.collisions import forget_collisions
from newsletter.store.subscribers.confirmations import requested_by
from newsletter.store.tables import (
    confirmation,
    delivery,
    held_bounce,
    notice,
    send,
    service_message,
    subscriber,
    suppression,
)


def remove_reader(
    connection: sa.Connection, *, id_: int, key: str, address: str, is_theirs: Callable[[str], bool]
) -> None:
    """Delete a reader, their confirmations and service messages, and providers' reports about their messages.

    Such reports often contain the address, and so do the reasons why sends stopped, from which it is removed. The
    ledger keeps the delivery itself, without the provider's words. Suppressions stay. ``is_theirs`` returns whether an
    address, given by its key, is or was the reader's.
    """
    mine = requested_by(key, address)
    keys = [key, *connection.scalars(sa.select(confirmation.c.key).where(mine))]
    # The queue is short, and its addresses are spelled as somebody typed them, so compare the keys here.
    waiting = connection.execute(sa.select(service_message.c.id, service_message.c.about, service_message.c.address))
    gone = [row.id for row in waiting if row.about in keys or is_theirs(address_key(row.address))]
    connection.execute(sa.delete(service_message).where(service_message.c.id.in_(gone)))
    connection.execute(sa.delete(confirmation).where(mine))
    forget_collisions(connection, is_theirs)
    connection.execute(sa.delete(event).where(events_about(id_, address_key(address))))
    held = filter(is_theirs, connection.scalars(sa.select(held_bounce.c.address_key)).all())
    connection.execute(sa.delete(held_bounce).where(held_bounce.c.address_key.in_(list(held))))
    connection.execute(sa.delete(subscriber).where(subscriber.c.id == id_))
    _forget_words(connection, id_)
    for table in (send, notice):
        _forget_reasons(connection, table, is_theirs)


def events_about(reader: int, key: str) -> sa.ColumnElement[bool]:
    """Return the condition for all events about a reader, by id, or about an address, by its key."""
    return sa.or_(event.c.subscriber == reader, event.c.address_key == key)


def forget_reports(connection: sa.Connection, id_: int, since: datetime, address: str) -> None:
    """Delete events since a time about messages to a reader, by id, at any other address than this one.

    The outcomes of those messages are kept.
    """
    elsewhere = sa.and_(event.c.subscriber == id_, event.c.address_key != address_key(address))
    connection.execute(sa.delete(event).where(elsewhere, sa.or_(event.c.at >= since, event.c.received >= since)))
    _forget_words(connection, id_)


def forget_former(connection: sa.Connection, is_theirs: Callable[[str], bool]) -> None:
    """Delete suppressions and events with a reader's former addresses, where these are stored in clear."""
    suppressed = filter(is_theirs, connection.scalars(sa.select(suppression.c.address_key)).all())
    for key in suppressed:
        connection.execute(sa.delete(suppression).where(suppression.c.address_key == key))
    reported = filter(is_theirs, connection.scalars(sa.select(event.c.address_key).distinct()).all())
    for key in reported:
        connection.execute(sa.delete(event).where(event.c.address_key == key))


def _forget_words(connection: sa.Connection, id_: int) -> None:
    """Clear the provider's id and detail of a reader's deliveries: a reply or a path may contain the address."""
    every_send = sa.select(send.c.id)  # to use the unique index; there is none by reader alone
    described = sa.or_(delivery.c.detail != "", delivery.c.provider_id != "")
    mine = sa.and_(delivery.c.send.in_(every_send), delivery.c.subscriber == id_, described)
    connection.execute(sa.update(delivery).where(mine).values(detail="", provider_id=""))


def _forget_reasons(connection: sa.Connection, table: sa.Table, is_theirs: Callable[[str], bool]) -> None:
    """Remove a reader's addresses from the reasons why sends stopped or waited: a server's reply may contain one."""

    def without(name: re.Match[str]) -> str:
        return "<address>" if is_theirs(address_key(name[0].strip("<>"))) else name[0]

    for row in connection.execute(sa.select(table.c.id, table.c.reason).where(table.c.reason.contains("@"))).all():
        reason = _NAME.sub(without, row.reason)
        if reason != row.reason:
            connection.execute(sa.update(table).where(table.c.id == row.id).values(reason=reason))


_NAME = re.compile(r"<?[^\s<>()\[\]\"',;:]+@[^\s<>()\[\]\"',;:]*[^\s<>()\[\]\"',;:.]>?")
