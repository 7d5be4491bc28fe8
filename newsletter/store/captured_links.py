"""Links that editors captured, until they become entries or are dropped."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from newsletter.domain.captured_links import CapturedLink, LinkFacts
from newsletter.errors import NotFoundError
from newsletter.store.captured_link_table import captured_link
from newsletter.store.database import Database

_COLUMN = captured_link.c
_FACTS = LinkFacts.__slots__


class CapturedLinks:
    """The captured links of all editors."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, url: str, *, by: str, now: datetime, selection: str = "", facts: LinkFacts | None = None) -> int:
        """Store a link and return its id. ``by`` is the person's address; its page is still to be fetched."""
        row = {"url": url, "selection": selection, "captured_by": by, "captured_at": now, "problem": "", "entry": ""}
        insert = sa.insert(captured_link).values(row | _columns(facts or LinkFacts())).returning(_COLUMN.id)
        with self._database.writing() as connection:
            return int(connection.execute(insert).scalar_one())

    def record(self, link: int, facts: LinkFacts, now: datetime, *, problem: str = "") -> None:
        """Store what a link's page says, or why it couldn't be fetched; facts that it doesn't have stay.

        Raise NotFoundError.
        """
        values = {name: value for name, value in _columns(facts).items() if value not in ("", None, False, {})}
        self._change(link, **values, fetched_at=now, problem=problem)

    def put_off(self, link: int, until: date | None) -> None:
        """Hide a link until a day; None shows it again. Raise NotFoundError."""
        self._change(link, put_off_until=until)

    def drop(self, link: int, now: datetime) -> None:
        """Take a link off the list; ``restore`` brings it back. Raise NotFoundError."""
        self._change(link, dropped_at=now)

    def restore(self, link: int) -> None:
        """Put a dropped or put-off link back on the list. Raise NotFoundError."""
        self._change(link, dropped_at=None, put_off_until=None)

    def use(self, link: int, entry: str) -> None:
        """Note the entry that was made of a link; an empty slug puts it back on the list. Raise NotFoundError."""
        self._change(link, entry=entry)

    def get(self, link: int) -> CapturedLink:
        """Return a link. Raise NotFoundError."""
        links = self._links(_COLUMN.id == link)
        if not links:
            raise _missing()
        return links[0]

    def waiting(self, day: date) -> list[CapturedLink]:
        """Return the links that wait for a decision on a day, the newest first, without their texts."""
        return self._links(_OPEN, sa.or_(_COLUMN.put_off_until.is_(None), _COLUMN.put_off_until <= day), texts=False)

    def put_off_beyond(self, day: date) -> list[CapturedLink]:
        """Return the links that are put off beyond a day, the next first, without their texts."""
        links = self._links(_OPEN, _COLUMN.put_off_until > day, texts=False)
        return sorted(links, key=lambda link: (link.put_off_until or day, -link.id))

    def of_entry(self, slug: str) -> CapturedLink | None:
        """Return the latest link that an entry was made of, or None."""
        return next(iter(self._links(_COLUMN.entry == slug)), None)

    def prune(self, before: datetime) -> int:
        """Delete texts fetched and links dropped before a time. Return the number of texts."""
        had_text = sa.and_(_COLUMN.text != "", _COLUMN.fetched_at < before)
        gone = _COLUMN.dropped_at < before
        with self._database.reading() as connection:
            if not connection.scalar(sa.select(sa.exists().where(sa.or_(had_text, gone)))):
                return 0
        with self._database.writing() as connection:
            texts = connection.execute(sa.update(captured_link).where(had_text).values(text="")).rowcount
            connection.execute(sa.delete(captured_link).where(gone))
        return texts

    def _change(self, link: int, **values: object) -> None:
        with self._database.writing() as connection:
            change = sa.update(captured_link).where(_COLUMN.id == link).values(**values)
            if not connection.execute(change).rowcount:
                raise _missing()

    def _links(self, *conditions: sa.ColumnElement[bool], texts: bool = True) -> list[CapturedLink]:
        columns = [column for column in _COLUMN if texts or column is not _COLUMN.text]
        query = sa.select(*columns).where(*conditions).order_by(_COLUMN.id.desc())
        with self._database.reading() as connection:
            return [_link(row, columns) for row in connection.execute(query)]


_OPEN = sa.and_(_COLUMN.dropped_at.is_(None), _COLUMN.entry == "")


def _columns(facts: LinkFacts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in _FACTS} | {"origins": dict(facts.origins)}


def _link(row: sa.Row[Any], columns: Sequence[sa.Column[Any]]) -> CapturedLink:
    values = {column.name: value for column, value in zip(columns, row, strict=True)}
    facts = LinkFacts(**{name: values.pop(name) for name in _FACTS if name in values})
    return CapturedLink(facts=facts, **values)


def _missing() -> NotFoundError:
    return NotFoundError("this link no longer exists", hint="go to the list of links")
