"""An issue's messages that failed, counted by reason and domain in the database, without their readers."""

from collections.abc import Iterator

import sqlalchemy as sa

from newsletter.domain.bounce_groups import FailureKind, FailureRow
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.events import Bounce, EventKind
from newsletter.store.database import Database
from newsletter.store.event_tables import event
from newsletter.store.tables import delivery, send, subscriber


class Failures:
    """The failures of all issues."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_issue(self, issue: str) -> list[FailureRow]:
        """Return an issue's refused messages and its bounces. Each message counts once of a kind and reason."""
        with self._database.reading() as connection:
            return [*_refused(connection, issue), *_bounced(connection, issue)]


def _refused(connection: sa.Connection, issue: str) -> Iterator[FailureRow]:
    domain = _domain(connection, subscriber.c.address_key).label("domain")
    query = (
        sa.select(delivery.c.detail, domain, sa.func.count().label("messages"))
        .select_from(
            delivery.join(send, send.c.id == delivery.c.send).outerjoin(
                subscriber, subscriber.c.id == delivery.c.subscriber
            )
        )
        .where(send.c.issue == issue, delivery.c.status == DeliveryStatus.REFUSED.value)
        .group_by(delivery.c.detail, sa.text("domain"))
    )
    for row in connection.execute(query):
        yield FailureRow(
            kind=FailureKind.REFUSED, status="", detail=row.detail, domain=row.domain or "", messages=row.messages
        )


def _bounced(connection: sa.Connection, issue: str) -> Iterator[FailureRow]:
    domain = _domain(connection, event.c.address_key).label("domain")
    hard = (event.c.bounce == Bounce.PERMANENT.value).label("hard")
    # Words differ from message to message, so they only count where there is no code.
    words = sa.case((event.c.status == "", event.c.detail), else_="").label("words")
    messages = sa.func.count(sa.func.coalesce(event.c.subscriber, -event.c.id).distinct()).label("messages")
    query = (
        sa.select(hard, event.c.status, words, domain, messages)
        .where(event.c.issue == issue, event.c.kind == EventKind.BOUNCED.value)
        .group_by(sa.text("hard"), event.c.status, sa.text("words"), sa.text("domain"))
    )
    for row in connection.execute(query):
        yield FailureRow(
            kind=FailureKind.HARD if row.hard else FailureKind.SOFT,
            status=row.status,
            detail=row.words,
            domain=row.domain or "",
            messages=row.messages,
        )


def _domain(connection: sa.Connection, key: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """Return the part of an address behind the @."""
    if connection.dialect.name == "sqlite":
        return sa.case((key.contains("@"), sa.func.substr(key, sa.func.instr(key, "@") + 1)), else_="")
    return sa.func.split_part(key, "@", 2)
