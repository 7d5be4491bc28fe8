"""Read what a send has frozen: its issue's content and its editions."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.domain.edition import Edition, EditionCounts
from newsletter.message.compiled_issue import CompiledIssue
from newsletter.store.database import Database
from newsletter.store.sends.editions import frozen_edition, frozen_editions
from newsletter.store.tables import delivery, send


class Frozen:
    """A reader of the content that sends have frozen, which never changes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def content(self, send_id: int) -> tuple[CompiledIssue, datetime]:
        """Return a send's compiled issue and the date of its messages."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(send.c.content, send.c.date).where(send.c.id == send_id)).one()
        return CompiledIssue.from_json(row.content), row.date

    def editions(self, send_id: int) -> EditionCounts:
        """Return a send's editions and the number of readers of each when it was frozen."""
        with self._database.reading() as connection:
            left_out = connection.scalars(sa.select(send.c.left_out).where(send.c.id == send_id)).one()
            return frozen_editions(connection, send_id, left_out)

    def edition(self, send_id: int, number: int) -> Edition:
        """Return an edition of a send by its number."""
        with self._database.reading() as connection:
            return frozen_edition(connection, send_id, number)

    def edition_of(self, issue: str, reader: int) -> tuple[CompiledIssue, Edition] | None:
        """Return the compiled issue and the edition that a reader, by id, gets; None if they get none."""
        query = (
            sa.select(send.c.id, send.c.content, delivery.c.edition)
            .join(delivery, sa.and_(delivery.c.send == send.c.id, delivery.c.subscriber == reader))
            .where(send.c.issue == issue)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            return CompiledIssue.from_json(row.content), frozen_edition(connection, row.id, row.edition)
