"""How sends stand, as values; how many of their deliveries do how, and why a send may not go on."""

from collections.abc import Mapping

import sqlalchemy as sa

from newsletter.delivery import DeliveryStatus, Send, SendStatus, Uncertainty
from newsletter.errors import StoppedError
from newsletter.store.tables import delivery, send


def one_send(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> Send | None:
    """The send of which this is true, if there is one."""
    return next(iter(sends_where(connection, condition)), None)


def sends_where(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> list[Send]:
    """Those of which all this is true, the latest first."""
    found = connection.execute(sa.select(send).where(*conditions).order_by(send.c.id.desc())).all()
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
                DeliveryStatus(status): number
                for status, number in (row.counts or count_deliveries(connection, row.id)).items()
            },
            uncertain=Uncertainty(row.uncertain),
            **{name: getattr(row, name) for name in _AS_STORED},
        )
        for row in found
    ]


_AS_STORED = (
    "base_url", "signing_key", "begins", "local_time", "deadline", "reason", "waits_until", "holder", "resumed",
    "settled_before",
)  # fmt: skip


def count_deliveries(connection: sa.Connection, send_id: int) -> Mapping[str, int]:
    """How many deliveries of a send stand how."""
    query = sa.select(delivery.c.status, sa.func.count()).where(delivery.c.send == send_id).group_by(delivery.c.status)
    return dict(connection.execute(query).all())


def why_stopped(connection: sa.Connection, send_id: int, holder: str) -> StoppedError | None:
    """Why nothing more may be handed over, if so; what is true here stays so until the transaction ends."""
    found = connection.execute(_STANDS, {"which": send_id}).one()
    if found.status != SendStatus.RUNNING.value:
        why = f": {found.reason}" if found.reason else ""
        return StoppedError(f"the send of issue {found.issue} is {found.status}{why}", mend=_GO_ON.format(found.issue))
    if found.holder != holder:
        return StoppedError(
            f"another process has taken over the send of issue {found.issue}", mend="nothing more was handed over here"
        )
    return None


def is_held_by(connection: sa.Connection, send_id: int, holder: str) -> bool:
    """Return whether this holder runs the send; what is true here stays so until the transaction ends."""
    return str(connection.execute(_STANDS, {"which": send_id}).one().holder) == holder


def is_cancelled(connection: sa.Connection, send_id: int) -> bool:
    """Whether a send is given up; what is true here stays so until the transaction ends."""
    return SendStatus(connection.execute(_STANDS, {"which": send_id}).one().status) is SendStatus.CANCELLED


_GO_ON = "go on with `newsletter send {} --resume`"
_STANDS = (
    sa.select(send.c.issue, send.c.status, send.c.reason, send.c.holder)
    .where(send.c.id == sa.bindparam("which"))
    .with_for_update(read=True)
)
