"""The ledger: an issue's frozen audience and content, and how each delivery stands."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from newsletter.audience import Segment, Subscriber
from newsletter.compiled import CompiledIssue
from newsletter.delivery import TRANSITIONS, AudienceCounts, DeliveryStatus, Receipt, Send, SendStatus
from newsletter.edition import Edition, EditionCounts, Reader, Tailor
from newsletter.errors import SendError
from newsletter.store import rows
from newsletter.store.audiences import audience_of, confirmed, count_audience, in_any, suppressed
from newsletter.store.database import Database
from newsletter.store.tables import delivery, send, subscriber

_S = DeliveryStatus
_OPEN = (_S.QUEUED.value, _S.DEFERRED.value)
_GONE = "left, or was removed or suppressed, after the audience was frozen"


class Sends:
    """All sends. An issue has at most one, and a delivery is one row, unique by (send, subscriber)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def audience(self, segments: Sequence[Segment]) -> AudienceCounts:
        """What a send to these segments would reach now."""
        with self._database.reading() as connection:
            return count_audience(connection, segments)

    def editions(self, segments: Sequence[Segment], tailor: Tailor) -> EditionCounts:
        """Which editions a send to these segments would have now, and how many readers each."""
        counts: Counter[Edition | None] = Counter()
        with self._database.reading() as connection:
            for reader in rows.read_pages(connection, confirmed(), ~suppressed(), in_any(segments)):
                counts[tailor.edition(Reader.of(reader))] += 1
        return EditionCounts(
            editions={edition: readers for edition, readers in counts.most_common() if edition is not None},
            skipped=counts[None],
        )

    def freeze(self, *, compiled: CompiledIssue, date: datetime, segments: Sequence[Segment], provider: str) -> Send:
        """Fix who gets what: from now on only the statuses of its deliveries change.

        Raises SendError where the issue has a send already, or where nobody would get it.
        """
        with self._database.writing() as connection:
            earlier = _one(connection, send.c.issue == compiled.issue)
            if earlier is not None:
                raise SendError(
                    f"the issue {compiled.issue} has a send already, of {earlier.created:%Y-%m-%d %H:%M} UTC, "
                    f"to {earlier.recipients} readers, {earlier.status}",
                    mend="" if earlier.finished else "go on with it: --resume",
                )
            values = {
                "issue": compiled.issue,
                "status": SendStatus.RUNNING.value,
                "provider": provider,
                "digest": compiled.digest,
                "content": compiled.to_json(),
                "date": date,
                "segments": [segment.slug for segment in segments],
                "created": datetime.now(UTC),
            }
            send_id = connection.scalars(sa.insert(send).returning(send.c.id), values).one()
            connection.execute(_freezing(send_id, segments))
            (frozen,) = _sends(connection, send.c.id == send_id)
            if not frozen.recipients:
                raise SendError(
                    f"nobody would get the issue {compiled.issue}", mend="see `newsletter segments`; nothing was frozen"
                )
            return frozen

    def find(self, issue: str) -> Send | None:
        """The send of an issue, by its slug."""
        with self._database.reading() as connection:
            return _one(connection, send.c.issue == issue)

    def each(self) -> list[Send]:
        """All sends, the latest first."""
        with self._database.reading() as connection:
            return _sends(connection)

    def content(self, send_id: int) -> tuple[CompiledIssue, datetime]:
        """What was frozen, and the date that its messages bear."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(send.c.content, send.c.date).where(send.c.id == send_id)).one()
        return CompiledIssue.from_json(row.content), row.date

    def claim(self, send_id: int, *, size: int, after: int = 0) -> Sequence[Subscriber]:
        """Up to ``size`` readers whose deliveries are *submitting* from now on, for the caller alone; none at the end.

        Deliveries are taken in the order of their readers' ids, queued and deferred ones, behind the id ``after``:
        with the last id of the batch before, a run meets each once, and never walks again through those that are done.
        Whoever left, or was removed or suppressed, since the audience was frozen is skipped for good.
        """
        while True:
            with self._database.writing() as connection:
                claimed = _next(connection, send_id, after, size)
                if not claimed:
                    return ()
                after = claimed[-1]
                ready = rows.read(connection, subscriber.c.id.in_(claimed), confirmed(), ~suppressed())
                _mark(connection, send_id, [one.id for one in ready], _S.SUBMITTING)
                gone = set(claimed).difference(one.id for one in ready)
                _mark(connection, send_id, sorted(gone), _S.SKIPPED, _GONE)
            if ready:
                return ready

    def record(self, send_id: int, receipts: Sequence[Receipt]) -> None:
        """Write down what a provider said; what cannot follow a delivery's status came too late, and is let go."""
        by_status: dict[DeliveryStatus, list[dict[str, Any]]] = {}
        for receipt in receipts:
            by_status.setdefault(receipt.status, []).append(
                {"which": receipt.subscriber, "provider_id": receipt.provider_id, "detail": receipt.detail}
            )
        with self._database.writing() as connection:
            for status, values in by_status.items():
                connection.execute(
                    sa.update(delivery)
                    .where(
                        delivery.c.send == send_id,
                        delivery.c.subscriber == sa.bindparam("which"),
                        sa.or_(*(delivery.c.status == before.value for before in _S if status in TRANSITIONS[before])),
                    )
                    .values(status=status.value),
                    values,
                )
            connection.execute(
                sa.update(send).where(send.c.id == send_id, send.c.counts.is_not(None)).values(counts=sa.null())
            )

    def release(self, send_id: int, subscribers: Collection[int]) -> None:
        """Give claimed readers back, who were not handed over: they are queued again."""
        if not subscribers:
            return
        with self._database.writing() as connection:
            connection.execute(
                _claimed(send_id).where(delivery.c.subscriber.in_(sorted(subscribers))).values(status=_S.QUEUED.value)
            )

    def interrupted(self, send_id: int, *, repeatable: bool) -> int:
        """Settle what a process that died had claimed; how many that was.

        With a ``repeatable`` provider they are queued again; otherwise nobody knows whether they were handed over, and
        they are *uncertain*. Only for when no other process is at work on this send.
        """
        status = _S.QUEUED if repeatable else _S.UNCERTAIN
        with self._database.writing() as connection:
            settled = connection.execute(
                _claimed(send_id).values(
                    status=status.value,
                    detail="" if repeatable else "the program ended before the provider answered",
                )
            )
        return settled.rowcount

    def finish(self, send_id: int) -> Send:
        """Close a send. Raises SendError while deliveries are queued, deferred or under way."""
        with self._database.writing() as connection:
            counts = _count(connection, send_id)
            unsettled = [f"{counts[status]} {status}" for status in (*_OPEN, _S.SUBMITTING.value) if status in counts]
            if unsettled:
                raise SendError(
                    f"not every delivery is settled: {', '.join(unsettled)}",
                    mend="go on with the send, if need be later: --resume",
                )
            connection.execute(
                sa.update(send)
                .where(send.c.id == send_id)
                .values(status=SendStatus.FINISHED.value, finished=datetime.now(UTC), counts=counts)
            )
            return _sends(connection, send.c.id == send_id)[0]

    def deliveries(
        self, send_id: int, status: DeliveryStatus | None = None
    ) -> Iterator[tuple[str, DeliveryStatus, str]]:
        """Address, status and detail of each delivery, as of one moment; the address of a removed reader is empty."""
        query = (
            sa.select(subscriber.c.address, delivery.c.status, delivery.c.detail)
            .select_from(delivery.outerjoin(subscriber, subscriber.c.id == delivery.c.subscriber))
            .where(delivery.c.send == send_id, *([] if status is None else [delivery.c.status == status.value]))
            .order_by(delivery.c.subscriber)
        )
        with self._database.reading() as connection:
            for address, stands, detail in connection.execution_options(yield_per=1000).execute(query):
                yield address or "", DeliveryStatus(stands), detail


