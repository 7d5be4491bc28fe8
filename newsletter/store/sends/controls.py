"""Change a send's status, for an operator or for the process that runs it. SEND_TRANSITIONS lists all changes.

A person may pause, resume and cancel at any time. A process may only do so while it holds the send's lease, and it
never lifts a pause.
"""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.domain.date_words import duration_in_words
from newsletter.domain.delivery import SETTLED, DeliveryStatus, Uncertainty, clean_text
from newsletter.domain.notices import LATE, OUTAGE, NoticeKind
from newsletter.domain.schedule import next_try
from newsletter.domain.send import SEND_TRANSITIONS, SendStatus
from newsletter.domain.send_errors import NotBegunError, TransitionError, UnknownSendError
from newsletter.store.database import Database
from newsletter.store.delivery_counts import forget_counts
from newsletter.store.notices import queue_notice
from newsletter.store.sends.claims import OPEN, REQUEUED, requeue_uncertain, skip_open
from newsletter.store.sends.queries import UNFINISHED, reason_not_to_begin, reason_to_stop
from newsletter.store.tables import delivery, send

_S = SendStatus
_DEADLINE = 6 * 60 * 60  # seconds, for sends from versions that stored no deadline


class Controls:
    """A set of commands to sends: pause, resume, cancel, retry. A running process obeys before its next batch."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pause(self, send_id: int, reason: str) -> None:
        """Pause a send until a person resumes it. Raises SendError if it can't be paused."""
        with self._database.writing() as connection:
            _change_status(
                connection, send_id, _S.PAUSED, reason=clean_text(reason), waits_until=None, failing_since=None
            )

    def pause_held(self, send_id: int, reason: str, *, now: datetime, holder: str) -> bool:
        """Pause a send for the process that holds it, and return whether it was paused.

        Nothing changes if the process lost the send, or a person paused or cancelled it.
        """
        before = [status.value for status in _S if _S.PAUSED in SEND_TRANSITIONS[status]]
        held = sa.update(send).where(send.c.id == send_id, send.c.holder == holder, send.c.status.in_(before))
        return self._pause(held, send_id, reason, NoticeKind.PAUSED, now)

    def pause_unbegun(
        self,
        send_id: int,
        reason: str,
        *,
        begins: datetime | None,
        now: datetime,
        holder: str,
        recipients: int | None = None,
    ) -> bool:
        """Pause a send that is due at ``begins`` instead of beginning it, and return whether it was paused.

        With ``recipients``, a person has to agree to that number of readers: whoever resumes the send has seen it.
        Without, the send is too late. Nothing changes if the process lost the send, or a person has paused, cancelled
        or rescheduled it.
        """
        unbegun = sa.update(send).where(
            send.c.id == send_id,
            send.c.holder == holder,
            send.c.digest == "",
            send.c.status.in_((_S.PLANNED.value, _S.SCHEDULED.value)),
            send.c.begins == begins,
        )
        if recipients is None:
            return self._pause(unbegun, send_id, reason, NoticeKind.LATE, now)
        return self._pause(unbegun.values(planned_recipients=recipients), send_id, reason, NoticeKind.PAUSED, now)

    def _pause(self, which: sa.Update, send_id: int, reason: str, kind: NoticeKind, now: datetime) -> bool:
        paused = which.values(status=_S.PAUSED.value, reason=clean_text(reason), waits_until=None, failing_since=None)
        with self._database.writing() as connection:
            if not connection.execute(paused).rowcount:
                return False
            queue_notice(connection, send_id, kind, reason, now)
            return True

    def postpone(
        self, send_id: int, why: str, *, now: datetime, holder: str, again: float = 0, begins: datetime | None = None
    ) -> bool:
        """Schedule a retry of a send that can't begin or continue, and return whether there will be one.

        The retries back off, and the next comes after at least ``again`` seconds. A send that began and has failed for
        longer than its deadline is paused instead; the worker pauses one that hasn't begun in time. Nothing changes if
        this holder lost the send, a person paused or cancelled it, or it doesn't begin at ``begins`` any more.
        """
        with self._database.writing() as connection:
            row = connection.execute(
                sa.select(send.c.status, send.c.begins, send.c.deadline, send.c.failing_since)
                .where(send.c.id == send_id, send.c.holder == holder, send.c.status.in_(UNFINISHED))
                .with_for_update()
            ).one_or_none()
            if row is None or (begins is not None and row.begins != begins):
                return False
            why = clean_text(why)
            since = min(row.failing_since or now, now)
            limit = timedelta(seconds=row.deadline or _DEADLINE)
            if row.status == _S.RUNNING.value and now - since > limit:
                words = f"it has failed for {duration_in_words(limit)}: {why}"
                _change_status(connection, send_id, _S.PAUSED, reason=words, waits_until=None, failing_since=None)
                queue_notice(connection, send_id, NoticeKind.PAUSED, words, now)
                return False
            if row.failing_since is None:
                after = OUTAGE if row.status == _S.RUNNING.value else timedelta()
                queue_notice(connection, send_id, NoticeKind.FAILED, why, now, after=after)
            until = max(next_try(since, now), now + timedelta(seconds=again))
            values = {"reason": why, "waits_until": until, "failing_since": since}
            connection.execute(sa.update(send).where(send.c.id == send_id).values(**values))
            return True

    def resume_held(self, send_id: int, *, now: datetime, holder: str) -> None:
        """Continue a running send, for the process that holds it.

        Raises StoppedError if a person paused or cancelled the send, or another process took it over.
        """
        with self._database.writing() as connection:
            stopped = reason_to_stop(connection, send_id, holder)
            if stopped is not None:
                raise stopped
            _start_run(connection, send_id, now)

    def resume(self, send_id: int, *, now: datetime) -> None:
        """Resume a send for a person. If it isn't frozen yet, it is planned or scheduled again.

        Raises SendError if it can't be resumed.
        """
        with self._database.writing() as connection:
            issue, frozen, status, begins = connection.execute(
                sa.select(send.c.issue, send.c.digest != "", send.c.status, send.c.begins).where(send.c.id == send_id)
            ).one()
            if status == _S.CANCELLED.value and not frozen:
                raise NotBegunError(issue=issue, cancelled=True)
            if status != _S.RUNNING.value:
                unbegun = _S.SCHEDULED if begins and begins > now else _S.PLANNED
                _change_status(connection, send_id, _S.RUNNING if frozen else unbegun, failing_since=None)
            _start_run(connection, send_id, now)

    def begin_scheduled(self, send_id: int, *, begins: datetime | None, now: datetime, holder: str) -> None:
        """Begin a scheduled send that is due, for the process that holds it.

        Raises StoppedError if a person has paused, cancelled or rescheduled it, so that it isn't due at ``begins``.
        """
        with self._database.writing() as connection:
            stopped = reason_not_to_begin(connection, send_id, begins, holder)
            if stopped is not None:
                raise stopped
            unbegun = sa.update(send).where(send.c.id == send_id, send.c.status == _S.SCHEDULED.value)
            first = connection.execute(unbegun.values(status=_S.PLANNED.value)).rowcount
            if first and begins and now - begins > LATE:
                reason = f"it began {duration_in_words(now - begins)} late"
                queue_notice(connection, send_id, NoticeKind.LATE, reason, now)

    def wait_until(self, send_id: int, until: datetime, reason: str, *, holder: str) -> None:
        """Record that nothing can be handed over before ``until``. The send resumes automatically then."""
        with self._database.writing() as connection:
            connection.execute(
                sa.update(send)
                .where(send.c.id == send_id, send.c.status == _S.RUNNING.value, send.c.holder == holder)
                .values(waits_until=until, reason=clean_text(reason), failing_since=None)
            )

    def begin_outage(self, send_id: int, why: str, until: datetime, *, now: datetime, holder: str) -> None:
        """Record that the provider gives no clear answer, and that the process that runs the send waits ``until`` then.

        Nothing changes if this holder lost the send, or a person paused or cancelled it.
        """
        held = (send.c.id == send_id, send.c.status == _S.RUNNING.value, send.c.holder == holder)
        with self._database.writing() as connection:
            why = clean_text(why)
            is_first = connection.execute(
                sa.update(send).where(*held, send.c.failing_since.is_(None)).values(failing_since=now)
            ).rowcount
            if is_first:
                queue_notice(connection, send_id, NoticeKind.FAILED, why, now, after=OUTAGE)
            connection.execute(sa.update(send).where(*held).values(reason=why, waits_until=until))

    def end_outage(self, send_id: int, *, holder: str) -> None:
        """Record that the provider accepts messages again: the next failure counts as the first."""
        with self._database.writing() as connection:
            connection.execute(
                sa.update(send)
                .where(send.c.id == send_id, send.c.status == _S.RUNNING.value, send.c.holder == holder)
                .values(reason="", waits_until=None, failing_since=None)
            )

    def cancel(self, send_id: int) -> int:
        """Cancel a send and return the number of readers skipped. Raises SendError if the send is over.

        Readers whose uncertain message was queued again become uncertain again, and aren't counted.
        """
        with self._database.writing() as connection:
            _change_status(
                connection, send_id, _S.CANCELLED, reason="", waits_until=None, failing_since=None, counts=sa.null()
            )
            return skip_open(connection, send_id)

    def count_unmailed(self, send_id: int) -> int:
        """Return the number of readers who certainly won't get the issue if the send is cancelled now."""
        open_ones = (delivery.c.send == send_id, delivery.c.status.in_(OPEN), ~delivery.c.unsure)
        with self._database.reading() as connection:
            return connection.scalars(sa.select(sa.func.count()).select_from(delivery).where(*open_ones)).one()

    def first_answers(self, send_id: int, most: int) -> list[tuple[DeliveryStatus, str]]:
        """Return status and detail of up to ``most`` deliveries that the provider accepted or refused."""
        clear = (DeliveryStatus.SUBMITTED.value, DeliveryStatus.REFUSED.value)
        query = (
            sa.select(delivery.c.status, delivery.c.detail)
            .where(delivery.c.send == send_id, delivery.c.status.in_(clear))
            .order_by(delivery.c.edition, delivery.c.subscriber)
            .limit(most)
        )
        with self._database.reading() as connection:
            return [(DeliveryStatus(status), detail) for status, detail in connection.execute(query)]

    def retry_refused(self, send_id: int) -> int:
        """Queue refused deliveries again and return their number. The send can then be resumed.

        Readers who have been suppressed since will be skipped. Raises SendError if the send was cancelled.
        """
        with self._database.writing() as connection:
            refused = sa.update(delivery).where(
                delivery.c.send == send_id, delivery.c.status == DeliveryStatus.REFUSED.value
            )
            queued = connection.execute(refused.values(status=DeliveryStatus.QUEUED.value, due=0, **REQUEUED)).rowcount
            _reopen(connection, send_id, queued)
            return queued

    def settle_uncertain(self, send_id: int, uncertain: Uncertainty) -> int:
        """Hold a send's uncertain deliveries or queue them again, and return their number.

        Held ones stay uncertain, whatever the settings say. Queued ones may arrive twice.
        """
        unclear = (delivery.c.send == send_id, delivery.c.status == DeliveryStatus.UNCERTAIN.value)
        with self._database.writing() as connection:
            connection.execute(sa.update(send).where(send.c.id == send_id).values(uncertain=uncertain.value))
            if uncertain is Uncertainty.HOLD:
                return connection.scalars(sa.select(sa.func.count()).select_from(delivery).where(*unclear)).one()
            queued = requeue_uncertain(connection, send_id, 0)
            _reopen(connection, send_id, queued)
            return queued


