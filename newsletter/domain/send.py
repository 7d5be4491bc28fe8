"""The states of sends, and the allowed transitions between them. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from newsletter.domain.delivery import SETTLED, DeliveryStatus, Uncertainty
from newsletter.domain.plurals import counted, share
from newsletter.domain.schedule import clock_time
from newsletter.domain.send_source import SendSource


class SendStatus(StrEnum):
    """The status of sending one issue to one audience."""

    PLANNED = "planned"  # nothing is frozen yet; a run is about to freeze it
    SCHEDULED = "scheduled"  # to be planned when its time comes
    RUNNING = "running"  # frozen, also while it waits or while no process works on it
    PAUSED = "paused"  # until a person decides; nothing resumes it automatically
    CANCELLED = "cancelled"  # by a person; readers not mailed yet will not get it
    FINISHED = "finished"  # every message was accepted or skipped
    FAILURES = "finished with failures"  # some were refused or are uncertain, and can be retried

    @property
    def ended(self) -> bool:
        """Return whether every delivery is settled, as far as the provider can tell."""
        return self in (SendStatus.FINISHED, SendStatus.FAILURES)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedIssue:
    """An issue whose send has begun and was not cancelled, and the moment it began."""

    issue: str
    at: datetime


_S = SendStatus
SEND_TRANSITIONS: Mapping[SendStatus, frozenset[SendStatus]] = {
    # Running: it was frozen. Scheduled: it was resumed before its time. Paused: by a person, or its checks fail.
    # Cancelled: by a person.
    _S.PLANNED: frozenset({_S.RUNNING, _S.SCHEDULED, _S.PAUSED, _S.CANCELLED}),
    # Planned: its time has come. Paused: it is too late, or the issue fails its checks, and a person decides.
    # Cancelled: by a person, before its time.
    _S.SCHEDULED: frozenset({_S.PLANNED, _S.PAUSED, _S.CANCELLED}),
    # Paused: by a person, or by the program if a person has to decide. Cancelled: by a person. Finished, with failures
    # or without: every delivery is settled. Never back to planned or scheduled: a send is frozen once.
    _S.RUNNING: frozenset({_S.PAUSED, _S.CANCELLED, _S.FINISHED, _S.FAILURES}),
    # A person resumed it. Running: it is frozen. Planned: nothing was frozen yet. Scheduled: the same, and its time has
    # not come yet. Cancelled: a person gave it up instead.
    _S.PAUSED: frozenset({_S.RUNNING, _S.PLANNED, _S.SCHEDULED, _S.CANCELLED}),
    # Planned: nothing was frozen, so nobody got it, and the issue may be sent after all.
    _S.CANCELLED: frozenset({_S.PLANNED, _S.SCHEDULED}),
    # Final: there is nothing to retry, and an issue is sent once.
    _S.FINISHED: frozenset(),
    # Running: an operator retries its failed or uncertain deliveries. Finished: late reports settled all of them.
    _S.FAILURES: frozenset({_S.RUNNING, _S.FINISHED}),
}


def when_due(
    status: SendStatus, *, begins: datetime | None, waits_until: datetime | None, created: datetime
) -> datetime | None:
    """Return when a worker starts or resumes a send; None if that is up to a person, or if the send is over.

    A send that was planned without a time has a person at the keyboard.
    """
    if status is SendStatus.RUNNING:
        return waits_until or created
    if status in (SendStatus.SCHEDULED, SendStatus.PLANNED):
        return begins and max(begins, waits_until or begins)  # never earlier than a person has chosen
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """A send of one issue to one frozen audience.

    ``digest`` is the hash of the frozen content, empty until there is any. ``counts`` counts every delivery once.
    ``left_out`` readers of the audience have no delivery, because no entry of the issue was for them. ``begins`` or
    ``local_time`` (HH:MM in each reader's own zone) is the planned start, and ``deadline`` the number of seconds that
    it may be late. ``planned_recipients`` is the number of readers that a person has agreed to, None if nobody was
    asked. ``reason`` explains why it is paused, or why it waits until ``waits_until``. Every attempt to start or resume
    it has failed since ``failing_since``. ``holder`` is the process that runs it. ``resumed`` and ``settled_before``
    belong to the current or last run. ``source`` says where the frozen content came from; sends of earlier versions
    have none.
    """

    id: int
    issue: str
    status: SendStatus
    provider: str
    digest: str
    segments: tuple[str, ...]
    created: datetime
    finished: datetime | None
    counts: Mapping[DeliveryStatus, int]
    left_out: int = 0
    base_url: str = ""
    signing_key: str = ""
    uncertain: Uncertainty = Uncertainty.HOLD
    begins: datetime | None = None
    local_time: str = ""
    deadline: int = 0
    reason: str = ""
    waits_until: datetime | None = None
    holder: str = ""
    resumed: datetime | None = None
    settled_before: int = 0
    failing_since: datetime | None = None
    planned_recipients: int | None = None
    source: SendSource | None = None

    @property
    def due(self) -> datetime | None:
        """Return when a worker starts or resumes it; None if that is up to a person, or if it is over."""
        return when_due(self.status, begins=self.begins, waits_until=self.waits_until, created=self.created)

    @property
    def recipients(self) -> int:
        """Return the size of the frozen audience."""
        return sum(self.counts.values())

    @property
    def settled(self) -> int:
        """Return the number of deliveries that need no more work as things stand."""
        return sum(self.counts.get(status, 0) for status in SETTLED)


DRAFT = "draft"


def begun_issues(sends: Mapping[str, Send]) -> frozenset[str]:
    """Return the issues whose send has begun; one that is only scheduled, or was undone, hasn't."""
    return frozenset(issue for issue, send in sends.items() if send.digest)


def status_in_words(send: Send | None, zone: ZoneInfo, *, totals: bool) -> str:
    """Return an issue's status for an editor; without a send it is a draft. Times are in ``zone``.

    Without ``totals`` it has shares of readers and no reasons, for those who may not know how many readers there are.
    """
    if send is None:
        return DRAFT
    details = details_in_words(send, zone, totals=totals)
    if _is_late(send):
        return f"late, {details}"
    if not send.digest and send.status in (SendStatus.PLANNED, SendStatus.CANCELLED):
        return DRAFT
    if send.status in (SendStatus.RUNNING, SendStatus.PAUSED, SendStatus.CANCELLED) and send.digest:
        return f"{'being sent' if send.status is SendStatus.RUNNING else send.status}, {details}"
    return f"{'sent' if send.status.ended else send.status} {details}".rstrip()


def details_in_words(send: Send, zone: ZoneInfo, *, totals: bool) -> str:
    """Return what the name of a send's status or stage leaves open, such as ``to 12 readers``; "" for nothing.

    Without ``totals`` it has shares of readers and no reasons.
    """
    if not send.digest:
        if _is_late(send) and send.begins:
            late = f"scheduled for {clock_time(send.begins, zone)}"
            return f"{late}: {send.reason}" if totals else late
        if send.status is SendStatus.SCHEDULED and send.begins:
            local = f", {send.local_time} in each reader's time zone" if send.local_time else ""
            return f"for {clock_time(send.begins, zone)}{local}"
        return "before it began" if send.status is SendStatus.PAUSED else ""
    submitted = send.counts.get(DeliveryStatus.SUBMITTED, 0)
    if send.status is SendStatus.FINISHED:
        return f"to {counted(submitted, 'reader')}" if totals else ""
    so_far = f"{submitted:,} of {send.recipients:,}" if totals else f"{share(submitted, send.recipients)} of the"
    return f"{'' if send.status.ended else 'sent '}to {so_far} readers"


def _is_late(send: Send) -> bool:
    return bool(not send.digest and send.begins and send.failing_since)
