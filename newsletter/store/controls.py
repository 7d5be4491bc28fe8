"""What an operator, or the clock, does with a send as a whole: every change is one that SEND_TRANSITIONS allows."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.delivery import SEND_TRANSITIONS, SETTLED, DeliveryStatus, SendStatus, Uncertainty, plain_words
from newsletter.errors import SendError
from newsletter.store.claims import ANEW, OPEN, skip_open
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
            _advance(connection, send_id, _S.PAUSED, reason=plain_words(reason), waits_until=None)

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
                .values(waits_until=until, reason=plain_words(reason))
            )

    def cancel(self, send_id: int) -> int:
        """Give a send up: whoever was not given a message is skipped; how many. Raises SendError where it is over.

        Readers whose uncertain message was to be handed over again are uncertain once more, and not counted.
        """
        with self._database.writing() as connection:
            _advance(connection, send_id, _S.CANCELLED, reason="", waits_until=None, counts=sa.null())
            return skip_open(connection, send_id)

    def untouched(self, send_id: int) -> int:
        """Return how many readers would certainly get nothing if the send were cancelled now."""
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
            values = {"status": DeliveryStatus.QUEUED.value, "due": 0, **ANEW, "unsure": True}
            again = sa.update(delivery).where(*those).values(values)
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
