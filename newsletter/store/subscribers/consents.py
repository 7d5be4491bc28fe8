"""What readers did about their consent, as rows, and back."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from newsletter.domain.consent import Consent, ConsentEvent
from newsletter.store.database import insert_rows
from newsletter.store.subscribers.rows import among
from newsletter.store.tables import consent


def record(connection: sa.Connection, events: Iterable[tuple[int, Consent]]) -> None:
    """Write down what readers, by id, did."""
    rows = [(reader, one.at, one.event.value, one.how, one.wording, one.issue) for reader, one in events]
    if rows:
        insert_rows(connection, consent, ("subscriber", "at", "event", "how", "wording", "issue"), rows)


def consents_of(connection: sa.Connection, readers: Sequence[int]) -> dict[int, list[Consent]]:
    """What each of these readers, by id, did, the oldest first; those who did nothing are not in it."""
    found: dict[int, list[Consent]] = {}
    query = sa.select(consent).where(among(consent.c.subscriber, "readers")).order_by(consent.c.at, consent.c.id)
    for row in connection.execute(query, {"readers": list(readers)}):
        one = Consent(
            at=row.at, event=ConsentEvent(row.event), how=row.how, wording=row.wording, issue=row.issue
        )  # fmt: skip
        found.setdefault(row.subscriber, []).append(one)
    return found
