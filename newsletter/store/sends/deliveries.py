"""Deliveries of sends: claimed and recorded in batches, settled, sent again and listed."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import lru_cache

import sqlalchemy as sa

from newsletter.domain.delivery import (
    START,
    BatchResult,
    ClaimedDelivery,
    DeliveryPosition,
    DeliveryStatus,
)
from newsletter.errors import StoppedError
from newsletter.store.database import Database
from newsletter.store.sends.claims import (
    OPEN,
    ClaimQuery,
    queue_lost_claims,
    record,
    requeue_uncertain,
    update_submitting,
)
from newsletter.store.sends.queries import is_held_by, pause_running, reason_to_stop
from newsletter.store.subscribers.segments import awake, confirmed, suppressed
from newsletter.store.tables import REASONED, delivery, subscriber

_S = DeliveryStatus


class Deliveries:
    """A ledger of all deliveries. Each is claimed, handed over by the caller, and recorded."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record_and_claim(
        self,
        send_id: int,
        answers: Sequence[BatchResult],
        *,
        slots: Collection[str],
        size: int,
        after: DeliveryPosition = START,
        now: datetime,
        holder: str = "",
        in_flight: Collection[int] | None = None,
        pause: str = "",
    ) -> tuple[Sequence[ClaimedDelivery], StoppedError | None]:
        """Record providers' answers and claim up to ``size`` deliveries, in one transaction.

        Receipts that aren't a valid transition of a delivery came too late and are ignored. A batch shows which attempt
        its receipts belong to; an answer to an earlier attempt changes nothing.

        Claimed deliveries are *submitting* and belong to the caller. They are queued or deferred ones that are due
        ``now``, ordered by place, after the place ``after``, with their readers' values for
        ``slots``. If the caller passes the last place of the batch before, a run meets each delivery once, all readers
        of an edition together, and never scans those that are done. Readers who left, or were removed or suppressed,
        since the freeze are skipped for good. An empty batch means that nothing more is due.

        If the send isn't running, or isn't run by this ``holder``, nothing is claimed and the error says why. If
        ``pause`` is given, the same transaction pauses the send for this reason.

        If the transaction fails, it may still have been committed. Pass the readers whose messages are ``in_flight`` to
        the next one: all others that are *submitting* were claimed without being handed over, and are queued again.
        """
        query = _claim_query(frozenset(slots))
        place: DeliveryPosition | None = after
        while place is not None:
            with self._database.writing_by_index() as connection:
                record(connection, send_id, answers, now)
                if in_flight is not None and is_held_by(connection, send_id, holder):
                    queue_lost_claims(connection, send_id, in_flight)
                answers, in_flight = (), None
                if pause:
                    pause_running(connection, send_id, pause, now)
                    pause = ""
                stopped = reason_to_stop(connection, send_id, holder) if size else None
                if stopped is not None or not size:
                    return (), stopped
                ready, place = query.claim(connection, send_id, size=size, after=place, now=int(now.timestamp()))
            if ready:
                return ready, None
        return (), None

    def settle_interrupted(self, send_id: int, *, deduplicates: bool) -> int:
        """Settle the deliveries claimed by a process that died, and return their number.

        They are queued again if the provider ``deduplicates``. Otherwise they may have been handed over, and become
        *uncertain*. Call this only while no other process works on the send.
        """
        status = _S.QUEUED if deduplicates else _S.UNCERTAIN
        with self._database.writing() as connection:
            settled = connection.execute(
                update_submitting(send_id).values(
                    status=status.value,
                    detail="" if deduplicates else "the program ended before the provider answered",
                )
            )
        return settled.rowcount

    def resend_uncertain(self, send_id: int, *, due: int, resends: int) -> int:
        """Queue uncertain deliveries again, due at ``due``, and return their number. They may arrive twice.

        Deliveries that were resent ``resends`` times already, and those of readers who have left or will still be
        paused at ``due``, stay uncertain.
        """
        stays = sa.exists().where(subscriber.c.id == delivery.c.subscriber, confirmed(), awake(due), ~suppressed())
        with self._database.writing() as connection:
            return requeue_uncertain(connection, send_id, due, stays, delivery.c.resends < resends)

    def next_due(self, send_id: int) -> int | None:
        """Return when the next open delivery is due (seconds of Unix time), or None if none is open."""
        query = sa.select(sa.func.min(delivery.c.due)).where(delivery.c.send == send_id, delivery.c.status.in_(OPEN))
        with self._database.reading() as connection:
            due: int | None = connection.scalars(query).one()
        return due

    def stream(self, send_id: int, status: DeliveryStatus | None = None) -> Iterator[tuple[str, DeliveryStatus, str]]:
        """Yield each delivery's address, status and detail from one snapshot. A removed reader's address is empty."""
        query = (
            sa.select(subscriber.c.address, delivery.c.status, delivery.c.detail)
            .select_from(delivery.outerjoin(subscriber, subscriber.c.id == delivery.c.subscriber))
            .where(delivery.c.send == send_id, *([] if status is None else [delivery.c.status == status.value]))
            .order_by(delivery.c.subscriber)
        )
        with self._database.reading() as connection:
            for address, value, detail in connection.execution_options(yield_per=1000).execute(query):
                yield address or "", DeliveryStatus(value), detail

    def count_details(
        self, send_id: int, statuses: Collection[DeliveryStatus]
    ) -> list[tuple[DeliveryStatus, str, int]]:
        """Return the details of a send's deliveries with these statuses, with their numbers, the most common first."""
        number = sa.func.count()
        query = (
            sa.select(delivery.c.status, delivery.c.detail, number)
            .where(*_with_statuses(send_id, statuses))
            .group_by(delivery.c.status, delivery.c.detail)
            .order_by(number.desc(), delivery.c.detail)
            .limit(_MOST_DETAILS)
        )
        with self._database.reading() as connection:
            return [(DeliveryStatus(status), detail, times) for status, detail, times in connection.execute(query)]

    def count_gone(self, send_id: int, status: DeliveryStatus, now: datetime) -> int:
        """Return the number of a send's deliveries with this status whose readers would be skipped now."""
        stays = sa.exists().where(
            subscriber.c.id == delivery.c.subscriber, confirmed(), awake(int(now.timestamp())), ~suppressed()
        )
        query = sa.select(sa.func.count()).select_from(delivery)
        with self._database.reading() as connection:
            return connection.scalars(query.where(*_with_statuses(send_id, [status]), ~stays)).one()


def _with_statuses(send_id: int, statuses: Collection[DeliveryStatus]) -> list[sa.ColumnElement[bool] | sa.TextClause]:
    """Return the conditions on a send's deliveries with some statuses, so that SQLite uses the index of reasons."""
    indexed = [REASONED] if _REASONED.issuperset(statuses) else []  # it looks for the index's words in the query
    return [delivery.c.send == send_id, delivery.c.status.in_([status.value for status in statuses]), *indexed]


_MOST_DETAILS = 1000
_REASONED = frozenset((_S.REFUSED, _S.DEFERRED, _S.UNCERTAIN, _S.SKIPPED))
_claim_query = lru_cache(maxsize=16)(ClaimQuery)  # building a statement takes longer than running it
