"""The readers who would get an issue now, with their editions and the values for their messages. Nothing is written."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from newsletter.domain.delivery import ClaimedDelivery
from newsletter.domain.edition import Edition, Tailor
from newsletter.domain.segment import Segment
from newsletter.domain.subscriber import slot_values
from newsletter.store.sends.editions import Editions
from newsletter.store.tables import subscriber

_NEEDED = (
    subscriber.c.id,
    subscriber.c.key,
    subscriber.c.address,
    subscriber.c.first_name,
    subscriber.c.last_name,
    subscriber.c.attributes,
)


def stream_recipients(
    connection: sa.Connection, segments: Sequence[Segment], tailor: Tailor, now: datetime
) -> Iterator[list[tuple[Edition, ClaimedDelivery]]]:
    """Yield the readers a send to these segments would have ``now``, with their editions, in chunks."""
    editions = Editions(tailor)
    for chunk in editions.assign(connection, segments, now):
        numbers = {reader: number for number, reader in chunk}
        query = sa.select(*_NEEDED).where(subscriber.c.id.in_(numbers))
        yield [
            (
                editions.by_number(numbers[row.id]),
                ClaimedDelivery(
                    edition=numbers[row.id],
                    subscriber=row.id,
                    key=row.key,
                    address=row.address,
                    values=slot_values(row.address, row.first_name, row.last_name, row.attributes),
                ),
            )
            for row in sorted(connection.execute(query), key=lambda row: (numbers[row.id], row.id))
        ]
