"""Comments on entries and issues."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.domain.reviews import Comment, CommentedKind
from newsletter.errors import NotFoundError
from newsletter.store.database import Database
from newsletter.store.reviews.review_tables import comment

_COLUMN = comment.c


class Comments:
    """The comments of all colleagues."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: Comment) -> int:
        """Store a comment and return its id."""
        values = {
            "kind": new.kind.value,
            "slug": new.slug,
            "text": new.text,
            "at": new.at,
            "by": new.by,
            "name": new.name,
            "resolved_at": new.resolved_at,
            "resolved_by": new.resolved_by,
        }
        with self._database.writing() as connection:
            return int(connection.execute(sa.insert(comment).values(values).returning(_COLUMN.id)).scalar_one())

    def get(self, comment_id: int) -> Comment:
        """Return a comment. Raise NotFoundError."""
        comments = self._comments(_COLUMN.id == comment_id)
        if not comments:
            raise _missing()
        return comments[0]

    def about(self, issue: str, entries: Iterable[str] = ()) -> tuple[Comment, ...]:
        """Return the comments on an issue and on these entries, the oldest first."""
        on_issue = sa.and_(_COLUMN.kind == CommentedKind.ISSUE.value, _COLUMN.slug == issue)
        on_entries = sa.and_(_COLUMN.kind == CommentedKind.ENTRY.value, _COLUMN.slug.in_(list(entries)))
        return self._comments(sa.or_(on_issue, on_entries))

    def about_entry(self, slug: str) -> tuple[Comment, ...]:
        """Return the comments on an entry, the oldest first."""
        return self._comments(_COLUMN.kind == CommentedKind.ENTRY.value, _COLUMN.slug == slug)

    def resolve(self, comment_id: int, *, by: str, now: datetime | None) -> None:
        """Mark a comment as resolved by a person; without ``now``, as open again. Raise NotFoundError."""
        values = {"resolved_at": now, "resolved_by": by if now else ""}
        with self._database.writing() as connection:
            change = sa.update(comment).where(_COLUMN.id == comment_id).values(values)
            if not connection.execute(change).rowcount:
                raise _missing()

    def delete(self, comment_id: int) -> None:
        """Delete a comment; it may be gone already."""
        with self._database.writing() as connection:
            connection.execute(sa.delete(comment).where(_COLUMN.id == comment_id))

    def _comments(self, *conditions: sa.ColumnElement[bool]) -> tuple[Comment, ...]:
        query = sa.select(comment).where(*conditions).order_by(_COLUMN.id)
        with self._database.reading() as connection:
            return tuple(_comment(row) for row in connection.execute(query))


def _comment(row: sa.Row[Any]) -> Comment:
    values = dict(row._mapping)  # noqa: SLF001  SQLAlchemy's name for it
    return Comment(**values | {"kind": CommentedKind(values["kind"])})


def _missing() -> NotFoundError:
    return NotFoundError("this comment no longer exists", hint="reload the page")
