"""Claim deliveries in batches and record their results, before and after every call of a provider."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from newsletter.domain.delivery import (
    TRANSITIONS,
    BatchResult,
    ClaimedDelivery,
    DeliveryPosition,
    DeliveryStatus,
    Receipt,
)
from newsletter.domain.subscriber import SUBSCRIBER_FIELDS, SUBSCRIBER_SLOT, SuppressionReason
from newsletter.store.delivery_counts import forget_counts, recount
from newsletter.store.row_writes import update_rows
from newsletter.store.sends.queries import is_cancelled
from newsletter.store.subscribers.held_bounces import suppress_bounced
from newsletter.store.subscribers.segments import awake, confirmed, suppressed
from newsletter.store.subscribers.suppressions import Suppression
from newsletter.store.tables import delivery, send, subscriber

_S = DeliveryStatus
OPEN = (_S.QUEUED.value, _S.DEFERRED.value)
REQUEUED = {"deferrals": 0}  # for a delivery that is queued again by an operator or a policy
REQUEUED_UNCERTAIN = {
    **REQUEUED,
    "unsure": True,
    "resends": delivery.c.resends + 1,
}  # if an earlier attempt may have arrived
_GONE = "left, paused, or was removed or suppressed, after the audience was frozen"
_PLACE = ("send", "edition", "subscriber")


class ClaimQuery:
    """A query that claims deliveries of an email with these slots. It reads only the columns that the slots need."""

    def __init__(self, slots: Collection[str]) -> None:
        named = sorted((slot, slot.removeprefix(SUBSCRIBER_SLOT)) for slot in slots if slot.startswith(SUBSCRIBER_SLOT))
        self._fields = [(slot, SUBSCRIBER_FIELDS[name]) for slot, name in named if name in SUBSCRIBER_FIELDS]
        self._attributes = [(slot, name) for slot, name in named if name not in SUBSCRIBER_FIELDS]
        self._query = _select_open([subscriber.c.attributes] if self._attributes else [])

    def claim(
        self, connection: sa.Connection, send_id: int, *, size: int, after: DeliveryPosition, now: int
    ) -> tuple[list[ClaimedDelivery], DeliveryPosition | None]:
        """Claim the next open deliveries, skip those of readers who left, and return the place of the last row.

        Claimed deliveries are *submitting*.
        """
        about = {"send_id": send_id, "edition": after[0], "reader": after[1], "most": size, "now": now}
        rows = connection.execute(self._query, about).all()
        if not rows:
            return [], None
        ready = [self._claimed(row) for row in rows if row[2]]
        _mark(connection, send_id, _S.SUBMITTING, "", [(reader.attempt, *reader.position) for reader in ready])
        left = [row for row in rows if not row[2]]
        _mark(connection, send_id, _S.SKIPPED, _GONE, [(row[3], row[0], row[1]) for row in left if not row[5]])
        # An earlier attempt may have arrived, and nothing more will be learned about it.
        _mark(connection, send_id, _S.UNCERTAIN, _GONE, [(row[3], row[0], row[1]) for row in left if row[5]])
        return ready, (rows[-1][0], rows[-1][1])

    def _claimed(self, row: Sequence[Any]) -> ClaimedDelivery:
        edition, reader, _, attempt, deferrals, _, key, address, first_name, last_name, *attributes = row
        # Built-in fields beat custom ones, as in ``domain.subscriber.slot_values``, but only the slots that the email
        # has are filled: a send claims millions of deliveries.
        values = {slot: value(address, first_name, last_name) for slot, value in self._fields}
        for slot, name in self._attributes:
            values[slot] = attributes[0].get(name, "")
        return ClaimedDelivery(
            edition=edition,
            subscriber=reader,
            key=key,
            address=address,
            values=values,
            attempt=attempt + 1,
            deferrals=deferrals,
        )


def record(connection: sa.Connection, send_id: int, answers: Sequence[BatchResult], now: datetime) -> None:
    """Record the results of batches. In a cancelled send, deliveries that would be retried are skipped."""
    for answer in answers:
        _settle(connection, send_id, answer, now)
        if answer.returned:
            _queue_returned(connection, send_id, answer.returned)
    open_readers = [
        *(receipt.subscriber for answer in answers for receipt in answer.receipts if receipt.status is _S.DEFERRED),
        *(reader for answer in answers for reader in answer.returned),
    ]
    if open_readers and is_cancelled(connection, send_id):
        skip_open(connection, send_id, delivery.c.subscriber.in_(sorted(open_readers)))
    if answers:
        recount(connection, send_id)


def _settle(connection: sa.Connection, send_id: int, answer: BatchResult, now: datetime) -> None:
    """Record receipts that are a valid transition from the delivery's status, and suppress addresses that are gone.

    The place and attempt of deliveries in the answer's batch are known: their rows are adjacent and found in half the
    time.
    """
    receipts = _without_details_of_removed_readers(connection, answer.receipts)
    batch = {claimed.subscriber: claimed for claimed in answer.batch}
    known: dict[DeliveryStatus, list[tuple[Any, ...]]] = {}
    others: dict[DeliveryStatus, list[tuple[Any, ...]]] = {}
    for receipt in receipts:
        values: tuple[Any, ...] = (receipt.provider_id, receipt.detail, answer.due.get(receipt.subscriber, 0))
        if receipt.status is _S.DEFERRED:
            values = (*values, answer.deferrals.get(receipt.subscriber, 0))
        claimed = batch.get(receipt.subscriber)
        if claimed is not None:
            known.setdefault(receipt.status, []).append((*values, claimed.edition, claimed.subscriber, claimed.attempt))
        else:
            others.setdefault(receipt.status, []).append((*values, receipt.subscriber))
    always = ("status", "provider_id", "detail", "due")
    for by_status, where in ((known, (*_PLACE, "attempt")), (others, ("send", "subscriber"))):
        for status, rows in by_status.items():
            change = (*always, "deferrals") if status is _S.DEFERRED else always
            before = ", ".join(f"'{earlier.value}'" for earlier in _before(status))
            alike = {"status": status.value, "send": send_id}
            update_rows(connection, delivery, change, where, rows, alike=alike, condition=f"status IN ({before})")
    gone = {receipt.subscriber: receipt.detail for receipt in receipts if receipt.gone}
    if gone:
        _suppress(connection, send_id, gone, now)


def _suppress(connection: sa.Connection, send_id: int, gone: Mapping[int, str], now: datetime) -> None:
    """Suppress readers, by id, whose addresses are gone according to their server, and store its reply."""
    issue = connection.scalars(sa.select(send.c.issue).where(send.c.id == send_id)).one()
    rows = connection.execute(sa.select(subscriber.c.id, subscriber.c.address_key).where(subscriber.c.id.in_(gone)))
    suppress_bounced(
        connection,
        [
            Suppression(
                address_key=row.address_key,
                reason=SuppressionReason.BOUNCED,
                since=now,
                issue=issue,
                detail=gone[row.id],
            )
            for row in rows
        ],
        now,
    )


@cache
def _before(status: DeliveryStatus) -> Sequence[DeliveryStatus]:
    """Return the statuses that a receipt may change into this one.

    A missing answer (*uncertain*) doesn't change an open delivery: it says nothing about a later attempt.
    """
    earlier = [before for before in _S if status in TRANSITIONS[before]]
    return [before for before in earlier if before.value not in OPEN] if status is _S.UNCERTAIN else earlier


def _queue_returned(connection: sa.Connection, send_id: int, readers: Sequence[int]) -> None:
    """Queue claimed deliveries again that weren't handed over."""
    alike = {"status": _S.QUEUED.value, "send": send_id}
    rows = [(reader,) for reader in sorted(readers)]
    unanswered = f"status = '{_S.SUBMITTING.value}'"
    update_rows(connection, delivery, ("status",), ("send", "subscriber"), rows, alike=alike, condition=unanswered)


