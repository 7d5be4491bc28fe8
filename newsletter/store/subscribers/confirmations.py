"""Pending confirmations (sign-ups, address changes) and the outgoing queue of service mail."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.domain.addresses import address_key
from newsletter.domain.consent import (
    Confirmation,
    ConfirmationKind,
    MailRequest,
    RequestLimit,
    ServiceKind,
    ServiceMessage,
    SignUpChoices,
    hour_of,
)
from newsletter.store.database import Database
from newsletter.store.subscribers.service_bounces import forget_old_service_bounces
from newsletter.store.subscribers.sign_up_limits import admit, first_exceeded, forget_before, lock
from newsletter.store.tables import confirmation, service_message

LEASE = 120  # seconds for which a process may keep the service messages that it is sending
KEPT = timedelta(days=30)  # for a confirmation, so that an expired one can be requested again
LONGEST_LIMIT = 24 * 7  # hours


class Confirmations:
    """The pending confirmations and the queue of service mail. Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def request(self, requests: Sequence[MailRequest]) -> list[RequestLimit | None]:
        """Queue service messages, and store the confirmations that they are about, within the rate limits.

        Return for each request the limit that it exceeds, or None. A request of a client over its limit writes nothing.
        """
        with self._database.reading() as connection:
            answers = first_exceeded(connection, requests)
        rest = [number for number, over in enumerate(answers) if over is None]
        if rest:
            with self._database.writing() as connection:
                lock(connection)
                decided = admit(connection, [requests[number] for number in rest])
                admitted = [requests[number] for number, over in zip(rest, decided, strict=True) if over is None]
                if about := [_values(request.about) for request in admitted if request.about is not None]:
                    connection.execute(sa.insert(confirmation), about)
                if admitted:
                    queue_messages(connection, *(request.message for request in admitted))
            for number, over in zip(rest, decided, strict=True):
                answers[number] = over
        return answers

    def get(self, key: str) -> Confirmation | None:
        """Return a confirmation by its key, or None."""
        with self._database.reading() as connection:
            return read_confirmation(connection, key)

    def of_reader(self, key: str, address: str) -> list[Confirmation]:
        """Return the confirmations requested for an address or by the reader with this key, the oldest first."""
        query = sa.select(confirmation).where(requested_by(key, address)).order_by(confirmation.c.asked)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [_confirmation(row) for row in rows]

    def next_messages(self, now: datetime, most: int) -> list[ServiceMessage]:
        """Return service messages that are due, and reserve them for the caller for two minutes."""
        seconds = int(now.timestamp())
        due = (
            sa.select(service_message.c.id)
            .where(service_message.c.due <= seconds)
            .order_by(service_message.c.due, service_message.c.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        with self._database.writing() as connection:
            ids = list(connection.scalars(due))
            if not ids:
                return []
            mine = service_message.c.id.in_(ids)
            connection.execute(
                sa.update(service_message)
                .where(mine)
                .values(due=seconds + LEASE, attempts=service_message.c.attempts + 1)
            )
            rows = connection.execute(sa.select(service_message).where(mine).order_by(service_message.c.id)).all()
        return [
            ServiceMessage(
                id=row.id,
                kind=ServiceKind(row.kind),
                about=row.about,
                address=row.address,
                created=row.created,
                attempts=row.attempts,
            )
            for row in rows
        ]

    def has_due(self, now: datetime) -> bool:
        """Return whether a service message is due."""
        due = sa.select(sa.exists().where(service_message.c.due <= int(now.timestamp())))
        with self._database.reading() as connection:
            return connection.scalars(due).one()

    def record_attempts(self, posted: Sequence[tuple[ServiceMessage, datetime | None]]) -> None:
        """Delete service messages that were sent or never will be, and postpone those that have a time for a retry."""
        done = [message.id for message, again in posted if again is None]
        with self._database.writing() as connection:
            connection.execute(sa.delete(service_message).where(service_message.c.id.in_(done)))
            for message, again in posted:
                if again is not None:
                    mine = service_message.c.id == message.id
                    connection.execute(sa.update(service_message).where(mine).values(due=int(again.timestamp())))

    def tidy(self, now: datetime) -> None:
        """Delete old confirmations, and counts and bounces that no longer matter to any limit."""
        hour = hour_of(now)
        with self._database.writing() as connection:
            connection.execute(sa.delete(confirmation).where(confirmation.c.asked < now - KEPT))
            forget_before(connection, hour - LONGEST_LIMIT)
            forget_old_service_bounces(connection, now)


def requested_by(key: str, address: str) -> sa.ColumnElement[bool]:
    """Return the condition for confirmations requested for an address or by the reader with this key."""
    return sa.or_(confirmation.c.address_key == address_key(address), confirmation.c.subscriber == key)


def queue_messages(connection: sa.Connection, *messages: ServiceMessage) -> None:
    """Queue service messages, due at once."""
    connection.execute(
        sa.insert(service_message),
        [
            {
                "kind": message.kind.value,
                "about": message.about,
                "address": message.address,
                "created": message.created,
                "attempts": 0,
                "due": int(message.created.timestamp()),
            }
            for message in messages
        ],
    )


def insert_confirmation(connection: sa.Connection, pending: Confirmation) -> None:
    """Store a pending confirmation."""
    connection.execute(sa.insert(confirmation), [_values(pending)])


def read_confirmation(connection: sa.Connection, key: str) -> Confirmation | None:
    """Return a confirmation by its key, or None."""
    row = connection.execute(sa.select(confirmation).where(confirmation.c.key == key)).one_or_none()
    return None if row is None else _confirmation(row)


def confirmations_where(
    connection: sa.Connection, *conditions: sa.ColumnElement[bool] | sa.TextClause, most: int
) -> list[Confirmation]:
    """Return the confirmations that meet the conditions, the latest first, and at most this many."""
    query = sa.select(confirmation).where(*conditions).order_by(confirmation.c.asked.desc()).limit(most)
    return [_confirmation(row) for row in connection.execute(query)]


def mark_confirmed(connection: sa.Connection, key: str, now: datetime) -> bool:
    """Mark a confirmation as given, and return False if it was given before."""
    marked = sa.update(confirmation).where(confirmation.c.key == key, confirmation.c.confirmed.is_(None))
    return connection.execute(marked.values(confirmed=now)).rowcount > 0


def delete_confirmations(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> None:
    """Delete confirmations and the queued messages about them."""
    gone = connection.scalars(sa.delete(confirmation).where(*conditions).returning(confirmation.c.key)).all()
    connection.execute(sa.delete(service_message).where(service_message.c.about.in_(gone)))


def _confirmation(row: Any) -> Confirmation:
    return Confirmation(
        key=row.key,
        kind=ConfirmationKind(row.kind),
        address=row.address,
        subscriber=row.subscriber,
        choices=SignUpChoices.from_json(row.choices),
        how=row.how,
        wording=row.wording,
        requested=row.asked,
        confirmed=row.confirmed,
    )


def _values(pending: Confirmation) -> dict[str, object]:
    return {
        "key": pending.key,
        "kind": pending.kind.value,
        "address": pending.address,
        "address_key": address_key(pending.address),
        "subscriber": pending.subscriber,
        "choices": pending.choices.to_json(),
        "how": pending.how,
        "wording": pending.wording,
        "asked": pending.requested,
    }
