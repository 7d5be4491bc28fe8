"""Store which reader gets which edition when a send begins."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import itemgetter

import sqlalchemy as sa

from newsletter.domain.delivery import DeliveryPosition, DeliveryStatus
from newsletter.domain.edition import Tailor
from newsletter.domain.segment import Segment
from newsletter.store.row_writes import insert_rows
from newsletter.store.sends.editions import FULL, Editions
from newsletter.store.subscribers.segments import audience_of
from newsletter.store.tables import delivery, subscriber

_S = DeliveryStatus
_SORTED = 30_000  # deliveries that a tailored freeze sorts before writing them


def freeze_deliveries(
    connection: sa.Connection, send_id: int, segments: Sequence[Segment], tailor: Tailor, now: datetime
) -> int:
    """Write the deliveries and editions of a send and return the number of readers left out.

    Readers who are paused ``now`` aren't in the audience.
    """
    editions = Editions(tailor)
    if tailor.tailoring is None:
        editions.count_full_edition(connection.execute(_insert_full_edition(send_id, segments, now)).rowcount)
    else:
        names = ("send", "edition", "subscriber", "status", "detail", "provider_id")
        queued = _S.QUEUED.value
        for placed in _sorted(editions.assign(connection, segments, now)):
            rows = [(send_id, number, reader, queued, "", "") for number, reader in placed]
            insert_rows(connection, delivery, names, rows)
    editions.write(connection, send_id)
    return editions.left_out


def _sorted(chunks: Iterable[list[DeliveryPosition]]) -> Iterator[list[DeliveryPosition]]:
    """Yield several chunks at once, sorted like the table, so that each of its pages is visited less often."""
    placed: list[DeliveryPosition] = []
    for chunk in chunks:
        placed += chunk
        if len(placed) >= _SORTED:
            yield sorted(placed, key=_EDITION)
            placed = []
    if placed:
        yield sorted(placed, key=_EDITION)


_EDITION = itemgetter(0)  # the subscribers of an edition are in order already


def _insert_full_edition(send_id: int, segments: Sequence[Segment], now: datetime) -> sa.Insert:
    audience = audience_of(segments, now).add_columns(
        sa.literal(send_id), sa.literal(FULL), sa.literal(_S.QUEUED.value), sa.literal(""), sa.literal("")
    )
    insert = sa.insert(delivery).from_select(
        ["subscriber", "send", "edition", "status", "detail", "provider_id"], audience.order_by(subscriber.c.id)
    )
    return insert.execution_options(preserve_rowcount=True)  # otherwise SQLAlchemy drops PostgreSQL's count