def queue_lost_claims(connection: sa.Connection, send_id: int, in_flight: Collection[int]) -> None:
    """Queue claimed deliveries again, except those of the readers ``in_flight``.

    They were claimed in a transaction that was committed although its answer got lost, so they were never handed over,
    and the attempt doesn't count. Only the process that runs the send may call this.
    """
    lost = update_submitting(send_id)
    if in_flight:
        lost = lost.where(delivery.c.subscriber.not_in(sorted(in_flight)))
    connection.execute(lost.values(status=_S.QUEUED.value, attempt=delivery.c.attempt - 1))
    if is_cancelled(connection, send_id):
        skip_open(connection, send_id)


def update_submitting(send_id: int) -> sa.Update:
    """Return an update of a send's *submitting* deliveries."""
    return sa.update(delivery).where(delivery.c.send == send_id, delivery.c.status == _S.SUBMITTING.value)


def _without_details_of_removed_readers(connection: sa.Connection, receipts: Sequence[Receipt]) -> Sequence[Receipt]:
    """Drop the provider's words about readers who were removed meanwhile: they often contain the address."""
    detailed = [receipt.subscriber for receipt in receipts if receipt.detail or "@" in receipt.provider_id]
    if not detailed:
        return receipts
    # Locked, so that a process that removes a reader meanwhile also clears what is written here.
    present = sa.select(subscriber.c.id).where(subscriber.c.id.in_(detailed)).with_for_update(read=True)
    gone = set(detailed).difference(connection.scalars(present))
    return [
        replace(receipt, detail="", provider_id="") if receipt.subscriber in gone else receipt for receipt in receipts
    ]


