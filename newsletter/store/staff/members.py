"""The members of staff."""

import secrets
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.domain.addresses import address_key
from newsletter.domain.people import Role
from newsletter.domain.staff import StaffMember
from newsletter.errors import NewsletterError, NotFoundError
from newsletter.store.database import Database
from newsletter.store.staff.staff_tables import passkey, person, sign_in_link, staff_session

_COLUMN = person.c
_HANDLE_OCTETS = 32
_LOCK = 0x73_74_61_66  # PostgreSQL's advisory lock for changes that must leave an admin


class MemberExistsError(NewsletterError):
    """An invitation of somebody who is a member already."""

    code = "member-exists"

    def __init__(self, *, address: str) -> None:
        self.address = address
        super().__init__(f"{address} is a member of the team already", hint="change their role instead")


class LastAdminError(NewsletterError):
    """A change that would leave nobody who can manage people."""

    code = "last-admin"

    def __init__(self) -> None:
        super().__init__("this is the only admin", hint="make somebody else an admin first")


class StaffMembers:
    """The members of staff. ``members`` and what builds on it leave out those who were removed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def members(self) -> list[StaffMember]:
        """Return all members, by name; those who haven't joined yet are among them."""
        return self._members(_COLUMN.removed_at.is_(None))

    def of_address(self, address: str) -> StaffMember | None:
        """Return the member with an address, or None."""
        members = self._members(_COLUMN.removed_at.is_(None), _COLUMN.address_key == address_key(address))
        return members[0] if members else None

    def get(self, member: int) -> StaffMember:
        """Return a member. Raise NotFoundError if they were removed."""
        members = self._members(_COLUMN.removed_at.is_(None), _COLUMN.id == member)
        if not members:
            raise _missing()
        return members[0]

    def add(self, address: str, *, name: str, role: Role, by: str, now: datetime) -> StaffMember:
        """Add a member who hasn't joined yet. ``by`` is the address of the person who invites them.

        Raise MemberExistsError if there is one with that address.
        """
        values = {
            "address": address,
            "name": name,
            "role": role.value,
            "invited_at": now,
            "invited_by": by,
            "joined_at": None,
            "removed_at": None,
        }
        key = address_key(address)
        with self._database.exclusive() as connection:
            known = connection.execute(sa.select(_COLUMN.id, _COLUMN.removed_at).where(_COLUMN.address_key == key))
            row = known.first()
            if row is None:
                new = {"handle": secrets.token_bytes(_HANDLE_OCTETS), "address_key": key, "weekly_summary": False}
                member = connection.execute(sa.insert(person).values(values | new).returning(_COLUMN.id)).scalar_one()
            elif row.removed_at is None:
                raise MemberExistsError(address=address)
            else:
                member = row.id
                _remove_access(connection, member)  # what was under way when they were removed
                connection.execute(sa.update(person).where(_COLUMN.id == member).values(values))
        return self.get(int(member))

    def join(self, member: int, now: datetime) -> None:
        """Note that a member has registered a passkey; the first time counts."""
        self._change(
            member, joined_at=sa.func.coalesce(_COLUMN.joined_at, sa.bindparam("now", now, _COLUMN.joined_at.type))
        )

    def rename(self, member: int, name: str) -> None:
        """Give a member another name. Raise NotFoundError."""
        self._change(member, name=name)

    def want_summary(self, member: int, wanted: bool) -> None:
        """Note whether a member wants the weekly summary. Raise NotFoundError."""
        self._change(member, weekly_summary=wanted)

    def change_role(self, member: int, role: Role) -> None:
        """Give a member another role. Raise LastAdminError, NotFoundError."""
        with self._database.writing() as connection:
            _keep_an_admin(connection, member if role is not Role.ADMIN else 0)
            self._change_in(connection, member, role=role.value)

    def remove(self, member: int, now: datetime) -> None:
        """Remove a member with their passkeys, sessions and links. Raise LastAdminError, NotFoundError."""
        with self._database.writing() as connection:
            _keep_an_admin(connection, member)
            self._change_in(connection, member, removed_at=now)
            _remove_access(connection, member)

    def _change(self, member: int, **values: object) -> None:
        with self._database.writing() as connection:
            self._change_in(connection, member, **values)

    def _change_in(self, connection: sa.Connection, member: int, **values: object) -> None:
        condition = sa.and_(_COLUMN.id == member, _COLUMN.removed_at.is_(None))
        if not connection.execute(sa.update(person).where(condition).values(**values)).rowcount:
            raise _missing()

    def _members(self, *conditions: sa.ColumnElement[bool]) -> list[StaffMember]:
        query = sa.select(person).where(*conditions).order_by(sa.func.lower(_COLUMN.name), _COLUMN.address)
        with self._database.reading() as connection:
            return [_member(row) for row in connection.execute(query)]


def _keep_an_admin(connection: sa.Connection, without: int) -> None:
    """Raise LastAdminError if ``without`` is the only admin who has joined. Changes by others wait."""
    if connection.dialect.name != "sqlite":  # SQLite has one writer anyway
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    joined = sa.and_(_COLUMN.removed_at.is_(None), _COLUMN.joined_at.is_not(None), _COLUMN.role == Role.ADMIN.value)
    if list(connection.scalars(sa.select(_COLUMN.id).where(joined))) == [without]:
        raise LastAdminError()


def _remove_access(connection: sa.Connection, member: int) -> None:
    for table in (passkey, staff_session, sign_in_link):
        connection.execute(sa.delete(table).where(table.c.person == member))


def _member(row: sa.Row[Any]) -> StaffMember:
    values = row._asdict()
    del values["address_key"]
    return StaffMember(**{**values, "role": Role(row.role), "handle": bytes(row.handle)})


def _missing() -> NotFoundError:
    return NotFoundError("this person is no longer a member of the team", hint="look at the list of people")
