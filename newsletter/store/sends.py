"""The ledger: an issue's frozen audience and content, and how each delivery stands."""

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache

import sqlalchemy as sa

from newsletter.audience import Segment
from newsletter.compiled import CompiledIssue
from newsletter.delivery import (
    START,
    AudienceCounts,
    Claimed,
    DeliveryStatus,
    Place,
    Receipt,
    Send,
    SendStatus,
)
from newsletter.edition import Edition, EditionCounts, Tailor
from newsletter.errors import SendError
from newsletter.store.audiences import audience_of, count_audience
from newsletter.store.claims import OPEN, Claiming, settle
from newsletter.store.database import Database, insert_rows
from newsletter.store.editions import FULL, Editions, frozen_edition, frozen_editions
from newsletter.store.tables import delivery, send, subscriber

_S = DeliveryStatus


class Sends:
    """All sends. An issue has at most one, and a delivery is one row, unique by (send, subscriber)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def audience(self, segments: Sequence[Segment]) -> AudienceCounts:
        """What a send to these segments would reach now."""
        with self._database.reading() as connection:
            return count_audience(connection, segments)

    def freeze(
        self, *, compiled: CompiledIssue, tailor: Tailor, date: datetime, segments: Sequence[Segment], provider: str
    ) -> Send:
        """Fix who gets which edition: from now on only the statuses of its deliveries change.

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
                "left_out": 0,
            }
            send_id = connection.scalars(sa.insert(send).returning(send.c.id), values).one()
            left_out = _freeze(connection, send_id, segments, tailor)
            connection.execute(sa.update(send).where(send.c.id == send_id).values(left_out=left_out))
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

    def editions(self, segments: Sequence[Segment], tailor: Tailor) -> EditionCounts:
        """Which editions a send to these segments would have now, and how many readers each."""
        with self._database.reading() as connection:
            found = Editions(tailor)
            if tailor.tailoring is None:
                found.give_everybody_the_full_one(count_audience(connection, segments).recipients)
            else:
                deque(found.of(connection, segments), maxlen=0)
            return found.counts()

    def frozen_editions(self, send_id: int) -> EditionCounts:
        """The editions that a send froze, and how many readers each had then."""
        with self._database.reading() as connection:
            left_out = connection.scalars(sa.select(send.c.left_out).where(send.c.id == send_id)).one()
            return frozen_editions(connection, send_id, left_out)

    def edition(self, send_id: int, number: int) -> Edition:
        """An edition that a send froze, by its number."""
        with self._database.reading() as connection:
            return frozen_edition(connection, send_id, number)

    def claim(self, send_id: int, *, slots: Collection[str], size: int, after: Place = START) -> Sequence[Claimed]:
        """Up to ``size`` deliveries that are *submitting* from now on, for the caller alone; none at the end.

        They come with their readers' values for ``slots``, in the order of their places, queued and deferred ones,
        behind the place ``after``: with the last one of the batch before, a run meets each once, all readers of an
        edition together, and never walks again through those that are done. Whoever left, or was removed or suppressed,
        since the audience was frozen is skipped for good.
        """
        claiming = _claiming(frozenset(slots))
        place: Place | None = after
        while place is not None:
            with self._database.writing() as connection:
                ready, place = claiming.take(connection, send_id, size=size, after=place)
            if ready:
                return ready
        return ()

    def record(self, send_id: int, receipts: Sequence[Receipt], *, batch: Sequence[Claimed] = ()) -> None:
        """Write down what a provider said; what cannot follow a delivery's status came too late, and is let go.

        Of receipts for deliveries of ``batch`` it is known where they stand, which is quicker.
        """
        with self._database.writing() as connection:
            settle(connection, send_id, receipts, dict(one.place[::-1] for one in batch))
            connection.execute(_RECOUNT, {"which": send_id})

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
            unsettled = [f"{counts[status]} {status}" for status in (*OPEN, _S.SUBMITTING.value) if status in counts]
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


def _freeze(connection: sa.Connection, send_id: int, segments: Sequence[Segment], tailor: Tailor) -> int:
    """Write deliveries and editions; how many readers are left out."""
    found = Editions(tailor)
    if tailor.tailoring is None:
        found.give_everybody_the_full_one(connection.execute(_one_edition(send_id, segments)).rowcount)
    else:
        names = ("send", "edition", "subscriber", "status", "detail", "provider_id")
        for chunk in found.of(connection, segments):
            rows = [(send_id, number, reader, _S.QUEUED.value, "", "") for number, reader in chunk]
            insert_rows(connection, delivery, names, rows)
    found.write(connection, send_id)
    return found.left_out


def _one_edition(send_id: int, segments: Sequence[Segment]) -> sa.Insert:
    audience = audience_of(segments).add_columns(
        sa.literal(send_id), sa.literal(FULL), sa.literal(_S.QUEUED.value), sa.literal(""), sa.literal("")
    )
    return sa.insert(delivery).from_select(
        ["subscriber", "send", "edition", "status", "detail", "provider_id"], audience.order_by(subscriber.c.id)
    )


_claiming = lru_cache(maxsize=16)(Claiming)  # a statement takes longer to build than to run
_RECOUNT = (
    sa.update(send).where(send.c.id == sa.bindparam("which"), send.c.counts.is_not(None)).values(counts=sa.null())
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
            left_out=row.left_out,
            counts={
                DeliveryStatus(status): number for status, number in (row.counts or _count(connection, row.id)).items()
            },
        )
        for row in found
    ]


def _count(connection: sa.Connection, send_id: int) -> Mapping[str, int]:
    query = sa.select(delivery.c.status, sa.func.count()).where(delivery.c.send == send_id).group_by(delivery.c.status)
    return dict(connection.execute(query).all())
