"""Issues' results as they were last counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.store.database import Database
from newsletter.store.row_writes import upsert
from newsletter.store.total_tables import issue_total


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTotals:
    """An issue's totals, when they were counted and how long that took. ``reports.issue_counts`` has their content."""

    counted_at: datetime
    milliseconds: int
    totals: Mapping[str, Any]


class IssueTotals:
    """The totals of all sends, by the send's id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Mapping[int, StoredTotals]:
        """Return the totals of all sends that were counted."""
        with self._database.reading() as connection:
            return {
                row.send: StoredTotals(counted_at=row.counted_at, milliseconds=row.milliseconds, totals=row.totals)
                for row in connection.execute(sa.select(issue_total))
            }

    def times(self) -> Mapping[int, StoredTotals]:
        """Return when each send was counted and how long that took, without the totals, which take longer to read."""
        columns = (issue_total.c.send, issue_total.c.counted_at, issue_total.c.milliseconds)
        with self._database.reading() as connection:
            return {
                row.send: StoredTotals(counted_at=row.counted_at, milliseconds=row.milliseconds, totals={})
                for row in connection.execute(sa.select(*columns))
            }

    def store(self, counted: Mapping[int, StoredTotals]) -> None:
        """Store totals by the send's id in place of earlier ones, in one transaction."""
        with self._database.writing() as connection:
            insert = upsert(connection.dialect.name, issue_total)
            for send, totals in counted.items():
                new = {
                    "counted_at": totals.counted_at,
                    "milliseconds": totals.milliseconds,
                    "totals": dict(totals.totals),
                }
                row = insert.values(send=send, **new)
                connection.execute(row.on_conflict_do_update(index_elements=["send"], set_=new))
