"""Read sends and their status, and find reasons why a send may not begin or continue."""

from collections.abc import Callable, Mapping
from datetime import datetime

import sqlalchemy as sa

from newsletter.domain.delivery import DeliveryStatus, Uncertainty
from newsletter.domain.notices import NoticeKind
from newsletter.domain.send import Send, SendStatus, when_due
from newsletter.domain.send_errors import UnsettledError
from newsletter.domain.send_source import SendSource
from newsletter.errors import PausedError, StoppedError, TakenOverError
from newsletter.store.delivery_counts import UNSETTLED, count_deliveries
from newsletter.store.notices import queue_notice
from newsletter.store.tables import send

UNFINISHED = (SendStatus.PLANNED.value, SendStatus.SCHEDULED.value, SendStatus.RUNNING.value)


def one_send(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> Send | None:
    """Return the latest send that meets the condition, or None."""
    return next(iter(sends_where(connection, condition)), None)


def sends_where(
    connection: sa.Connection,
    *conditions: sa.ColumnElement[bool],
    count: Callable[[sa.Connection, int], Mapping[str, int]] = count_deliveries,
) -> list[Send]:
    """Return the sends that meet all conditions, the latest first. ``count`` counts deliveries of those under way."""
    rows = connection.execute(_SENDS.where(*conditions).order_by(send.c.id.desc())).all()
    return [
        Send(
            id=row.id,
            issue=row.issue,
            status=SendStatus(row.status),
            provider=row.provider,
            digest=row.digest,
            segments=tuple(row.segments),
            created=row.created,
            finished=row.finished,
            left_out=row.left_out,
            counts={
                DeliveryStatus(status): number for status, number in (row.counts or count(connection, row.id)).items()
            },
            uncertain=Uncertainty(row.uncertain),
            source=SendSource.from_json(row.source) if row.source else None,
            **{name: getattr(row, name) for name in _AS_STORED},
        )
        for row in rows
    ]


_SENDS = sa.select(*(column for column in send.c if column.name != "content"))  # that is large and read on its own
_AS_STORED = (
    "base_url", "signing_key", "begins", "local_time", "deadline", "reason", "waits_until", "holder", "resumed",
    "settled_before", "failing_since", "planned_recipients",
)  # fmt: skip


def unfinished_sends(connection: sa.Connection, *, at_once: bool = False) -> list[tuple[int, datetime]]:
    """Return the ids of sends that a worker starts or resumes, each with its due time, the oldest first.

    ``at_once`` ignores the back-off of failing sends.
    """
    columns = (send.c.id, send.c.status, send.c.begins, send.c.waits_until, send.c.created, send.c.failing_since)
    rows = connection.execute(sa.select(*columns).where(send.c.status.in_(UNFINISHED)).order_by(send.c.id)).all()
    due_times = [
        (
            row.id,
            when_due(
                SendStatus(row.status),
                begins=row.begins,
                waits_until=None if at_once and row.failing_since else row.waits_until,
                created=row.created,
            ),
        )
        for row in rows
    ]
    return [(send_id, due) for send_id, due in due_times if due is not None]


def finish_send(connection: sa.Connection, send_id: int, now: datetime) -> None:
    """Finish a running send.

    Raises StoppedError if it isn't running, SendError if deliveries are queued, deferred or submitting.
    """
    if (stopped := reason_to_stop(connection, send_id, None)) is not None:
        raise stopped
    counts = count_deliveries(connection, send_id)
    unsettled = [f"{counts[status]} {status}" for status in UNSETTLED if status in counts]
    if unsettled:
        raise UnsettledError(send=send_id, left=unsettled)
    failed = counts.keys() & {DeliveryStatus.REFUSED.value, DeliveryStatus.UNCERTAIN.value}
    status = SendStatus.FAILURES if failed else SendStatus.FINISHED
    ended = {"status": status.value, "finished": now, "counts": counts, "reason": ""}
    connection.execute(
        sa.update(send).where(send.c.id == send_id).values(**ended, waits_until=None, failing_since=None)
    )
    queue_notice(connection, send_id, NoticeKind.FINISHED, "", now)


def reason_to_stop(connection: sa.Connection, send_id: int, holder: str | None) -> StoppedError | None:
    """Return why nothing more may be handed over, or None; the row stays locked until the transaction ends.

    If ``holder`` is None, the lease isn't checked.
    """
    row = connection.execute(_LOCKED_SEND, {"which": send_id}).one()
    if row.status != SendStatus.RUNNING.value:
        stopped = PausedError if row.status == SendStatus.PAUSED.value else StoppedError
        return stopped(issue=row.issue, status=row.status, reason=row.reason)
    if holder is not None and row.holder != holder:
        return TakenOverError(issue=row.issue)
    return None


def pause_running(connection: sa.Connection, send_id: int, reason: str, now: datetime) -> None:
    """Pause a running send for a reason that came with its answers. If it is paused already, replace the reason."""
    values = {"status": SendStatus.PAUSED.value, "reason": reason, "waits_until": None}
    for before in (SendStatus.PAUSED, SendStatus.RUNNING):
        stands = sa.update(send).where(send.c.id == send_id, send.c.status == before.value)
        if connection.execute(stands.values(**values)).rowcount:
            if before is SendStatus.RUNNING:
                queue_notice(connection, send_id, NoticeKind.PAUSED, reason, now)
            return


def is_held_by(connection: sa.Connection, send_id: int, holder: str) -> bool:
    """Return whether this holder runs the send; the row stays locked until the transaction ends."""
    return str(connection.execute(_LOCKED_SEND, {"which": send_id}).one().holder) == holder


def reason_not_to_begin(
    connection: sa.Connection, send_id: int, begins: datetime | None, holder: str
) -> StoppedError | None:
    """Return why a send due at ``begins`` may not begin, or None; the row stays locked until the transaction ends."""
    row = connection.execute(_LOCKED_SEND, {"which": send_id}).one()
    if row.status not in (SendStatus.PLANNED.value, SendStatus.SCHEDULED.value):
        return StoppedError(issue=row.issue, status=row.status)
    if row.begins != begins:
        return StoppedError(f"the send of issue {row.issue} has been rescheduled", issue=row.issue, status=row.status)
    if row.holder != holder:
        return TakenOverError(issue=row.issue)
    return None


def is_cancelled(connection: sa.Connection, send_id: int) -> bool:
    """Return whether a send was cancelled; the row stays locked until the transaction ends."""
    return SendStatus(connection.execute(_LOCKED_SEND, {"which": send_id}).one().status) is SendStatus.CANCELLED


_LOCKED_SEND = (
    sa.select(send.c.issue, send.c.status, send.c.reason, send.c.holder, send.c.begins)
    .where(send.c.id == sa.bindparam("which"))
    .with_for_update(read=True)
)
