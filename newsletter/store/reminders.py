"""Reminders: each is queued once for a day, whatever worker is the first."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from newsletter.domain.notices import NoticeKind
from newsletter.store.database import Database
from newsletter.store.notices import queue_addressed_notices, queue_notice_of_issue
from newsletter.store.row_writes import insert_new
from newsletter.store.worker_tables import reminder

_KEPT = timedelta(days=60)


class Reminders:
    """The reminders that were queued."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_claimed(self, kind: str, day: date) -> bool:
        """Return whether the reminder of a day has been queued."""
        query = sa.select(sa.exists().where(reminder.c.kind == kind, reminder.c.day == day))
        with self._database.reading() as connection:
            return connection.scalars(query).one()

    def claim(self, kind: str, day: date) -> bool:
        """Note that the caller queues the reminder of a day; return False if that was noted before."""
        with self._database.writing() as connection:
            return _claim(connection, kind, day)

    def notify_once(self, issue: str, kind: NoticeKind, reason: str, *, day: date, now: datetime) -> bool:
        """Queue a notification about an issue, at most one of its kind for a day; return whether it was queued."""
        with self._database.writing() as connection:
            if not _claim(connection, kind.value, day):
                return False
            queue_notice_of_issue(connection, issue, kind, reason, now)
            return True

    def notify_members_once(
        self, addresses: Sequence[str], kind: NoticeKind, text: str, *, day: date, now: datetime
    ) -> bool:
        """Queue a text to some addresses, at most one of its kind for a day; return whether it was queued."""
        with self._database.writing() as connection:
            if not _claim(connection, kind.value, day):
                return False
            queue_addressed_notices(connection, addresses, kind, text, now)
            return True


def _claim(connection: sa.Connection, kind: str, day: date) -> bool:
    connection.execute(sa.delete(reminder).where(reminder.c.day < day - _KEPT))
    return insert_new(connection, reminder, {"kind": kind, "day": day})
