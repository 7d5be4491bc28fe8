"""Conversion of readers' consent records to rows and back."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from newsletter.domain.consent import Consent, ConsentEvent
from newsletter.store.row_writes import insert_rows
from newsletter.store.subscribers.rows import in_parameter
from newsletter.store.tables import consent


def record(connection: sa.Connection, events: Iterable[tuple[int, Consent]]) -> None:
    """Add events to the consent records of readers, by id."""
    rows = [(reader, new.at, new.event.value, new.how, new.wording, new.issue) for reader, new in events]
    if rows:
        insert_rows(connection, consent, ("subscriber", "at", "event", "how", "wording", "issue"), rows)


def consents_of(connection: sa.Connection, readers: Sequence[int]) -> dict[int, list[Consent]]:
    """Return the consent records of readers, by id, the oldest event first, without readers who have none."""
    records: dict[int, list[Consent]] = {}
    query = sa.select(consent).where(in_parameter(consent.c.subscriber, "readers")).order_by(consent.c.at, consent.c.id)
    for row in connection.execute(query, {"readers": list(readers)}):
        event = Consent(at=row.at, event=ConsentEvent(row.event), how=row.how, wording=row.wording, issue=row.issue)
        records.setdefault(row.subscriber, []).append(event)
    return records
