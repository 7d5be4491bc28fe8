"""The ledger: an issue's frozen audience and content, and how each delivery stands."""

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from newsletter.domain.delivery import (
    START,
    Answered,
    AudienceCounts,
    Claimed,
    DeliveryStatus,
    Place,
    Published,
    Receipt,
    Send,
    SendStatus,
    Uncertainty,
)
from newsletter.domain.edition import Edition, EditionCounts, Tailor
from newsletter.domain.schedule import HOME
from newsletter.domain.subscriber import Segment
from newsletter.errors import SendError, StoppedError, StoreError
from newsletter.message.compiled_issue import CompiledIssue
from newsletter.store.database import Database, insert_new
from newsletter.store.delivery_counts import forget_counts, sends_without_counts, store_counts
from newsletter.store.events.tracking import write_links
from newsletter.store.installation import froze
from newsletter.store.sends.claims import OPEN, UNSURE, Claiming, claimed, record, release
from newsletter.store.sends.due_times import due_by_consent, due_by_zone, readers_by_zone
from newsletter.store.sends.editions import Editions
from newsletter.store.sends.freezing import freeze_deliveries
from newsletter.store.sends.queries import (
    finish_send,
    is_held_by,
    one_send,
    pause_running,
    sends_where,
    unfinished_sends,
    why_stopped,
)
from newsletter.store.sends.rehearsal import would_get
from newsletter.store.subscribers.segments import awake, confirmed, count_audience, suppressed
from newsletter.store.tables import delivery, send, subscriber

_S = DeliveryStatus
_NO_TIMES: Mapping[int, int] = {}
_NO_MOMENTS: Mapping[str, int] = {}
_UNBEGUN = (SendStatus.PLANNED.value, SendStatus.CANCELLED.value)


