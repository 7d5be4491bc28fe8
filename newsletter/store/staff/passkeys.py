"""The members' passkeys."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.domain.staff import Passkey
from newsletter.errors import NewsletterError, NotFoundError
from newsletter.store.database import Database
from newsletter.store.row_writes import insert_new
from newsletter.store.staff.staff_tables import passkey

_COLUMN = passkey.c


class KeyExistsError(NewsletterError):
    """A registration of a passkey that is registered already."""

    code = "key-exists"

    def __init__(self) -> None:
        super().__init__("this passkey is registered already", hint="use another device or security key")


class LastKeyError(NewsletterError):
    """A removal of somebody's only passkey."""

    code = "last-key"

    def __init__(self) -> None:
        super().__init__("this is your only passkey", hint="add another one first, then remove this one")


class Passkeys:
    """The passkeys of all members."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_member(self, member: int) -> list[Passkey]:
        """Return a member's passkeys, the oldest first."""
        return self._passkeys(_COLUMN.person == member)

    def of_credential(self, credential: bytes) -> Passkey | None:
        """Return the passkey with an id, or None."""
        return next(iter(self._passkeys(_COLUMN.credential == credential)), None)

    def add(
        self,
        member: int,
        *,
        credential: bytes,
        public_key: bytes,
        sign_count: int,
        name: str,
        synced: bool,
        transports: tuple[str, ...],
        now: datetime,
    ) -> None:
        """Register a passkey. Raise KeyExistsError."""
        values = {
            "person": member,
            "credential": credential,
            "public_key": public_key,
            "sign_count": sign_count,
            "name": name,
            "synced": synced,
            "transports": list(transports),
            "created_at": now,
            "used_at": now,
        }
        with self._database.writing() as connection:
            if not insert_new(connection, passkey, values):
                raise KeyExistsError()

    def note_use(self, key: int, *, sign_count: int, synced: bool, now: datetime) -> bool:
        """Note that a passkey was used; return False if its count doesn't grow, as with a copy of the key.

        A count of 0 means that the device doesn't count (https://www.w3.org/TR/webauthn-3/#sctn-sign-counter).
        """
        grows = sa.or_(_COLUMN.sign_count < sign_count, sa.and_(_COLUMN.sign_count == 0, sa.literal(sign_count) == 0))
        values = {"sign_count": sign_count, "synced": synced, "used_at": now}
        with self._database.writing() as connection:
            return bool(connection.execute(sa.update(passkey).where(_COLUMN.id == key, grows).values(values)).rowcount)

    def rename(self, key: int, member: int, name: str) -> None:
        """Give a member's passkey another name. Raise NotFoundError."""
        with self._database.writing() as connection:
            change = sa.update(passkey).where(_COLUMN.id == key, _COLUMN.person == member).values(name=name)
            if not connection.execute(change).rowcount:
                raise _missing()

    def remove(self, key: int, member: int) -> Passkey:
        """Remove a member's passkey and return it. Raise LastKeyError, NotFoundError."""
        with self._database.exclusive() as connection:
            rows = [_passkey(row) for row in connection.execute(sa.select(passkey).where(_COLUMN.person == member))]
            removed = next((row for row in rows if row.id == key), None)
            if removed is None:
                raise _missing()
            if len(rows) == 1:
                raise LastKeyError()
            connection.execute(sa.delete(passkey).where(_COLUMN.id == key))
            return removed

    def _passkeys(self, *conditions: sa.ColumnElement[bool]) -> list[Passkey]:
        query = sa.select(passkey).where(*conditions).order_by(_COLUMN.id)
        with self._database.reading() as connection:
            return [_passkey(row) for row in connection.execute(query)]


def _passkey(row: sa.Row[Any]) -> Passkey:
    values = row._asdict()
    member = values.pop("person")
    octets = {"credential": bytes(row.credential), "public_key": bytes(row.public_key)}
    return Passkey(**{**values, **octets, "member": member, "transports": tuple(row.transports)})


def _missing() -> NotFoundError:
    return NotFoundError("this passkey no longer exists", hint="look at your account")
