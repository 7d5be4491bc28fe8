"""The ledger: the frozen audience and content of each issue, and the status of each delivery."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.domain.audience_changes import needs_a_person
from newsletter.domain.delivery import (
    ClaimedDelivery,
    DeliveryStatus,
    Uncertainty,
)
from newsletter.domain.edition import Edition, EditionCounts, Tailor
from newsletter.domain.local_times import HOME
from newsletter.domain.segment import AudienceCounts, Segment
from newsletter.domain.send import PublishedIssue, Send, SendStatus
from newsletter.domain.send_errors import AudienceChangedError, NobodyError, UnknownSendError, second_send_error
from newsletter.domain.send_source import SendSource
from newsletter.errors import StoreError
from newsletter.message.compiled_issue import CompiledIssue
from newsletter.store.database import Database
from newsletter.store.delivery_counts import count_deliveries, sends_without_counts, store_counts
from newsletter.store.events.polls import write_answers
from newsletter.store.events.tracking import write_links
from newsletter.store.installation import count_freeze
from newsletter.store.row_writes import insert_new
from newsletter.store.sends.due_times import due_by_consent, due_by_zone, readers_by_zone
from newsletter.store.sends.editions import Editions
from newsletter.store.sends.freezing import freeze_deliveries
from newsletter.store.sends.live_counts import LiveCounts
from newsletter.store.sends.queries import (
    finish_send,
    one_send,
    sends_where,
    unfinished_sends,
)
from newsletter.store.sends.rehearsal import stream_recipients
from newsletter.store.subscribers.segments import count_audience
from newsletter.store.tables import delivery, send

_S = DeliveryStatus
_NO_MOMENTS: Mapping[str, int] = {}
_UNBEGUN = (SendStatus.PLANNED.value, SendStatus.CANCELLED.value)


class Sends:
    """A ledger of all sends. An issue has at most one send, and each (send, subscriber) at most one delivery row."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._live = LiveCounts(database)

    def stream_recipients(
        self, segments: Sequence[Segment], tailor: Tailor, now: datetime
    ) -> Iterator[list[tuple[Edition, ClaimedDelivery]]]:
        """Yield the readers a send to these segments would have ``now``, with their editions, in chunks."""
        with self._database.reading() as connection:
            yield from stream_recipients(connection, segments, tailor, now)

    def count_audience(self, segments: Sequence[Segment], now: datetime) -> AudienceCounts:
        """Return the size of the audience that a send to these segments would have ``now``."""
        with self._database.reading() as connection:
            return count_audience(connection, segments, now)

    def plan(
        self, *, issue: str, provider: str, segments: Sequence[Segment] = (), deadline: int = 0, now: datetime
    ) -> Send:
        """Create a send for an issue, without freezing anything yet.

        A send that is planned already, or was cancelled before it was frozen, is planned again. Raises SendError if the
        issue has any other send.
        """
        return self._create(
            issue,
            status=SendStatus.PLANNED.value,
            provider=provider,
            segments=[segment.slug for segment in segments],
            begins=None,
            local_time="",
            deadline=deadline,
            planned_recipients=None,
            now=now,
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
        planned_recipients: int | None = None,
        now: datetime,
    ) -> Send:
        """Create a send like ``plan``, to begin at a later time, or at most ``deadline`` seconds after it.

        ``planned_recipients`` is the number of readers that the person who schedules it agrees to.
        """
        return self._create(
            issue,
            status=SendStatus.SCHEDULED.value,
            provider=provider,
            segments=[segment.slug for segment in segments],
            begins=begins,
            local_time=local_time,
            deadline=deadline,
            planned_recipients=planned_recipients,
            now=now,
        )

    def _create(self, issue: str, *, now: datetime, **values: Any) -> Send:
        unfrozen = {"issue": issue, "digest": "", "content": "", "left_out": 0}
        with self._database.writing() as connection:
            values |= {"reason": "", "waits_until": None, "failing_since": None}
            unbegun = sa.update(send).where(send.c.issue == issue, send.c.digest == "", send.c.status.in_(_UNBEGUN))
            if not (
                insert_new(connection, send, unfrozen | values | {"date": now, "created": now})
                or connection.execute(unbegun.values(**values, created=now)).rowcount
            ):
                raise second_send_error(sends_where(connection, send.c.issue == issue)[0])
            return sends_where(connection, send.c.issue == issue)[0]

    def freeze(
        self,
        *,
        compiled: CompiledIssue,
        tailor: Tailor,
        date: datetime,
        now: datetime,
        segments: Sequence[Segment],
        provider: str,
        base_url: str = "",
        signing_key: str = "",
        uncertain: Uncertainty = Uncertainty.HOLD,
        holder: str = "",
        moments: Mapping[str, int] = _NO_MOMENTS,
        per_day: Sequence[int] = (),
        source: SendSource | None = None,
        planned_recipients: int | None = None,
    ) -> Send:
        """Store the content and each reader's edition. From now on only the statuses of deliveries change.

        The issue may be planned already, by the same ``holder``. ``moments`` has the time when deliveries are due
        (seconds of Unix time) by time zone, ``per_day`` their number on each day from ``date`` on, newest readers
        first; without them all are due at once. ``source`` says where the content comes from. Raises SendError if the
        issue has a frozen send or nobody would get it, and AudienceChangedError if many more or fewer readers than
        ``planned_recipients`` would get it: an import may have come in between.
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
            "created": now,
            "resumed": now,
            "left_out": 0,
            "source": source.to_json() if source else None,
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
                    return before  # an earlier call was committed, but the answer got lost
                raise second_send_error(before)
            send_id = connection.scalars(sa.select(send.c.id).where(send.c.issue == compiled.issue)).one()
            left_out = freeze_deliveries(connection, send_id, segments, tailor, now)
            write_links(connection, send_id, compiled.links)
            write_answers(connection, send_id, compiled.answers)
            connection.execute(sa.update(send).where(send.c.id == send_id).values(left_out=left_out))
            if moments:
                due_by_zone(connection, send_id, moments, moments[HOME])
            if per_day:
                due_by_consent(connection, send_id, per_day, int(date.timestamp()))
            (frozen,) = sends_where(connection, send.c.id == send_id)
            if planned_recipients is not None and needs_a_person(planned_recipients, frozen.recipients):
                raise AudienceChangedError(issue=frozen.issue, planned=planned_recipients, recipients=frozen.recipients)
            if not frozen.recipients:
                raise NobodyError(issue=compiled.issue)
            count_freeze(connection)
        self._database.analyze(delivery)
        return frozen

    def count_by_zone(self, segments: Sequence[Segment], now: datetime) -> Mapping[str, int]:
        """Return the number of readers a send to these segments would have ``now``, by time zone.

        "" is the newsletter's own zone.
        """
        with self._database.reading() as connection:
            return readers_by_zone(connection, segments, now)

    def of_issue(self, issue: str) -> Send | None:
        """Return the send of an issue, by its slug, or None."""
        with self._database.reading() as connection:
            return one_send(connection, send.c.issue == issue)

    def watched(self, issue: str) -> Send | None:
        """Return the send of an issue, or None. While a large one is running, its counts are some seconds old at most.

        Those of all others are exact.
        """
        with self._database.reading() as connection:
            status = connection.scalar(sa.select(send.c.status).where(send.c.issue == issue))
            count = self._live.recent if status == SendStatus.RUNNING.value else count_deliveries
            return next(iter(sends_where(connection, send.c.issue == issue, count=count)), None)

    def get(self, send_id: int) -> Send:
        """Return a send by its id. Raises SendError if there is none."""
        with self._database.reading() as connection:
            known = one_send(connection, send.c.id == send_id)
        if known is None:
            raise UnknownSendError(send=send_id)
        return known

    def all(self) -> list[Send]:
        """Return all sends, the latest first, and store missing counts of those that are over."""
        with suppress(StoreError):  # the list is right without stored counts, and must not wait for a lock
            self._store_counts()
        with self._database.reading() as connection:
            return sends_where(connection)

    def listed(self) -> list[Send]:
        """Return all sends as ``all`` does, with recent counts of large ones that are under way; see ``LiveCounts``."""
        with suppress(StoreError):
            self._store_counts()
        with self._database.reading() as connection:
            return sends_where(connection, count=self._live.of)

    def _store_counts(self) -> None:
        with self._database.reading() as connection:
            uncounted = sends_without_counts(connection)
        for send_id in uncounted:  # one transaction each, so that others never wait long
            with self._database.writing() as connection:
                store_counts(connection, send_id)

    def latest(self) -> Send | None:
        """Return the send that began last; None if none has begun."""
        query = sa.select(sa.func.max(send.c.created)).where(send.c.digest != "").scalar_subquery()
        with self._database.reading() as connection:
            return one_send(connection, sa.and_(send.c.digest != "", send.c.created == query))

    def begun_issues(self) -> frozenset[str]:
        """Return the slugs of issues whose send has begun, so that somebody may have got them."""
        with self._database.reading() as connection:
            return frozenset(connection.scalars(sa.select(send.c.issue).where(send.c.digest != "")))

    def unfinished(self, *, at_once: bool = False) -> list[tuple[int, datetime]]:
        """Return the ids of sends that a worker starts or resumes, each with its due time, the oldest first.

        ``at_once`` ignores the back-off of failing sends. No deliveries are counted, so a worker may call this often.
        """
        with self._database.reading() as connection:
            return unfinished_sends(connection, at_once=at_once)

    def published_issues(self) -> list[PublishedIssue]:
        """Return the issues that were frozen and not cancelled: readers have got them or are getting them."""
        query = sa.select(send.c.issue, send.c.date).where(
            send.c.digest != "", send.c.status != SendStatus.CANCELLED.value
        )
        with self._database.reading() as connection:
            return [
                PublishedIssue(issue=row.issue, at=row.date) for row in connection.execute(query.order_by(send.c.id))
            ]

    def count_editions(self, segments: Sequence[Segment], tailor: Tailor, now: datetime) -> EditionCounts:
        """Return the editions that a send to these segments would have ``now``, with their number of readers."""
        with self._database.reading() as connection:
            editions = Editions(tailor)
            if tailor.tailoring is None:
                editions.count_full_edition(count_audience(connection, segments, now).recipients)
            else:
                deque(editions.assign(connection, segments, now), maxlen=0)
            return editions.counts()

    def finish(self, send_id: int, *, now: datetime) -> Send:
        """Finish a running send, *with failures* if any delivery was refused or is uncertain.

        Raises StoppedError if it was paused or cancelled meanwhile, SendError if deliveries are queued, deferred or
        submitting.
        """
        with self._database.writing() as connection:
            finish_send(connection, send_id, now)
            return sends_where(connection, send.c.id == send_id)[0]
