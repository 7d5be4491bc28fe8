"""The members' sessions. The database has hashes of what their cookies have."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.domain.staff import SESSION_IDLE, StaffSession
from newsletter.store.database import Database
from newsletter.store.staff.staff_tables import staff_session

_COLUMN = staff_session.c
_NOTED_EVERY = timedelta(minutes=1)  # a page makes many requests


class StaffSessions:
    """The sessions of all members. One that nobody has used for twelve hours is over, and soon deleted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        hashed: str,
        member: int,
        *,
        by_link: bool,
        client: str,
        now: datetime,
        confirmed_at: datetime | None = None,
        replaces: str = "",
    ) -> None:
        """Begin a session. The session with the hash ``replaces`` ends in the same transaction, whoever's it is."""
        values = {
            "hash": hashed,
            "person": member,
            "by_link": by_link,
            "created_at": now,
            "seen_at": now,
            "confirmed_at": confirmed_at,
            "client": client,
        }
        with self._database.writing() as connection:
            connection.execute(sa.delete(staff_session).where(_COLUMN.hash == replaces))
            connection.execute(sa.delete(staff_session).where(_COLUMN.seen_at <= now - SESSION_IDLE))
            connection.execute(sa.insert(staff_session).values(values))

    def find(self, hashed: str, now: datetime, *, is_used: bool = True) -> StaffSession | None:
        """Return the session with a hash, or None if it is over. Note that it ``is_used``, by a person."""
        session = next(iter(self._sessions(_COLUMN.hash == hashed)), None)
        if session is None or session.is_over(now):
            return None
        if is_used and now >= session.seen_at + _NOTED_EVERY:
            with self._database.writing() as connection:
                connection.execute(sa.update(staff_session).where(_COLUMN.id == session.id).values(seen_at=now))
        return session

    def of_member(self, member: int, now: datetime) -> list[StaffSession]:
        """Return a member's sessions, the latest used first."""
        return self._sessions(_COLUMN.person == member, _COLUMN.seen_at > now - SESSION_IDLE)

    def end(self, session: int, member: int) -> bool:
        """End a member's session and return whether there was one."""
        return bool(self._delete(_COLUMN.id == session, _COLUMN.person == member))

    def end_all(self, member: int, *, but: int = 0) -> int:
        """End all sessions of a member, except the one with the id ``but``. Return their number."""
        return self._delete(_COLUMN.person == member, _COLUMN.id != but)

    def _delete(self, *conditions: sa.ColumnElement[bool]) -> int:
        with self._database.writing() as connection:
            return connection.execute(sa.delete(staff_session).where(*conditions)).rowcount

    def _sessions(self, *conditions: sa.ColumnElement[bool]) -> list[StaffSession]:
        query = sa.select(staff_session).where(*conditions).order_by(_COLUMN.seen_at.desc(), _COLUMN.id.desc())
        with self._database.reading() as connection:
            return [_session(row) for row in connection.execute(query)]


def _session(row: sa.Row[Any]) -> StaffSession:
    return StaffSession(
        id=row.id,
        member=row.person,
        by_link=row.by_link,
        created_at=row.created_at,
        seen_at=row.seen_at,
        confirmed_at=row.confirmed_at,
        client=row.client,
    )