def requeue_uncertain(connection: sa.Connection, send_id: int, due: int, *among: sa.ColumnElement[bool]) -> int:
    """Queue uncertain deliveries again, due at ``due`` (seconds of Unix time), and return their number.

    They may arrive twice. If this attempt isn't made after all, they become uncertain again.
    """
    uncertain = sa.update(delivery).where(delivery.c.send == send_id, delivery.c.status == _S.UNCERTAIN.value, *among)
    queued = connection.execute(uncertain.values(status=_S.QUEUED.value, due=due, **REQUEUED_UNCERTAIN)).rowcount
    forget_counts(connection, send_id)
    return queued


def skip_open(connection: sa.Connection, send_id: int, *among: sa.ColumnElement[bool]) -> int:
    """Settle the open deliveries of a cancelled send and return how many were skipped.

    A delivery whose earlier attempt may have arrived becomes uncertain again instead.
    """
    open_deliveries = sa.update(delivery).where(delivery.c.send == send_id, delivery.c.status.in_(OPEN), *among)
    unsure = "the send was cancelled before a retry; an earlier attempt may have arrived"
    connection.execute(open_deliveries.where(delivery.c.unsure).values(status=_S.UNCERTAIN.value, detail=unsure))
    skipped = open_deliveries.values(status=_S.SKIPPED.value, detail="the send was cancelled")
    return connection.execute(skipped).rowcount


def _select_open(columns: Sequence[sa.Column[Any]]) -> sa.Select[Any]:
    """Return a query for the next open deliveries, except those that another process is claiming right now."""
    return (
        sa.select(
            delivery.c.edition,
            delivery.c.subscriber,
            sa.and_(confirmed(), awake(sa.bindparam("now", type_=sa.BigInteger)), ~suppressed()).label("ready"),
            delivery.c.attempt,
            delivery.c.deferrals,
            delivery.c.unsure,
            subscriber.c.key,
            subscriber.c.address,
            subscriber.c.first_name,
            subscriber.c.last_name,
            *columns,
        )
        .select_from(delivery.outerjoin(subscriber, subscriber.c.id == delivery.c.subscriber))
        .where(
            delivery.c.send == sa.bindparam("send_id"),
            sa.tuple_(delivery.c.edition, delivery.c.subscriber)
            > sa.tuple_(sa.bindparam("edition", type_=sa.Integer), sa.bindparam("reader", type_=sa.BigInteger)),
            delivery.c.status.in_(OPEN),
            delivery.c.due <= sa.bindparam("now", type_=sa.BigInteger),
        )
        .order_by(delivery.c.edition, delivery.c.subscriber)
        .limit(sa.bindparam("most"))
        .with_for_update(skip_locked=True, of=delivery)
    )


def _mark(
    connection: sa.Connection, send_id: int, status: DeliveryStatus, detail: str, rows: Sequence[tuple[int, int, int]]
) -> None:
    """Set the status of deliveries. ``rows`` have the new number of attempts, and the place."""
    if rows:
        alike = {"status": status.value, "detail": detail, "send": send_id}
        update_rows(connection, delivery, ("status", "detail", "attempt"), _PLACE, rows, alike=alike)
