"""Findings that were ticked off with a reason."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from newsletter.domain.reviews import TickedFinding
from newsletter.store.database import Database
from newsletter.store.reviews.review_tables import finding_tick
from newsletter.store.row_writes import upsert


class TickedFindings:
    """The findings that were ticked off, by their fingerprints."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tick(self, ticked: TickedFinding) -> None:
        """Store that a finding was ticked off; it replaces an earlier reason."""
        values: dict[str, Any] = {
            "reason": ticked.reason,
            "at": ticked.at,
            "by": ticked.by,
            "name": ticked.name,
        }
        with self._database.writing() as connection:
            insert = upsert(connection.dialect.name, finding_tick).values(fingerprint=ticked.fingerprint, **values)
            connection.execute(insert.on_conflict_do_update(index_elements=["fingerprint"], set_=values))

    def untick(self, fingerprint: str) -> None:
        """Open a finding again."""
        with self._database.writing() as connection:
            connection.execute(sa.delete(finding_tick).where(finding_tick.c.fingerprint == fingerprint))

    def among(self, fingerprints: Collection[str]) -> dict[str, TickedFinding]:
        """Return those of these findings that were ticked off, by fingerprint."""
        query = sa.select(finding_tick).where(finding_tick.c.fingerprint.in_(list(fingerprints)))
        with self._database.reading() as connection:
            return {row.fingerprint: TickedFinding(**row._mapping) for row in connection.execute(query)}  # noqa: SLF001
