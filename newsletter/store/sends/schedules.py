"""Undo and reschedule sends that haven't begun.

Each is one statement on the send's row, and so are claiming the send and freezing it: they exclude each other.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.domain.send import SEND_TRANSITIONS, SendStatus
from newsletter.domain.send_errors import BegunError, NotBegunError, TransitionError, UnknownSendError
from newsletter.store.database import Database
from newsletter.store.tables import send

_S = SendStatus


class Schedules:
    """The starts of sends that haven't begun."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def undo(self, send_id: int) -> None:
        """Cancel a send that hasn't begun: nobody gets it, and the issue can be sent after all.

        Raise BegunError if a process has begun it, and TransitionError if it is cancelled already.
        """
        self._change(send_id, _S.CANCELLED)

    def reschedule(self, send_id: int, *, begins: datetime, local_time: str = "") -> None:
        """Have a send begin at another time; only its start changes. One that is paused is scheduled again.

        Raise BegunError if a process has begun it, and NotBegunError if it is cancelled.
        """
        self._change(send_id, _S.SCHEDULED, send.c.begins.is_not(None), begins=begins, local_time=local_time)

    def _change(self, send_id: int, to: SendStatus, *conditions: sa.ColumnElement[bool], **values: Any) -> None:
        before = {status.value for status in _S if to in SEND_TRANSITIONS[status]} | {_S.SCHEDULED.value}
        before -= {_S.CANCELLED.value, _S.RUNNING.value}
        unbegun = sa.update(send).where(
            send.c.id == send_id, send.c.digest == "", send.c.status.in_(sorted(before)), *conditions
        )
        values |= {"status": to.value, "reason": "", "waits_until": None, "failing_since": None}
        with self._database.writing() as connection:
            if connection.execute(unbegun.values(**values)).rowcount:
                return
            stands = sa.select(send.c.issue, send.c.status, send.c.digest).where(send.c.id == send_id)
            row = connection.execute(stands).one_or_none()
            if row is None:
                raise UnknownSendError(send=send_id)
            if row.digest:
                raise BegunError(issue=row.issue, status=_S(row.status))
            if row.status == _S.CANCELLED.value and to is not _S.CANCELLED:
                raise NotBegunError(issue=row.issue, cancelled=True)
            raise TransitionError(issue=row.issue, status=_S(row.status), to=to)