def _start_run(connection: sa.Connection, send_id: int, now: datetime) -> None:
    """Start a new run of a send, with no reason to wait."""
    settled = (
        sa.select(sa.func.count())
        .select_from(delivery)
        .where(delivery.c.send == send_id, delivery.c.status.in_([status.value for status in SETTLED]))
    ).scalar_subquery()
    values = {"reason": "", "waits_until": None, "resumed": now, "settled_before": settled}
    connection.execute(sa.update(send).where(send.c.id == send_id).values(**values, counts=sa.null()))


def _reopen(connection: sa.Connection, send_id: int, queued: int) -> None:
    """Set a send that was over to running again if any delivery was queued."""
    status = _S(connection.scalars(sa.select(send.c.status).where(send.c.id == send_id)).one())
    if queued and status not in (_S.RUNNING, _S.PAUSED):
        _change_status(connection, send_id, _S.RUNNING, finished=None)
    forget_counts(connection, send_id)


def _change_status(connection: sa.Connection, send_id: int, to: SendStatus, **values: Any) -> None:
    """Change a send's status. Raises SendError if SEND_TRANSITIONS doesn't allow it."""
    before = [status.value for status in _S if to in SEND_TRANSITIONS[status]]
    change = sa.update(send).where(send.c.id == send_id, send.c.status.in_(before))
    if not connection.execute(change.values(status=to.value, **values)).rowcount:
        row = connection.execute(sa.select(send.c.issue, send.c.status).where(send.c.id == send_id)).one_or_none()
        if row is None:
            raise UnknownSendError(send=send_id)
        raise TransitionError(issue=row.issue, status=_S(row.status), to=to)
