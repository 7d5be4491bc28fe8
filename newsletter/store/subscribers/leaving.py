"""Reasons for leaving, counted without the readers who gave them."""

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa

from newsletter.domain.consent import ConsentEvent, hour_of
from newsletter.domain.leaving import ASK_WITHIN, ReasonCount
from newsletter.domain.subscriber import SubscriberStatus
from newsletter.store.answer_tables import leaving_reason
from newsletter.store.database import Database
from newsletter.store.row_writes import insert_new, upsert
from newsletter.store.subscribers.consents import consents_of
from newsletter.store.tables import allowance, send, subscriber


class Leaving:
    """Readers who have just unsubscribed, and the reasons that some of them give."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def may_give_reason(self, key: str, subject: str, now: datetime) -> bool:
        """Return whether a reader unsubscribed lately and gave no reason; ``subject`` is a keyed hash of their key."""
        with self._database.reading() as connection:
            left = _left(connection, key, now)
            if left is None:
                return False
            given = sa.and_(allowance.c.subject == subject, allowance.c.hour == hour_of(left))
            return not connection.scalar(sa.select(sa.exists().where(given)))

    def count_reason(self, key: str, reason: str, *, issue: str, subject: str, day: date, now: datetime) -> bool:
        """Count a reason of a reader who ``may_give_reason``, and return whether it was counted.

        A keyed hash, kept for a week, prevents a second answer.
        """
        with self._database.writing() as connection:
            left = _left(connection, key, now)
            if left is None or not insert_new(
                connection, allowance, {"subject": subject, "hour": hour_of(left), "times": 1}
            ):
                return False
            insert = upsert(connection.dialect.name, leaving_reason)
            new = insert.values(day=day, issue=issue, reason=reason, readers=1)
            more = {"readers": leaving_reason.c.readers + 1}
            connection.execute(new.on_conflict_do_update(index_elements=["day", "issue", "reason"], set_=more))
        return True

    def reasons(self, issue: str) -> Sequence[ReasonCount]:
        """Return the reasons of readers who left by an issue's message, the most common first."""
        return self._reasons(leaving_reason.c.issue == issue)

    def other_reasons(self, *, since: date, before: date | None) -> Sequence[ReasonCount]:
        """Return the reasons of readers who left on these days by no issue's message, the most common first.

        They used the link in service mail or on the page of preferences. ``before`` is None if the days have no end.
        """
        other = leaving_reason.c.issue.not_in(sa.select(send.c.issue))
        end = leaving_reason.c.day < before if before else sa.true()
        return self._reasons(sa.and_(other, leaving_reason.c.day >= since, end))

    def _reasons(self, where: sa.ColumnElement[bool]) -> Sequence[ReasonCount]:
        days: dict[str, dict[date, int]] = {}
        query = sa.select(leaving_reason).where(where).order_by(leaving_reason.c.day)
        with self._database.reading() as connection:
            for row in connection.execute(query):
                by_day = days.setdefault(row.reason, {})
                by_day[row.day] = by_day.get(row.day, 0) + row.readers
        counts = [ReasonCount(reason=reason, days=readers) for reason, readers in days.items()]
        return sorted(counts, key=lambda given: (-given.readers, given.reason))


def _left(connection: sa.Connection, key: str, now: datetime) -> datetime | None:
    """Return when a reader unsubscribed, or None if they didn't, or not lately."""
    unsubscribed = subscriber.c.status == SubscriberStatus.UNSUBSCRIBED.value
    reader = connection.scalar(sa.select(subscriber.c.id).where(subscriber.c.key == key, unsubscribed))
    events = consents_of(connection, [reader]).get(reader, []) if reader is not None else []
    if not events or events[-1].event is not ConsentEvent.UNSUBSCRIBED or events[-1].at < now - ASK_WITHIN:
        return None
    return events[-1].at
