"""What an operator, or the clock, does with a send as a whole: every change is one that SEND_TRANSITIONS allows."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.delivery import SEND_TRANSITIONS, SETTLED, DeliveryStatus, SendStatus, Uncertainty
from newsletter.errors import SendError
from newsletter.store.claims import skip_open
from newsletter.store.database import Database
from newsletter.store.tables import delivery, send

_S = SendStatus


class Controls:
    """Pause, go on, give up, try again. A process that runs the send notices before its next batch."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pause(self, send_id: int, reason: str) -> None:
        """Hand over nothing more until somebody says so. Raises SendError where the send cannot be paused."""
        with self._database.writing() as connection:
            _advance(connection, send_id, _S.PAUSED, reason=reason, waits_until=None)

    def go_on(self, send_id: int) -> None:
        """The send runs from now on. Where nothing of it is frozen it is planned, or scheduled before its time.

        Raises SendError where it cannot go on.
        """
        now = self._database.now()
        with self._database.writing() as connection:
            frozen, status, begins = connection.execute(
                sa.select(send.c.digest != "", send.c.status, send.c.begins).where(send.c.id == send_id)
            ).one()
            running = {"reason": "", "waits_until": None, "resumed": now}
            if status != _S.RUNNING.value:
                unbegun = _S.SCHEDULED if begins and begins > now else _S.PLANNED
                _advance(connection, send_id, _S.RUNNING if frozen else unbegun, **running)
            settled = (
                sa.select(sa.func.count())
                .select_from(delivery)
                .where(delivery.c.send == send_id, delivery.c.status.in_([one.value for one in SETTLED]))
            ).scalar_subquery()
            connection.execute(
                sa.update(send).where(send.c.id == send_id).values(**running, settled_before=settled, counts=sa.null())
            )

    def begin(self, send_id: int) -> None:
        """The time of a scheduled send has come. Raises SendError where it is not scheduled any more."""
        with self._database.writing() as connection:
            _advance(connection, send_id, _S.PLANNED)

    def wait(self, send_id: int, until: datetime, reason: str) -> None:
        """Nothing can be handed over before a moment; the send goes on by itself then."""
        with self._database.writing() as connection:
            connection.execute(
                sa.update(send)
                .where(send.c.id == send_id, send.c.status == _S.RUNNING.value)
                .values(waits_until=until, reason=reason)
            )

    def cancel(self, send_id: int) -> int:
        """Give a send up: whoever was not given a message is skipped; how many. Raises SendError where it is over."""
        with self._database.writing() as connection:
            _advance(connection, send_id, _S.CANCELLED, reason="", waits_until=None, counts=sa.null())
            return connection.execute(skip_open(send_id)).rowcount

    def retry(self, send_id: int) -> int:
        """Queue those once more that were refused; how many. The send then waits to be gone on with.

        Whoever is suppressed meanwhile will be skipped. Raises SendError where the send was cancelled.
        """
        with self._database.writing() as connection:
            refused = sa.update(delivery).where(
                delivery.c.send == send_id, delivery.c.status == DeliveryStatus.REFUSED.value
            )
            queued = connection.execute(refused.values(status=DeliveryStatus.QUEUED.value, due=0)).rowcount
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
            again = sa.update(delivery).where(*those).values(status=DeliveryStatus.QUEUED.value, due=0)
            queued = connection.execute(again).rowcount
            _reopened(connection, send_id, queued)
            return queued


def _reopened(connection: sa.Connection, send_id: int, queued: int) -> None:
    """A send that was over runs again, if anything of it is to be handed over."""
    status = _S(connection.scalars(sa.select(send.c.status).where(send.c.id == send_id)).one())
    if queued and status not in (_S.RUNNING, _S.PAUSED):
        _advance(connection, send_id, _S.RUNNING, finished=None)
    connection.execute(sa.update(send).where(send.c.id == send_id).values(counts=sa.null()))


def _advance(connection: sa.Connection, send_id: int, to: SendStatus, **values: Any) -> None:
    """Raises SendError where the send stands otherwise, and nothing is changed."""
    before = [status.value for status in _S if to in SEND_TRANSITIONS[status]]
    change = sa.update(send).where(send.c.id == send_id, send.c.status.in_(before))
    if not connection.execute(change.values(status=to.value, **values)).rowcount:
        found = connection.execute(sa.select(send.c.issue, send.c.status).where(send.c.id == send_id)).one_or_none()
        if found is None:
            raise SendError(f"there is no send {send_id}", mend="`newsletter sends` lists them")
        raise SendError(f"the send of issue {found.issue} is {found.status}", mend=f"it cannot be {to} from there")
