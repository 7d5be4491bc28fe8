"""Watch the send of an issue: everything that its page shows, read from the ledger at one moment."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.domain.bounce_reasons import explain
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.people import Act, Person, require
from newsletter.domain.send import Send, SendStatus
from newsletter.domain.send_stages import SendStage, stage_of
from newsletter.domain.staff import WorkStep
from newsletter.domain.workers import SeenWorker, running_worker
from newsletter.publishing.sends.send_details import REASONED, pace_of
from newsletter.store import Store

_MOST_REASONS = 12
_STARTS = (WorkStep.SCHEDULED, WorkStep.RESCHEDULED, WorkStep.SENT)
_OPEN = (DeliveryStatus.QUEUED, DeliveryStatus.DEFERRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedReason:
    """A reason why deliveries failed or wait, and their number."""

    status: DeliveryStatus
    words: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendWatch:
    """The send of an issue at a moment; ``send`` is None if the issue has none.

    ``holder`` describes the process that runs it, and ``worker`` the one that would run the next; both may be missing.
    ``per_second`` and ``seconds_left`` are None while they aren't known. ``started_by`` is the name of the person who
    chose its start, and "" if nobody knows. ``refused_gone`` counts refused deliveries that a retry would skip.
    """

    issue: str
    now: datetime
    send: Send | None
    stage: SendStage
    worker: SeenWorker | None
    holder: str = ""
    per_second: float | None = None
    seconds_left: float | None = None
    reasons: tuple[CountedReason, ...] = ()
    started_by: str = ""
    refused_gone: int = 0

    @property
    def counts(self) -> Mapping[DeliveryStatus, int]:
        """The number of deliveries by status, in the order in which they are shown, without statuses that none has."""
        counts = self.send.counts if self.send else {}
        return {status: counts[status] for status in _SHOWN if counts.get(status)}

    def count(self, *statuses: DeliveryStatus) -> int:
        """Return the number of deliveries with any of these statuses."""
        return sum(self.counts.get(status, 0) for status in statuses)

    @property
    def unmailed(self) -> int:
        """The number of readers to whom nothing has been handed over yet."""
        return self.count(*_OPEN)

    @property
    def in_flight(self) -> int:
        """The number of messages that are being handed over."""
        return self.count(DeliveryStatus.SUBMITTING)

    @property
    def refused(self) -> int:
        """The number of refused deliveries."""
        return self.count(DeliveryStatus.REFUSED)

    @property
    def deferred(self) -> int:
        """The number of deliveries that are tried again at a time of their own, whoever resumes the send."""
        return self.count(DeliveryStatus.DEFERRED)

    @property
    def uncertain(self) -> int:
        """The number of uncertain deliveries."""
        return self.count(DeliveryStatus.UNCERTAIN)

    @property
    def is_frozen(self) -> bool:
        """True once the send has begun."""
        return self.send is not None and bool(self.send.digest)

    @property
    def needs_worker(self) -> bool:
        """True if only a worker will take the send on, and none is running."""
        return self.stage.is_moving and not self.holder and self.worker is None

    @property
    def can_pause(self) -> bool:
        """True if a person can pause the send."""
        return self.stage in (SendStage.SENDING, SendStage.WAITING, SendStage.FAILING)

    @property
    def can_resume(self) -> bool:
        """True if a person can have it continue at once. One that hasn't begun is given a new start instead."""
        if self.send is None:
            return False
        early = self.send.begins is not None and self.send.begins > self.now
        paused = self.stage is SendStage.PAUSED and (self.is_frozen or early)
        waits = self.is_frozen and self.stage in (SendStage.WAITING, SendStage.FAILING)
        return paused or (waits and not self.holder)

    @property
    def can_reschedule(self) -> bool:
        """True if the send may be given another start."""
        unbegun = self.send is not None and self.send.begins is not None and not self.is_frozen
        return unbegun and self.stage not in (SendStage.UNSENT, SendStage.CANCELLED)

    @property
    def can_cancel(self) -> bool:
        """True if cancelling keeps readers from getting the issue, or settles what a cancelled send left in flight."""
        if self.stage is SendStage.CANCELLED:
            return self.in_flight > 0
        return self.stage in (SendStage.SENDING, SendStage.WAITING, SendStage.FAILING, SendStage.PAUSED)

    @property
    def can_settle(self) -> bool:
        """True if refused and uncertain deliveries can be decided on now."""
        return self.is_frozen and self.stage in _SETTLED_IN


_SETTLED_IN = (SendStage.FAILURES, SendStage.PAUSED)
_SHOWN = (
    DeliveryStatus.SUBMITTED,
    DeliveryStatus.SUBMITTING,
    DeliveryStatus.QUEUED,
    DeliveryStatus.DEFERRED,
    DeliveryStatus.UNCERTAIN,
    DeliveryStatus.REFUSED,
    DeliveryStatus.SKIPPED,
)


def watch_send(person: Person, store: Store, issue: str, *, now: datetime) -> SendWatch:
    """Return the send of an issue as the ledger has it, or had it seconds ago while it runs. Raise ForbiddenError."""
    require(person, Act.SEE_REPORTS)
    send = store.sends.watched(issue)
    stage = stage_of(send, now)
    worker = running_worker(store.workers.seen(), now)
    if send is None or stage is SendStage.UNSENT:
        return SendWatch(issue=issue, now=now, send=send, stage=stage, worker=worker)
    holder = store.leases.holder(send.id)
    retriable = stage in _SETTLED_IN and send.counts.get(DeliveryStatus.REFUSED)
    is_left_alone = send.status is SendStatus.RUNNING and not holder
    per_second, seconds_left = (None, None) if is_left_alone else pace_of(send, now)
    return SendWatch(
        issue=issue,
        now=now,
        send=send,
        stage=stage,
        worker=worker,
        holder=holder,
        per_second=per_second,
        seconds_left=seconds_left,
        reasons=_reasons(store, send),
        started_by=_started_by(store, issue),
        refused_gone=store.deliveries.count_gone(send.id, DeliveryStatus.REFUSED, now) if retriable else 0,
    )


def _reasons(store: Store, send: Send) -> tuple[CountedReason, ...]:
    statuses = [status for status in REASONED if send.counts.get(status)]
    counted: Counter[tuple[DeliveryStatus, str]] = Counter()
    for status, detail, number in store.deliveries.count_details(send.id, statuses) if statuses else ():
        counted[status, explain(detail).words if detail else "no reason was given"] += number
    return tuple(
        CountedReason(status=status, words=words, number=number)
        for (status, words), number in counted.most_common(_MOST_REASONS)
    )


def _started_by(store: Store, issue: str) -> str:
    entries: Sequence[str] = [
        entry.name for entry in store.audit.entries(thing=f"issue {issue}", limit=20) if entry.act in _STARTS
    ]
    return entries[0] if entries else ""
