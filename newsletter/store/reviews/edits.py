"""Who has changed which file, and when."""

from collections.abc import Collection, Iterable

import sqlalchemy as sa

from newsletter.domain.reviews import Edit
from newsletter.store.database import Database
from newsletter.store.reviews.review_tables import edit, review_event
from newsletter.store.row_writes import upsert


class Edits:
    """A record of when each person last changed each file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, edits: Iterable[Edit]) -> None:
        """Store edits, with the latest event of any review; an edit replaces earlier ones of the file by the person."""
        latest = sa.select(sa.func.coalesce(sa.func.max(review_event.c.id), 0))
        with self._database.writing() as connection:
            event = connection.scalars(latest).one()
            for made in edits:
                values = {"path": made.path, "address": made.address, "at": made.at, "event": event}
                insert = upsert(connection.dialect.name, edit).values(values)
                later = {"at": insert.excluded.at, "event": insert.excluded.event}
                connection.execute(insert.on_conflict_do_update(index_elements=["path", "address"], set_=later))

    def of_files(self, paths: Collection[str]) -> tuple[Edit, ...]:
        """Return the edits of these files."""
        return self._edits(edit.c.path.in_(list(paths)))

    def below(self, folder: str) -> tuple[Edit, ...]:
        """Return the edits of the files in a folder and below it."""
        return self._edits(edit.c.path.startswith(f"{folder}/", autoescape=True))

    def _edits(self, condition: sa.ColumnElement[bool]) -> tuple[Edit, ...]:
        query = sa.select(edit).where(condition).order_by(edit.c.at, edit.c.path, edit.c.address)
        with self._database.reading() as connection:
            return tuple(Edit(**row._mapping) for row in connection.execute(query))  # noqa: SLF001