class Sends:
    """All sends. An issue has at most one, and a delivery is one row, unique by (send, subscriber)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def would_get(self, segments: Sequence[Segment], tailor: Tailor) -> Iterator[list[tuple[Edition, Claimed]]]:
        """Yield the readers a send to these segments would have now, with their editions, some at a time."""
        with self._database.reading() as connection:
            yield from would_get(connection, segments, tailor)

    def audience(self, segments: Sequence[Segment]) -> AudienceCounts:
        """What a send to these segments would reach now."""
        with self._database.reading() as connection:
            return count_audience(connection, segments)

    def plan(self, *, issue: str, provider: str, segments: Sequence[Segment] = (), deadline: int = 0) -> Send:
        """Take an issue: from now on it has a send, of which nothing is frozen.

        One that is planned already, or was cancelled before anything was frozen, is planned anew. Raises SendError
        where the issue has another send.
        """
        return self._take(
            issue,
            status=SendStatus.PLANNED.value,
            provider=provider,
            segments=[segment.slug for segment in segments],
            begins=None,
            local_time="",
            deadline=deadline,
        )

    def schedule(
        self,
        *,
        issue: str,
        provider: str,
        segments: Sequence[Segment],
        begins: datetime,
        local_time: str = "",
        deadline: int,
    ) -> Send:
        """Take an issue, as ``plan`` does, for a send that begins later, or at most ``deadline`` seconds after that."""
        return self._take(
            issue,
            status=SendStatus.SCHEDULED.value,
            provider=provider,
            segments=[segment.slug for segment in segments],
            begins=begins,
            local_time=local_time,
            deadline=deadline,
        )

    def _take(self, issue: str, **values: Any) -> Send:
        unfrozen = {"issue": issue, "digest": "", "content": "", "left_out": 0}
        with self._database.writing() as connection:
            now = self._database.now()
            values |= {"reason": "", "waits_until": None, "failing_since": None}
            unbegun = sa.update(send).where(send.c.issue == issue, send.c.digest == "", send.c.status.in_(_UNBEGUN))
            if not (
                insert_new(connection, send, unfrozen | values | {"date": now, "created": now})
                or connection.execute(unbegun.values(**values)).rowcount
            ):
                raise _second(sends_where(connection, send.c.issue == issue)[0])
            return sends_where(connection, send.c.issue == issue)[0]

    def freeze(
        self,
        *,
        compiled: CompiledIssue,
        tailor: Tailor,
        date: datetime,
        segments: Sequence[Segment],
        provider: str,
        base_url: str = "",
        signing_key: str = "",
        uncertain: Uncertainty = Uncertainty.HOLD,
        holder: str = "",
        moments: Mapping[str, int] = _NO_MOMENTS,
        per_day: Sequence[int] = (),
    ) -> Send:
        """Fix who gets which edition: from now on only the statuses of its deliveries change.

        The issue may be planned already, then by the same ``holder``. ``moments`` are when deliveries are due (seconds
        of Unix time) by their readers' zones, ``per_day`` how many are on each day from ``date`` on, with the newest
        readers first; without them all are due at once. Raises SendError where the issue has a send that
        was frozen, or where nobody would get it.
        """
        values = {
            "issue": compiled.issue,
            "status": SendStatus.RUNNING.value,
            "reason": "",
            "waits_until": None,
            "failing_since": None,
            "provider": provider,
            "digest": compiled.digest,
            "content": compiled.to_json(),
            "date": date,
            "segments": [segment.slug for segment in segments],
            "base_url": base_url,
            "signing_key": signing_key,
            "uncertain": uncertain.value,
            "created": self._database.now(),
            "resumed": self._database.now(),
            "left_out": 0,
        }
        with self._database.writing() as connection:
            planned = sa.update(send).where(
                send.c.issue == compiled.issue,
                send.c.status == SendStatus.PLANNED.value,
                send.c.holder == holder,
            )
            if not (connection.execute(planned.values(**values)).rowcount or insert_new(connection, send, values)):
                before = sends_where(connection, send.c.issue == compiled.issue)[0]
                if holder and (before.holder, before.digest) == (holder, compiled.digest):
                    return before  # frozen by an earlier call, whose commit was carried out and not answered
                raise _second(before)
            send_id = connection.scalars(sa.select(send.c.id).where(send.c.issue == compiled.issue)).one()
            left_out = freeze_deliveries(connection, send_id, segments, tailor)
            write_links(connection, send_id, compiled.links)
            connection.execute(sa.update(send).where(send.c.id == send_id).values(left_out=left_out))
            if moments:
                due_by_zone(connection, send_id, moments, moments[HOME])
            if per_day:
                due_by_consent(connection, send_id, per_day, int(date.timestamp()))
            (frozen,) = sends_where(connection, send.c.id == send_id)
            if not frozen.recipients:
                raise SendError(
                    f"nobody would get the issue {compiled.issue}", hint="see `newsletter segments`; nothing was frozen"
                )
            froze(connection)
        self._database.analyze(delivery)
        return frozen

    def zones(self, segments: Sequence[Segment]) -> Mapping[str, int]:
        """How many readers a send to these segments would have now in each time zone; "" is the newsletter's own."""
        with self._database.reading() as connection:
            return readers_by_zone(connection, segments)

    def find(self, issue: str) -> Send | None:
        """The send of an issue, by its slug."""
        with self._database.reading() as connection:
            return one_send(connection, send.c.issue == issue)

    def get(self, send_id: int) -> Send:
        """A send by its number. Raises SendError where there is none."""
        with self._database.reading() as connection:
            found = one_send(connection, send.c.id == send_id)
        if found is None:
            raise SendError(f"there is no send {send_id}", hint="`newsletter sends` lists them")
        return found

    def each(self) -> list[Send]:
        """Return all sends, the latest first; store the counts of those that are over and have none."""
        with suppress(StoreError):  # the list needs no lock, and is right without them
            self._store_counts()
        with self._database.reading() as connection:
            return sends_where(connection)

    def _store_counts(self) -> None:
        with self._database.reading() as connection:
            uncounted = sends_without_counts(connection)
        for send_id in uncounted:  # one transaction each: nobody waits long for any
            with self._database.writing() as connection:
                store_counts(connection, send_id)

    def latest(self) -> Send | None:
        """Return the send that began last; None if none has begun."""
        query = sa.select(sa.func.max(send.c.created)).where(send.c.digest != "").scalar_subquery()
        with self._database.reading() as connection:
            return one_send(connection, sa.and_(send.c.digest != "", send.c.created == query))

    def begun(self) -> frozenset[str]:
        """Return the slugs of the issues whose send has begun: somebody may have got them."""
        with self._database.reading() as connection:
            return frozenset(connection.scalars(sa.select(send.c.issue).where(send.c.digest != "")))

    def unfinished(self, *, at_once: bool = False) -> list[tuple[int, datetime]]:
        """Return the sends that are to begin or go on by themselves, by their number, and when; the oldest first.

        ``at_once`` ignores the back-off of those that fail. Nothing is counted, so a worker may look often.
        """
        with self._database.reading() as connection:
            return unfinished_sends(connection, at_once=at_once)

    def published(self) -> list[Published]:
        """The issues that readers have got, or are getting: frozen, and not cancelled."""
        query = sa.select(send.c.issue, send.c.date).where(
            send.c.digest != "", send.c.status != SendStatus.CANCELLED.value
        )
        with self._database.reading() as connection:
            return [Published(issue=row.issue, at=row.date) for row in connection.execute(query.order_by(send.c.id))]

    def editions(self, segments: Sequence[Segment], tailor: Tailor) -> EditionCounts:
        """Which editions a send to these segments would have now, and how many readers each."""
        with self._database.reading() as connection:
            found = Editions(tailor)
            if tailor.tailoring is None:
                found.give_everybody_the_full_one(count_audience(connection, segments).recipients)
            else:
                deque(found.of(connection, segments), maxlen=0)
            return found.counts()

    def claim(
        self, send_id: int, *, slots: Collection[str], size: int, after: Place = START, now: int = 0, holder: str = ""
    ) -> Sequence[Claimed]:
        """``exchange`` without answers. Raises StoppedError."""
        claimed, stopped = self.exchange(send_id, (), slots=slots, size=size, after=after, now=now, holder=holder)
        if stopped is not None:
            raise stopped
        return claimed

    def record(
        self,
        send_id: int,
        receipts: Sequence[Receipt],
        *,
        batch: Sequence[Claimed] = (),
        due: Mapping[int, int] = _NO_TIMES,
    ) -> None:
        """``exchange`` of one answer for nothing."""
        self.exchange(send_id, [Answered(batch=batch, receipts=receipts, due=due)], slots=(), size=0)

    def exchange(
        self,
        send_id: int,
        answers: Sequence[Answered],
        *,
        slots: Collection[str],
        size: int,
        after: Place = START,
        now: int = 0,
        holder: str = "",
        in_flight: Collection[int] | None = None,
        pause: str = "",
    ) -> tuple[Sequence[Claimed], StoppedError | None]:
        """Write down what providers said, and claim up to ``size`` deliveries, in one transaction.

        What cannot follow a delivery's status came too late, and is let go. Of receipts for deliveries of a batch it is
        known to which attempt they belong: an answer to an earlier one changes nothing.

        What is claimed is *submitting* from now on, for the caller alone; it is nothing at the end. It comes with its
        readers' values for ``slots``, in the order of places, queued and deferred ones that are due ``now`` (seconds of
        Unix time), behind the place ``after``: with the last one of the batch before, a run meets each once, all
        readers of an edition together, and never walks again through those that are done. Whoever left, or was removed
        or suppressed, since the audience was frozen is skipped for good. Where the send does not run any more, or not
        by this ``holder``, nothing is claimed, and the error says why. ``pause`` is the reason for which the send is
        paused in the same transaction.

        After an exchange that failed, nobody knows whether it was committed. Say then which readers are ``in_flight``,
        at the provider: whatever else is *submitting* was claimed and never handed over, and is queued again.
        """
        claiming = _claiming(frozenset(slots))
        place: Place | None = after
        while place is not None:
            with self._database.looking_up() as connection:
                record(connection, send_id, answers)
                if in_flight is not None and is_held_by(connection, send_id, holder):
                    release(connection, send_id, in_flight)
                answers, in_flight = (), None
                if pause:
                    pause_running(connection, send_id, pause, self._database.now())
                    pause = ""
                stopped = why_stopped(connection, send_id, holder) if size else None
                if stopped is not None or not size:
                    return (), stopped
                ready, place = claiming.take(connection, send_id, size=size, after=place, now=now)
            if ready:
                return ready, None
        return (), None

    def interrupted(self, send_id: int, *, repeatable: bool) -> int:
        """Settle what a process that died had claimed; how many that was.

        With a ``repeatable`` provider they are queued again; otherwise nobody knows whether they were handed over, and
        they are *uncertain*. Only for when no other process is at work on this send.
        """
        status = _S.QUEUED if repeatable else _S.UNCERTAIN
        with self._database.writing() as connection:
            settled = connection.execute(
                claimed(send_id).values(
                    status=status.value,
                    detail="" if repeatable else "the program ended before the provider answered",
                )
            )
        return settled.rowcount

    def hand_over_again(self, send_id: int, *, due: int, resends: int) -> int:
        """Queue the uncertain ones once more, not before ``due``; how many. They may arrive twice.

        Those that were queued again ``resends`` times before are left out. Readers who have left, or will still be
        pausing at ``due``, are left out too: their deliveries stay uncertain.
        """
        stays = sa.exists().where(subscriber.c.id == delivery.c.subscriber, confirmed(), awake(due), ~suppressed())
        again = sa.update(delivery).where(delivery.c.send == send_id, delivery.c.status == _S.UNCERTAIN.value, stays)
        again = again.where(delivery.c.resends < resends)
        with self._database.writing() as connection:
            queued = connection.execute(again.values(status=_S.QUEUED.value, due=due, **UNSURE)).rowcount
            forget_counts(connection, send_id)
        return queued

    def next_due(self, send_id: int) -> int | None:
        """When the next open delivery is due (seconds of Unix time); None where none is open."""
        query = sa.select(sa.func.min(delivery.c.due)).where(delivery.c.send == send_id, delivery.c.status.in_(OPEN))
        with self._database.reading() as connection:
            due: int | None = connection.scalars(query).one()
        return due

    def finish(self, send_id: int) -> Send:
        """Close a running send, *with failures* where a reader was refused or is uncertain.

        Raises StoppedError if it was paused or cancelled meanwhile, SendError while deliveries are queued, deferred or
        under way.
        """
        with self._database.writing() as connection:
            finish_send(connection, send_id, self._database.now())
            return sends_where(connection, send.c.id == send_id)[0]

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


_claiming = lru_cache(maxsize=16)(Claiming)  # a statement takes longer to build than to run


def _second(found: Send) -> SendError:
    """Why an issue cannot be sent once more."""
    return SendError(
        f"the issue {found.issue} has a send already, of {found.created:%Y-%m-%d %H:%M} UTC, "
        f"to {found.recipients} readers, {found.status}",
        hint="" if found.finished else "go on with it: --resume",
    )
