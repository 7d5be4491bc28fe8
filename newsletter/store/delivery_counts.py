"""The number of deliveries of a send by status, stored with finished sends so that listing them stays fast."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.send import SendStatus
from newsletter.store.tables import delivery, send

UNSETTLED = (DeliveryStatus.QUEUED.value, DeliveryStatus.DEFERRED.value, DeliveryStatus.SUBMITTING.value)
_OVER = send.c.status.in_((SendStatus.CANCELLED.value, SendStatus.FINISHED.value, SendStatus.FAILURES.value))


def count_deliveries(connection: sa.Connection, send_id: int) -> Mapping[str, int]:
    """Return the number of deliveries of a send by status, without statuses that none has.

    SQLite sorts rows to group them, and pysqlite3's library sorts in memory, 40 MB for a million. Sums need one pass
    and no memory. Three numbers share each sum, which halves the time: SQLite compares each row's status less often.
    """
    deliveries, *sums = (int(number) for number in connection.execute(_PACKED_COUNTS, {"which": send_id}).one())
    if deliveries >= 1 << _BITS:
        numbers = dict(zip(DeliveryStatus, connection.execute(_COUNTS, {"which": send_id}).one(), strict=True))
    else:
        numbers = {
            status: total >> at * _BITS & (1 << _BITS) - 1
            for total, statuses in zip(sums, _PACKED, strict=True)
            for at, status in enumerate(statuses)
        }
        numbers[_REST] = deliveries - sum(numbers.values())
    return {status.value: numbers[status] for status in DeliveryStatus if numbers[status]}


_BITS = 21  # of each number in a sum of 63
_PACKED = (
    (DeliveryStatus.SUBMITTED, DeliveryStatus.QUEUED, DeliveryStatus.SKIPPED),
    (DeliveryStatus.REFUSED, DeliveryStatus.DEFERRED, DeliveryStatus.UNCERTAIN),
)
_REST = DeliveryStatus.SUBMITTING
_OF_SEND = delivery.c.send == sa.bindparam("which")


def _sum_of(statuses: tuple[DeliveryStatus, ...]) -> sa.ColumnElement[int]:
    """Return the sum that has the number of deliveries with each of these statuses in its own bits."""
    parts = {status: 1 << at * _BITS for at, status in enumerate(statuses)}
    by_frequency = (*_PACKED[0], *_PACKED[1])  # most deliveries have one of the first two statuses
    cases: dict[str, sa.ColumnElement[int]] = {
        status.value: sa.literal_column(str(parts.get(status, 0))) for status in by_frequency
    }
    return sa.func.coalesce(sa.func.sum(sa.case(cases, value=delivery.c.status, else_=sa.literal_column("0"))), 0)


_PACKED_COUNTS = sa.select(sa.func.count(), *map(_sum_of, _PACKED)).where(_OF_SEND)
_COUNTS = sa.select(
    *(sa.func.count(sa.case((delivery.c.status == status.value, 1))) for status in DeliveryStatus)
).where(_OF_SEND)


def forget_counts(connection: sa.Connection, send_id: int) -> None:
    """Forget the stored counts of a send whose deliveries this transaction has changed.

    If the send is over, its row stays locked until the transaction ends, so that no other process stores a stale count.
    """
    connection.execute(_FORGET, {"which": send_id})


_FORGET = (
    sa.update(send)
    .where(send.c.id == sa.bindparam("which"), sa.or_(send.c.counts.is_not(None), _OVER))
    .values(counts=sa.null())
)


def recount(connection: sa.Connection, send_id: int) -> None:
    """Forget the stored counts, and turn a send that ended *with failures* into a finished one if none are left.

    Call it for changes that can come after the end of a send: late answers and events.
    """
    forget_counts(connection, send_id)
    connection.execute(_WITHOUT_FAILURES, {"which": send_id})


_FAILED = (DeliveryStatus.REFUSED.value, DeliveryStatus.UNCERTAIN.value)
_WITHOUT_FAILURES = (
    sa.update(send)
    .where(
        send.c.id == sa.bindparam("which"),
        send.c.status == SendStatus.FAILURES.value,
        ~sa.exists().where(delivery.c.send == send.c.id, delivery.c.status.in_(_FAILED)),
    )
    .values(status=SendStatus.FINISHED.value)
)


def sends_without_counts(connection: sa.Connection) -> Sequence[int]:
    """Return the ids of sends that are over and have no stored counts."""
    return connection.scalars(sa.select(send.c.id).where(_uncounted()).order_by(send.c.id)).all()


def store_counts(connection: sa.Connection, send_id: int) -> None:
    """Count the deliveries of a send and store the counts, if the send is over and every delivery is settled."""
    locked = sa.select(send.c.id).where(send.c.id == send_id, _uncounted()).with_for_update()
    if connection.scalars(locked).first() is None:
        return
    counts = count_deliveries(connection, send_id)
    if not counts.keys() & set(UNSETTLED):
        connection.execute(sa.update(send).where(send.c.id == send_id).values(counts=counts))


def _uncounted() -> sa.ColumnElement[bool]:
    """Return the condition for frozen sends that are over and have no stored counts."""
    return sa.and_(_OVER, send.c.digest != "", send.c.counts.is_(None))
