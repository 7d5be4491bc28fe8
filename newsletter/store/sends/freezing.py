"""Write down who gets which edition of an issue, as it is when its send begins."""

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

import sqlalchemy as sa

from newsletter.domain.delivery import DeliveryStatus, Place
from newsletter.domain.edition import Tailor
from newsletter.domain.subscriber import Segment
from newsletter.store.database import insert_rows
from newsletter.store.sends.editions import FULL, Editions
from newsletter.store.subscribers.segments import audience_of
from newsletter.store.tables import delivery, subscriber

_S = DeliveryStatus
_SORTED = 30_000  # deliveries that a tailored freeze puts in order before they are written


def freeze_deliveries(connection: sa.Connection, send_id: int, segments: Sequence[Segment], tailor: Tailor) -> int:
    """Write deliveries and editions; how many readers are left out."""
    found = Editions(tailor)
    if tailor.tailoring is None:
        found.give_everybody_the_full_one(connection.execute(_one_edition(send_id, segments)).rowcount)
    else:
        names = ("send", "edition", "subscriber", "status", "detail", "provider_id")
        queued = _S.QUEUED.value
        for placed in _sorted(found.of(connection, segments)):
            rows = [(send_id, number, reader, queued, "", "") for number, reader in placed]
            insert_rows(connection, delivery, names, rows)
    found.write(connection, send_id)
    return found.left_out


def _sorted(chunks: Iterable[list[Place]]) -> Iterator[list[Place]]:
    """Some chunks at a time, in the order of the table: each of its pages is then looked for less often."""
    placed: list[Place] = []
    for chunk in chunks:
        placed += chunk
        if len(placed) >= _SORTED:
            yield sorted(placed, key=_EDITION)
            placed = []
    if placed:
        yield sorted(placed, key=_EDITION)


_EDITION = itemgetter(0)  # subscribers of an edition are in their order already


def _one_edition(send_id: int, segments: Sequence[Segment]) -> sa.Insert:
    audience = audience_of(segments).add_columns(
        sa.literal(send_id), sa.literal(FULL), sa.literal(_S.QUEUED.value), sa.literal(""), sa.literal("")
    )
    insert = sa.insert(delivery).from_select(
        ["subscriber", "send", "edition", "status", "detail", "provider_id"], audience.order_by(subscriber.c.id)
    )
    return insert.execution_options(preserve_rowcount=True)  # else SQLAlchemy forgets how many PostgreSQL inserted
