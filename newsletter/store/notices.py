"""The queue of notifications to the people who run the newsletter."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from newsletter.domain.delivery import clean_text
from newsletter.domain.events import storable_text
from newsletter.domain.notices import KEPT, Notice, NoticeKind
from newsletter.store.database import Database
from newsletter.store.tables import notice, send

LONGEST = 20_000  # characters of a notification with a text of its own
LEASE = 120  # seconds for which a process may keep the notifications that it is mailing


class Notices:
    """The notifications that haven't been mailed yet. Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def has_due(self, now: datetime) -> bool:
        """Return whether a notification is due."""
        due = sa.select(sa.exists().where(notice.c.due <= int(now.timestamp())))
        with self._database.reading() as connection:
            return connection.scalars(due).one()

    def queue(self, issue: str, kind: NoticeKind, reason: str, *, now: datetime) -> None:
        """Queue a notification about an issue, whether it has a send or not. The next worker mails it."""
        with self._database.writing() as connection:
            queue_notice_of_issue(connection, issue, kind, reason, now)

    def address(self, addresses: Sequence[str], now: datetime) -> None:
        """Address new notifications to these addresses, or delete them if there are none. Delete outdated ones."""
        unaddressed = sa.select(notice).where(notice.c.address == "").with_for_update(skip_locked=True)
        with self._database.writing() as connection:
            connection.execute(sa.delete(notice).where(notice.c.at < int((now - KEPT).timestamp())))
            rows = connection.execute(unaddressed).mappings().all()
            new = [
                {name: value for name, value in row.items() if name != "id"}
                | {"address": address, "key": secrets.token_hex(16)}
                for row in rows
                for address in addresses
            ]
            if rows:
                connection.execute(sa.delete(notice).where(notice.c.id.in_([row["id"] for row in rows])))
            if new:
                connection.execute(sa.insert(notice), new)

    def reserve(self, now: datetime, most: int) -> list[Notice]:
        """Return addressed notifications that are due, and reserve them for the caller for two minutes."""
        seconds = int(now.timestamp())
        due = (
            sa.select(notice.c.id)
            .where(notice.c.due <= seconds, notice.c.address != "")
            .order_by(notice.c.due, notice.c.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        with self._database.writing() as connection:
            mine = notice.c.id.in_(list(connection.scalars(due)))
            taken = {"due": seconds + LEASE, "attempts": notice.c.attempts + 1}
            connection.execute(sa.update(notice).where(mine).values(**taken))
            rows = connection.execute(sa.select(notice).where(mine).order_by(notice.c.id)).all()
        return [
            Notice(
                id=row.id,
                send=row.send,
                issue=row.issue,
                kind=NoticeKind(row.kind),
                reason=row.reason,
                at=datetime.fromtimestamp(row.at, UTC),
                address=row.address,
                key=row.key,
                attempts=row.attempts,
            )
            for row in rows
        ]

    def delete(self, mailed: Notice) -> None:
        """Delete a notification that was mailed or never will be."""
        with self._database.writing() as connection:
            connection.execute(sa.delete(notice).where(notice.c.id == mailed.id))

    def postpone(self, unmailed: Notice, until: datetime) -> None:
        """Retry a notification, but not before ``until``."""
        with self._database.writing() as connection:
            connection.execute(sa.update(notice).where(notice.c.id == unmailed.id).values(due=int(until.timestamp())))


def queue_notice(
    connection: sa.Connection,
    send_id: int,
    kind: NoticeKind,
    reason: str,
    now: datetime,
    *,
    after: timedelta = timedelta(),
) -> None:
    """Queue a notification about a scheduled send, in the transaction that changes it; it is due ``after`` a delay."""
    at = int(now.timestamp())
    values = {"kind": kind.value, "reason": clean_text(reason), "address": "", "key": "", "attempts": 0}
    values |= {"at": at, "due": at + int(after.total_seconds())}
    scheduled = sa.select(send.c.id, *(sa.literal(value, notice.c[name].type) for name, value in values.items()))
    connection.execute(
        sa.insert(notice).from_select(
            ["send", *values], scheduled.where(send.c.id == send_id, send.c.begins.is_not(None))
        )
    )


def queue_notice_of_issue(connection: sa.Connection, issue: str, kind: NoticeKind, reason: str, now: datetime) -> None:
    """Queue a notification about an issue, whether it has a send or not."""
    at = int(now.timestamp())
    values = {"send": 0, "issue": issue, "kind": kind.value, "reason": clean_text(reason), "at": at, "due": at}
    connection.execute(sa.insert(notice).values(**values, address="", key="", attempts=0))


def queue_addressed_notices(
    connection: sa.Connection, addresses: Sequence[str], kind: NoticeKind, text: str, now: datetime
) -> None:
    """Queue a notification with a text of its own to each of some addresses."""
    at = int(now.timestamp())
    values = {"send": 0, "issue": "", "kind": kind.value, "reason": storable_text(text, LONGEST), "at": at, "due": at}
    rows = [{**values, "address": address, "key": secrets.token_hex(16), "attempts": 0} for address in addresses]
    if rows:
        connection.execute(sa.insert(notice), rows)


def queue_notice_of_hold(connection: sa.Connection, issue: str, now: datetime) -> None:
    """Queue a notification that bounces of an issue are held, in the transaction in which the hold begins.

    Each message lists all holds, so nothing is queued while another one is still unaddressed.
    """
    at = int(now.timestamp())
    values = {
        "kind": NoticeKind.HELD.value,
        "reason": "",
        "address": "",
        "key": "",
        "attempts": 0,
        "at": at,
        "due": at,
    }
    of_issue = sa.select(send.c.id, *(sa.literal(value, notice.c[name].type) for name, value in values.items()))
    waiting = sa.exists().where(notice.c.kind == NoticeKind.HELD.value, notice.c.address == "")
    connection.execute(
        sa.insert(notice).from_select(["send", *values], of_issue.where(send.c.issue == issue, ~waiting))
    )
