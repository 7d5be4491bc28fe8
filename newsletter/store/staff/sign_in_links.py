"""Links that sign somebody in once, and the challenges of passkey ceremonies. The database has hashes of both."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.domain.staff import CEREMONY_LASTS, LINK_LASTS, CeremonyKind
from newsletter.store.database import Database
from newsletter.store.staff.staff_tables import ceremony, sign_in_link


class SignInLinks:
    """Links for members, which are good for 15 minutes and for one use."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, hashed: str, member: int, now: datetime, *, browser: str = "") -> None:
        """Store a link. ``browser`` is the hash of the one that asked for it; without it, any browser may use the link.

        It takes the place of the member's earlier link for the same browser, or for any. Others stay: whoever knows an
        address can ask for links to it, and must not be able to make those of its owner useless.
        """
        values = {
            "hash": hashed,
            "person": member,
            "browser": browser,
            "created_at": now,
            "expires_at": now + LINK_LASTS,
        }
        with self._database.writing() as connection:
            column = sign_in_link.c
            same = sa.and_(column.person == member, column.browser == browser)
            connection.execute(sa.delete(sign_in_link).where(sa.or_(same, column.expires_at <= now)))
            connection.execute(sa.insert(sign_in_link).values(values))

    def use(self, hashed: str, browser: str, now: datetime) -> int | None:
        """Use a link up and return the id of its member, whose other links no longer work.

        Return None if it can't be used, and then nothing has changed.
        """
        column = sign_in_link.c
        fits = sa.and_(
            column.hash == hashed,
            column.used_at.is_(None),
            column.expires_at > now,
            column.browser.in_(("", browser)),
        )
        with self._database.writing() as connection:
            query = sa.update(sign_in_link).where(fits).values(used_at=now).returning(column.person)
            member: int | None = connection.execute(query).scalar_one_or_none()
            if member is not None:
                connection.execute(sa.delete(sign_in_link).where(column.person == member, column.hash != hashed))
            return member


class Ceremonies:
    """The challenges of passkey ceremonies under way."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, hashed: str, kind: CeremonyKind, browser: str, now: datetime) -> None:
        """Store a challenge that was made for a browser or a session. Challenges that have expired are deleted."""
        values = {"hash": hashed, "kind": kind.value, "browser": browser, "expires_at": now + CEREMONY_LASTS}
        with self._database.writing() as connection:
            connection.execute(sa.delete(ceremony).where(ceremony.c.expires_at <= now))
            connection.execute(sa.insert(ceremony).values(values))

    def use(self, hashed: str, kind: CeremonyKind, browser: str, now: datetime) -> bool:
        """Use a challenge up, whatever comes of it, and return whether it was good for this kind and browser."""
        column = ceremony.c
        with self._database.writing() as connection:
            used = connection.execute(sa.delete(ceremony).where(column.hash == hashed).returning(ceremony)).first()
        return used is not None and (used.kind, used.browser) == (kind.value, browser) and used.expires_at > now