def _freezing(send_id: int, segments: Sequence[Segment]) -> sa.Insert:
    audience = audience_of(segments).add_columns(
        sa.literal(send_id), sa.literal(_S.QUEUED.value), sa.literal(""), sa.literal("")
    )
    return sa.insert(delivery).from_select(["subscriber", "send", "status", "detail", "provider_id"], audience)


def _next(connection: sa.Connection, send_id: int, after: int, size: int) -> Sequence[int]:
    """The next open deliveries, without those that another process is taking at this moment."""
    query = (
        sa.select(delivery.c.subscriber)
        .where(delivery.c.send == send_id, delivery.c.subscriber > after, delivery.c.status.in_(_OPEN))
        .order_by(delivery.c.subscriber)
        .limit(size)
        .with_for_update(skip_locked=True)
    )
    return connection.scalars(query).all()


def _mark(
    connection: sa.Connection, send_id: int, subscribers: list[int], status: DeliveryStatus, detail: str = ""
) -> None:
    if subscribers:
        connection.execute(
            sa.update(delivery)
            .where(delivery.c.send == send_id, delivery.c.subscriber.in_(subscribers))
            .values(status=status.value, detail=detail)
        )


def _claimed(send_id: int) -> sa.Update:
    return sa.update(delivery).where(delivery.c.send == send_id, delivery.c.status == _S.SUBMITTING.value)


def _one(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> Send | None:
    return next(iter(_sends(connection, condition)), None)


def _sends(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> list[Send]:
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
            counts={
                DeliveryStatus(status): number for status, number in (row.counts or _count(connection, row.id)).items()
            },
        )
        for row in found
    ]


def _count(connection: sa.Connection, send_id: int) -> Mapping[str, int]:
    query = sa.select(delivery.c.status, sa.func.count()).where(delivery.c.send == send_id).group_by(delivery.c.status)
    return dict(connection.execute(query).all())
