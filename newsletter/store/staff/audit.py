"""The audit log: who did what to which thing, and when. Nothing in it is ever changed or deleted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.domain.people import Person
from newsletter.domain.staff import AuditEntry
from newsletter.store.database import Database
from newsletter.store.staff.staff_tables import audit

_COLUMN = audit.c
_PAGE = 100


class Audit:
    """The audit log. Triggers in the database refuse to change and to delete its rows.

    Entries have no secrets, and none of a reader's data: name a reader by their key.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, person: Person, act: str, thing: str, *, now: datetime, detail: Mapping[str, Any] | None = None
    ) -> None:
        """Note that a person did an act to a thing, such as ``issue 2026-11-23``. ``detail`` is JSON."""
        values = {
            "at": now,
            "person": person.id,
            "name": person.name,
            "address": person.address,
            "act": act,
            "thing": thing,
            "detail": dict(detail or {}),
        }
        with self._database.writing() as connection:
            connection.execute(sa.insert(audit).values(values))

    def entries(
        self, *, before: int | None = None, limit: int = _PAGE, address: str = "", act: str = "", thing: str = ""
    ) -> list[AuditEntry]:
        """Return entries, the latest first, from before the one with the id ``before``.

        ``address``, ``act`` and ``thing`` choose those of a person, of an act, and about a thing.
        """
        chosen = {_COLUMN.address: address, _COLUMN.act: act, _COLUMN.thing: thing}
        conditions = [column == value for column, value in chosen.items() if value]
        if before is not None:
            conditions.append(_COLUMN.id < before)
        query = sa.select(audit).where(*conditions).order_by(_COLUMN.id.desc()).limit(limit)
        with self._database.reading() as connection:
            return [AuditEntry(**row._asdict()) for row in connection.execute(query)]

    def acts(self) -> list[str]:
        """Return the acts that have entries, in alphabetical order."""
        with self._database.reading() as connection:
            return list(connection.scalars(sa.select(_COLUMN.act).distinct().order_by(_COLUMN.act)))
