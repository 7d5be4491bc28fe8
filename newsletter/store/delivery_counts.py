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

    SQLite sorts rows to group them, and pysqlite3's library sorts in memory, 40 MB for a million. A sum for each status
    needs one pass and no memory.
    """
    counts = connection.execute(_COUNTS, {"which": send_id}).one()
    return {status.value: number for status, number in zip(DeliveryStatus, counts, strict=True) if number}


_COUNTS = sa.select(
    *(sa.func.count(sa.case((delivery.c.status == status.value, 1))) for status in DeliveryStatus)
).where(delivery.c.send == sa.bindparam("which"))


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
