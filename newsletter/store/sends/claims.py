"""Deliveries of a send taken in batches, and what became of them; written down around every call of a provider."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import sqlalchemy as sa

from newsletter.domain.delivery import TRANSITIONS, Answered, Claimed, DeliveryStatus, Place, Receipt
from newsletter.domain.subscriber import SuppressionReason
from newsletter.store.clock import shared_now
from newsletter.store.database import update_rows
from newsletter.store.delivery_counts import recount
from newsletter.store.sends.queries import is_cancelled
from newsletter.store.subscribers.held_bounces import suppress_bounced
from newsletter.store.subscribers.segments import awake, confirmed, suppressed
from newsletter.store.subscribers.suppressions import Suppression
from newsletter.store.tables import delivery, send, subscriber

_S = DeliveryStatus
OPEN = (_S.QUEUED.value, _S.DEFERRED.value)
ANEW = {"deferrals": 0}  # of a delivery that an operator or a policy wants handed over again
UNSURE = {**ANEW, "unsure": True, "resends": delivery.c.resends + 1}  # and of which an earlier attempt may have arrived
_GONE = "left, paused, or was removed or suppressed, after the audience was frozen"
_PLACE = ("send", "edition", "subscriber")
OWN = "subscriber."  # how the slots begin whose values are the reader's own


class Claiming:
    """How deliveries are claimed for an email with these slots: only what it needs of a reader is read."""

    def __init__(self, slots: Collection[str]) -> None:
        names = sorted(slot.removeprefix(OWN) for slot in slots if slot.startswith(OWN))
        self._fields = [(f"{OWN}{name}", _FIELDS[name]) for name in names if name in _FIELDS]
        self._attributes = [(f"{OWN}{name}", name) for name in names if name not in _FIELDS]
        self._query = _next([subscriber.c.attributes] if self._attributes else [])

    def take(
        self, connection: sa.Connection, send_id: int, *, size: int, after: Place, now: int
    ) -> tuple[list[Claimed], Place | None]:
        """Mark the next open deliveries *submitting*, or *skipped* where the reader left; where the last one stands."""
        about = {"send_id": send_id, "edition": after[0], "reader": after[1], "most": size, "now": now}
        rows = connection.execute(self._query, about).all()
        if not rows:
            return [], None
        ready = [self._claimed(row) for row in rows if row[2]]
        _mark(connection, send_id, _S.SUBMITTING, "", [(one.attempt, *one.place) for one in ready])
        left = [row for row in rows if not row[2]]
        _mark(connection, send_id, _S.SKIPPED, _GONE, [(row[3], row[0], row[1]) for row in left if not row[5]])
        # An earlier attempt may have arrived, and nothing more will be known of it.
        _mark(connection, send_id, _S.UNCERTAIN, _GONE, [(row[3], row[0], row[1]) for row in left if row[5]])
        return ready, (rows[-1][0], rows[-1][1])

    def _claimed(self, row: Sequence[Any]) -> Claimed:
        edition, reader, _, attempt, deferrals, _, key, address, first_name, last_name, *attributes = row
        values = {slot: value(address, first_name, last_name) for slot, value in self._fields}
        for slot, name in self._attributes:
            values[slot] = attributes[0].get(name, "")
        return Claimed(
            edition=edition,
            subscriber=reader,
            key=key,
            address=address,
            values=values,
            attempt=attempt + 1,
            deferrals=deferrals,
        )


# As Subscriber.merge_values has them.
_FIELDS: Mapping[str, Callable[[str, str, str], str]] = {
    "first_name": lambda _, first_name, __: first_name,
    "last_name": lambda _, __, last_name: last_name,
    "name": lambda _, first_name, last_name: f"{first_name} {last_name}".strip(),
    "email": lambda address, _, __: address,
}


def own_values(address: str, first_name: str, last_name: str) -> dict[str, str]:
    """Return the values of a reader's slots, without their attributes."""
    return {f"{OWN}{name}": value(address, first_name, last_name) for name, value in _FIELDS.items()}


def record(connection: sa.Connection, send_id: int, answers: Sequence[Answered]) -> None:
    """Write down what became of batches. In a cancelled send, deliveries that would be tried again are skipped."""
    for answer in answers:
        batch = {one.subscriber: one for one in answer.batch}
        _settle(connection, send_id, answer.receipts, batch, answer.due, answer.deferrals)
        if answer.returned:
            _give_back(connection, send_id, answer.returned)
    open_ones = [
        *(one.subscriber for answer in answers for one in answer.receipts if one.status is _S.DEFERRED),
        *(reader for answer in answers for reader in answer.returned),
    ]
    if open_ones and is_cancelled(connection, send_id):
        skip_open(connection, send_id, delivery.c.subscriber.in_(sorted(open_ones)))
    if answers:
        recount(connection, send_id)


