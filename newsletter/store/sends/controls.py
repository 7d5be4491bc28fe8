"""What an operator, or the process that runs it, does with a send as a whole: every change is in SEND_TRANSITIONS.

A person may pause, resume and cancel at any time. A process may only do so while it holds the send's lease, and it
never lifts a pause.
"""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.domain.delivery import (
    SEND_TRANSITIONS,
    SETTLED,
    DeliveryStatus,
    SendStatus,
    Uncertainty,
    impossible_transition,
    plain_words,
)
from newsletter.domain.notices import LATE, OUTAGE, NoticeKind
from newsletter.domain.schedule import next_try
from newsletter.errors import SendError
from newsletter.store.database import Database
from newsletter.store.delivery_counts import forget_counts
from newsletter.store.notices import queue_notice
from newsletter.store.sends.claims import ANEW, OPEN, UNSURE, skip_open
from newsletter.store.sends.queries import not_to_begin, why_stopped
from newsletter.store.tables import delivery, send

_S = SendStatus
_DEADLINE = 6 * 60 * 60  # seconds; of sends that were made before each had its own
_GOING_ON = (_S.PLANNED.value, _S.SCHEDULED.value, _S.RUNNING.value)


class Controls:
    """Pause, go on, give up, try again. A process that runs the send notices before its next batch."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pause(self, send_id: int, reason: str) -> None:
        """Pause a send for a person: nothing more is handed over until a person resumes it.

        Raises SendError if the send cannot be paused.
        """
        with self._database.writing() as connection:
            _advance(connection, send_id, _S.PAUSED, reason=plain_words(reason), waits_until=None, failing_since=None)

    def pause_held(self, send_id: int, reason: str, *, holder: str, late: bool = False) -> bool:
        """Pause a send for the process that holds it, and return whether it was paused.

        A process that lost the send, or whose send a person paused or cancelled, changes nothing. ``late`` says that
        the send comes too late, which people are then told.
        """
        before = [status.value for status in _S if _S.PAUSED in SEND_TRANSITIONS[status]]
        held = sa.update(send).where(send.c.id == send_id, send.c.holder == holder, send.c.status.in_(before))
        paused = held.values(status=_S.PAUSED.value, reason=plain_words(reason), waits_until=None, failing_since=None)
        with self._database.writing() as connection:
            if not connection.execute(paused).rowcount:
                return False
            kind = NoticeKind.LATE if late else NoticeKind.PAUSED
            queue_notice(connection, send_id, kind, reason, self._database.now())
            return True

    def put_off(self, send_id: int, why: str, *, now: datetime, holder: str, again: float = 0) -> bool:
        """Schedule another try of a send that cannot begin, or go on, for a while; return whether there will be one.

        The tries become rarer; none comes before ``again`` seconds. A send that began and has failed for longer than
        its deadline is paused instead; one that has not begun is for the worker to pause, by its time. Nothing changes
        if this holder lost the send, or a person paused or cancelled it.
        """
        with self._database.writing() as connection:
            row = connection.execute(
                sa.select(send.c.status, send.c.deadline, send.c.failing_since)
                .where(send.c.id == send_id, send.c.holder == holder, send.c.status.in_(_GOING_ON))
                .with_for_update()
            ).one_or_none()
            if row is None:
                return False
            why = plain_words(why)
            since = min(row.failing_since or now, now)
            limit = timedelta(seconds=row.deadline or _DEADLINE)
            if row.status == _S.RUNNING.value and now - since > limit:
                words = f"it could not go on for {limit}: {why}"
                _advance(connection, send_id, _S.PAUSED, reason=words, waits_until=None, failing_since=None)
                queue_notice(connection, send_id, NoticeKind.PAUSED, words, self._database.now())
                return False
            if row.failing_since is None:
                after = OUTAGE if row.status == _S.RUNNING.value else timedelta()
                queue_notice(connection, send_id, NoticeKind.FAILED, why, now, after=after)
            until = max(next_try(since, now), now + timedelta(seconds=again))
            values = {"reason": why, "waits_until": until, "failing_since": since}
            connection.execute(sa.update(send).where(send.c.id == send_id).values(**values))
            return True

    def carry_on(self, send_id: int, *, holder: str) -> None:
        """Let the process that holds a running send go on with it.

        Raises StoppedError if a person paused or cancelled the send, or another process has taken it over.
        """
        with self._database.writing() as connection:
            stopped = why_stopped(connection, send_id, holder)
            if stopped is not None:
                raise stopped
            _resumed(connection, send_id, self._database.now())

    def go_on(self, send_id: int) -> None:
        """Resume a send for a person: it runs, or, if nothing of it is frozen, it is planned or scheduled again.

        Raises SendError where it cannot go on.
        """
        now = self._database.now()
        with self._database.writing() as connection:
            issue, frozen, status, begins = connection.execute(
                sa.select(send.c.issue, send.c.digest != "", send.c.status, send.c.begins).where(send.c.id == send_id)
            ).one()
            if status == _S.CANCELLED.value and not frozen:
                raise SendError(
                    f"the send of issue {issue} is cancelled", hint=f"start anew: `newsletter send {issue}`"
                )
            if status != _S.RUNNING.value:
                unbegun = _S.SCHEDULED if begins and begins > now else _S.PLANNED
                _advance(connection, send_id, _S.RUNNING if frozen else unbegun, failing_since=None)
            _resumed(connection, send_id, self._database.now())

    def begin(self, send_id: int, *, begins: datetime | None, holder: str) -> None:
        """Begin a scheduled send whose time has come, for the process that holds it.

        Raises StoppedError if a person paused or cancelled it since, or gave it another time than ``begins``.
        """
        with self._database.writing() as connection:
            stopped = not_to_begin(connection, send_id, begins, holder)
            if stopped is not None:
                raise stopped
            unbegun = sa.update(send).where(send.c.id == send_id, send.c.status == _S.SCHEDULED.value)
            first = connection.execute(unbegun.values(status=_S.PLANNED.value)).rowcount
            now = self._database.now()
            if first and begins and now - begins > LATE:
                late = timedelta(seconds=round((now - begins).total_seconds()))
                queue_notice(connection, send_id, NoticeKind.LATE, f"it began {late} after its time", now)

    def wait(self, send_id: int, until: datetime, reason: str, *, holder: str) -> None:
        """Note that nothing can be handed over before a moment; the send goes on by itself then."""
        with self._database.writing() as connection:
            connection.execute(
                sa.update(send)
                .where(send.c.id == send_id, send.c.status == _S.RUNNING.value, send.c.holder == holder)
                .values(waits_until=until, reason=plain_words(reason), failing_since=None)
            )

    def answered(self, send_id: int) -> None:
        """Note that the provider takes messages again: the next failure counts as a first one."""
        with self._database.writing() as connection:
            connection.execute(sa.update(send).where(send.c.id == send_id).values(failing_since=None))

    def cancel(self, send_id: int) -> int:
        """Cancel a send and return how many readers are skipped. Raises SendError if it is over.

        Readers whose uncertain message was to be handed over again are uncertain once more, and not counted.
        """
        with self._database.writing() as connection:
            _advance(
                connection, send_id, _S.CANCELLED, reason="", waits_until=None, failing_since=None, counts=sa.null()
            )
            return skip_open(connection, send_id)

    def untouched(self, send_id: int) -> int:
        """Return how many readers would certainly not get the issue if the send were cancelled now."""
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

    def retry(self, send_id: int) -> int:
        """Queue those once more that were refused; how many. The send then waits to be gone on with.

        Whoever is suppressed meanwhile will be skipped. Raises SendError where the send was cancelled.
        """
        with self._database.writing() as connection:
            refused = sa.update(delivery).where(
                delivery.c.send == send_id, delivery.c.status == DeliveryStatus.REFUSED.value
            )
            queued = connection.execute(refused.values(status=DeliveryStatus.QUEUED.value, due=0, **ANEW)).rowcount
            _reopened(connection, send_id, queued)
            return queued

    def settle(self, send_id: int, uncertain: Uncertainty) -> int:
        """Decide about the deliveries of which nobody knows whether they arrived; how many there are.

        Held ones stay as they are, whatever the settings say. Ones to be sent again are queued, and may arrive twice.
        """
        those = (delivery.c.send == send_id, delivery.c.status == DeliveryStatus.UNCERTAIN.value)
        with self._database.writing() as connection:
            connection.execute(sa.update(send).where(send.c.id == send_id).values(uncertain=uncertain.value))
            if uncertain is Uncertainty.HOLD:
                return connection.scalars(sa.select(sa.func.count()).select_from(delivery).where(*those)).one()
            again = sa.update(delivery).where(*those).values(status=DeliveryStatus.QUEUED.value, due=0, **UNSURE)
            queued = connection.execute(again).rowcount
            _reopened(connection, send_id, queued)
            return queued


def _resumed(connection: sa.Connection, send_id: int, now: datetime) -> None:
    """A new run, with nothing to wait for."""
    settled = (
        sa.select(sa.func.count())
        .select_from(delivery)
        .where(delivery.c.send == send_id, delivery.c.status.in_([one.value for one in SETTLED]))
    ).scalar_subquery()
    values = {"reason": "", "waits_until": None, "resumed": now, "settled_before": settled}
    connection.execute(sa.update(send).where(send.c.id == send_id).values(**values, counts=sa.null()))


def _reopened(connection: sa.Connection, send_id: int, queued: int) -> None:
    """A send that was over runs again, if anything of it is to be handed over."""
    status = _S(connection.scalars(sa.select(send.c.status).where(send.c.id == send_id)).one())
    if queued and status not in (_S.RUNNING, _S.PAUSED):
        _advance(connection, send_id, _S.RUNNING, finished=None)
    forget_counts(connection, send_id)


def _advance(connection: sa.Connection, send_id: int, to: SendStatus, **values: Any) -> None:
    """Change a send's status. Raises SendError if the table of transitions doesn't allow it."""
    before = [status.value for status in _S if to in SEND_TRANSITIONS[status]]
    change = sa.update(send).where(send.c.id == send_id, send.c.status.in_(before))
    if not connection.execute(change.values(status=to.value, **values)).rowcount:
        found = connection.execute(sa.select(send.c.issue, send.c.status).where(send.c.id == send_id)).one_or_none()
        if found is None:
            raise SendError(f"there is no send {send_id}", hint="`newsletter sends` lists them")
        raise impossible_transition(found.issue, _S(found.status), to)
