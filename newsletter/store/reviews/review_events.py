"""The events of reviews: proofs, approvals, requests for changes, and sends without approval."""

import json
from collections.abc import Collection
from datetime import date
from typing import Any

import sqlalchemy as sa

from newsletter.domain.reviews import ApprovedTime, ReviewEvent, ReviewEventKind
from newsletter.store.database import Database
from newsletter.store.reviews.review_tables import review_event

_COLUMN = review_event.c
_SHORT = [column for column in _COLUMN if column is not _COLUMN.outline]


class ReviewEvents:
    """The events of all reviews. They are added and never changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, event: ReviewEvent) -> int:
        """Store an event and return its id."""
        values = {
            "issue": event.issue,
            "kind": event.kind.value,
            "at": event.at,
            "by": event.by,
            "name": event.name,
            "member": event.member,
            "content": event.content,
            "audience": event.audience,
            "time": event.time.text if event.time else "",
            "note": event.note,
            "authors": list(event.authors),
            "commit": event.commit,
            "recipients": list(event.recipients),
            "outline": json.dumps(event.outline),
        }
        insert = sa.insert(review_event).values(values).returning(_COLUMN.id)
        with self._database.writing() as connection:
            return int(connection.execute(insert).scalar_one())

    def of_issue(self, issue: str) -> tuple[ReviewEvent, ...]:
        """Return the events of an issue without their outlines, the oldest first."""
        query = sa.select(*_SHORT).where(_COLUMN.issue == issue).order_by(_COLUMN.id)
        return self._events(query)

    def of_issues(self, issues: Collection[str]) -> dict[str, tuple[ReviewEvent, ...]]:
        """Return the events of several issues without their outlines, by issue, the oldest first."""
        query = sa.select(*_SHORT).where(_COLUMN.issue.in_(list(issues))).order_by(_COLUMN.id)
        by_issue: dict[str, tuple[ReviewEvent, ...]] = {}
        for event in self._events(query):
            by_issue[event.issue] = (*by_issue.get(event.issue, ()), event)
        return by_issue

    def latest_approvals(self, limit: int = 50) -> tuple[ReviewEvent, ...]:
        """Return the latest approvals of all issues without their outlines, the oldest first."""
        query = sa.select(*_SHORT).where(_COLUMN.kind == ReviewEventKind.APPROVAL.value)
        return tuple(reversed(self._events(query.order_by(_COLUMN.id.desc()).limit(limit))))

    def with_outline(self, event: int) -> ReviewEvent | None:
        """Return an event with its outline, or None if there is no such event."""
        return next(iter(self._events(sa.select(review_event).where(_COLUMN.id == event))), None)

    def _events(self, query: sa.Select[Any]) -> tuple[ReviewEvent, ...]:
        with self._database.reading() as connection:
            return tuple(_event(row) for row in connection.execute(query))


def _event(row: sa.Row[Any]) -> ReviewEvent:
    values = dict(row._mapping)  # noqa: SLF001  SQLAlchemy's name for it
    return ReviewEvent(
        **values
        | {
            "kind": ReviewEventKind(values["kind"]),
            "time": _time(values["time"]),
            "authors": tuple(values["authors"]),
            "recipients": tuple(values["recipients"]),
            "outline": json.loads(values.get("outline") or "{}"),
        }
    )


def _time(text: str) -> ApprovedTime | None:
    try:
        return ApprovedTime.parse(text) if text else None
    except ValueError:  # of a later version: it covers no time
        return ApprovedTime(day=date.min)