def _settle(
    connection: sa.Connection,
    send_id: int,
    receipts: Sequence[Receipt],
    batch: Mapping[int, Claimed],
    due: Mapping[int, int],
    deferrals: Mapping[int, int],
) -> None:
    """Write down what a provider said, where it may follow how the delivery stands; suppress addresses that are gone.

    ``batch`` has the deliveries, by subscriber, whose place and attempt are known: their rows lie together, and are
    found in half the time. ``due`` is when a subscriber is tried again, ``deferrals`` how often their server put the
    message off so far.
    """
    receipts = _without_words_about_the_removed(connection, receipts)
    known: dict[DeliveryStatus, list[tuple[Any, ...]]] = {}
    others: dict[DeliveryStatus, list[tuple[Any, ...]]] = {}
    for one in receipts:
        said: tuple[Any, ...] = (one.provider_id, one.detail, due.get(one.subscriber, 0))
        if one.status is _S.DEFERRED:
            said = (*said, deferrals.get(one.subscriber, 0))
        claimed = batch.get(one.subscriber)
        if claimed is not None:
            known.setdefault(one.status, []).append((*said, claimed.edition, claimed.subscriber, claimed.attempt))
        else:
            others.setdefault(one.status, []).append((*said, one.subscriber))
    always = ("status", "provider_id", "detail", "due")
    for by_status, where in ((known, (*_PLACE, "attempt")), (others, ("send", "subscriber"))):
        for status, rows in by_status.items():
            change = (*always, "deferrals") if status is _S.DEFERRED else always
            before = ", ".join(f"'{earlier.value}'" for earlier in _before(status))
            alike = {"status": status.value, "send": send_id}
            update_rows(connection, delivery, change, where, rows, alike=alike, condition=f"status IN ({before})")
    gone = [one.subscriber for one in receipts if one.gone]
    if gone:
        _suppress(connection, send_id, {one.subscriber: one.detail for one in receipts if one.gone})


def _suppress(connection: sa.Connection, send_id: int, gone: Mapping[int, str]) -> None:
    """Suppress readers, by id, whose addresses a server says are gone, and keep its words."""
    issue = connection.scalars(sa.select(send.c.issue).where(send.c.id == send_id)).one()
    now = shared_now(connection)
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
    )


@cache
def _before(status: DeliveryStatus) -> Sequence[DeliveryStatus]:
    """Return how a delivery may stand that an answer finds. One without an answer says nothing of a later attempt."""
    earlier = [one for one in _S if status in TRANSITIONS[one]]
    return [one for one in earlier if one.value not in OPEN] if status is _S.UNCERTAIN else earlier


def _give_back(connection: sa.Connection, send_id: int, readers: Sequence[int]) -> None:
    """Queue claimed deliveries again that were not handed over."""
    alike = {"status": _S.QUEUED.value, "send": send_id}
    rows = [(reader,) for reader in sorted(readers)]
    unanswered = f"status = '{_S.SUBMITTING.value}'"
    update_rows(connection, delivery, ("status",), ("send", "subscriber"), rows, alike=alike, condition=unanswered)


def release(connection: sa.Connection, send_id: int, in_flight: Collection[int]) -> None:
    """Queue claimed deliveries again, except those of the readers ``in_flight``.

    They were claimed in a transaction whose commit was carried out without an answer, so nobody handed them over, and
    the attempt doesn't count. Only for the process that runs the send.
    """
    lost = claimed(send_id)
    if in_flight:
        lost = lost.where(delivery.c.subscriber.not_in(sorted(in_flight)))
    connection.execute(lost.values(status=_S.QUEUED.value, attempt=delivery.c.attempt - 1))
    if is_cancelled(connection, send_id):
        skip_open(connection, send_id)


def claimed(send_id: int) -> sa.Update:
    """Change the deliveries of a send that are *submitting*."""
    return sa.update(delivery).where(delivery.c.send == send_id, delivery.c.status == _S.SUBMITTING.value)


def _without_words_about_the_removed(connection: sa.Connection, receipts: Sequence[Receipt]) -> Sequence[Receipt]:
    """Empty what a provider said of readers who were removed while it had their messages: it often names an address."""
    told = [one.subscriber for one in receipts if one.detail or "@" in one.provider_id]
    if not told:
        return receipts
    # Locked, so that a process that removes one meanwhile empties what is written here.
    present = sa.select(subscriber.c.id).where(subscriber.c.id.in_(told)).with_for_update(read=True)
    gone = set(told).difference(connection.scalars(present))
    return [replace(one, detail="", provider_id="") if one.subscriber in gone else one for one in receipts]


def skip_open(connection: sa.Connection, send_id: int, *among: sa.ColumnElement[bool]) -> int:
    """Settle the open deliveries of a send that is cancelled; return how many were skipped.

    One of which an earlier attempt may have arrived is uncertain again.
    """
    open_ones = sa.update(delivery).where(delivery.c.send == send_id, delivery.c.status.in_(OPEN), *among)
    unsure = "the send was cancelled before it was handed over again; an earlier attempt may have arrived"
    connection.execute(open_ones.where(delivery.c.unsure).values(status=_S.UNCERTAIN.value, detail=unsure))
    skipped = open_ones.values(status=_S.SKIPPED.value, detail="the send was cancelled")
    return connection.execute(skipped).rowcount


def _next(columns: Sequence[sa.Column[Any]]) -> sa.Select[Any]:
    """The next open deliveries, without those that another process is taking at this moment."""
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
    """``rows`` have the attempt to write, and the place."""
    if rows:
        alike = {"status": status.value, "detail": detail, "send": send_id}
        update_rows(connection, delivery, ("status", "detail", "attempt"), _PLACE, rows, alike=alike)
