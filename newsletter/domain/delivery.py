"""The states of sends and deliveries, and the allowed transitions between them. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from newsletter.errors import SendError


class DeliveryStatus(StrEnum):
    """The status of one (send, subscriber) row."""

    QUEUED = "queued"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    REFUSED = "refused"
    DEFERRED = "deferred"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"


class SendStatus(StrEnum):
    """The status of sending one issue to one audience."""

    PLANNED = "planned"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FINISHED = "finished"
    FAILURES = "finished with failures"

    @property
    def ended(self) -> bool:
        """Return whether every delivery is settled, as far as the provider can tell."""
        return self in (SendStatus.FINISHED, SendStatus.FAILURES)


class Uncertainty(StrEnum):
    """A policy for deliveries that may or may not have arrived."""

    HOLD = "hold"
    RESEND = "resend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """An issue whose send has begun and was not cancelled, and the moment it began."""

    issue: str
    at: datetime


_D = DeliveryStatus
TRANSITIONS: Mapping[DeliveryStatus, frozenset[DeliveryStatus]] = {
    # Skipped: the reader left, or was suppressed or erased, after the audience was frozen; or the send was cancelled.
    # Uncertain: it was uncertain before and queued for another attempt, which is not made after all.
    _D.QUEUED: frozenset({_D.SUBMITTING, _D.SKIPPED, _D.UNCERTAIN}),
    # Back to queued: the provider refused everything before it got this one, or it recognizes repeated messages.
    _D.SUBMITTING: frozenset({_D.SUBMITTED, _D.REFUSED, _D.DEFERRED, _D.UNCERTAIN, _D.QUEUED}),
    # Refused: it was deferred too often. Uncertain: as above.
    _D.DEFERRED: frozenset({_D.SUBMITTING, _D.SKIPPED, _D.REFUSED, _D.UNCERTAIN}),
    # Settled by the provider's events, or by the late answer to a process that had lost the send. Queued: by a person.
    _D.UNCERTAIN: frozenset({_D.SUBMITTED, _D.REFUSED, _D.QUEUED}),
    # Final: nobody is sent a second message, whatever happens to the first.
    _D.SUBMITTED: frozenset(),
    # Only an operator asks for another attempt, after fixing the cause.
    _D.REFUSED: frozenset({_D.QUEUED}),
    _D.SKIPPED: frozenset(),
}

# Transitions caused by events that are reported later. Events are true whatever the status was, and a message that has
# arrived must not be handed over again. Receipts follow the table above.
REPORTED: Mapping[DeliveryStatus, frozenset[DeliveryStatus]] = {
    # It was uncertain and queued for another attempt, and has arrived after all.
    _D.QUEUED: frozenset({_D.SUBMITTED}),
    _D.DEFERRED: frozenset({_D.SUBMITTED}),
    # The event came before the answer, which then changes nothing.
    _D.SUBMITTING: frozenset({_D.SUBMITTED, _D.REFUSED}),
    _D.UNCERTAIN: frozenset({_D.SUBMITTED, _D.REFUSED}),
    # Another attempt was refused, or the provider first reported that the message never left.
    _D.REFUSED: frozenset({_D.SUBMITTED}),
    _D.SUBMITTED: frozenset(),
    _D.SKIPPED: frozenset(),
}

_S = SendStatus
SEND_TRANSITIONS: Mapping[SendStatus, frozenset[SendStatus]] = {
    # Nothing is frozen yet. It runs once it is; until then it may still be scheduled or cancelled.
    _S.PLANNED: frozenset({_S.RUNNING, _S.SCHEDULED, _S.PAUSED, _S.CANCELLED}),
    # Planned: its time has come. Paused: it is too late, or the issue fails its checks, and a person decides.
    _S.SCHEDULED: frozenset({_S.PLANNED, _S.PAUSED, _S.CANCELLED}),
    _S.RUNNING: frozenset({_S.PAUSED, _S.CANCELLED, _S.FINISHED, _S.FAILURES}),
    # Planned: it was paused before anything was frozen. Scheduled: the same, and its time has not come yet.
    _S.PAUSED: frozenset({_S.RUNNING, _S.PLANNED, _S.SCHEDULED, _S.CANCELLED}),
    # Planned: nothing was frozen, so nobody got it, and the issue may be sent after all.
    _S.CANCELLED: frozenset({_S.PLANNED, _S.SCHEDULED}),
    # A finished send runs again if an operator retries its failed or uncertain deliveries.
    _S.FINISHED: frozenset(),
    _S.FAILURES: frozenset({_S.RUNNING, _S.FINISHED}),
}


def impossible_transition(issue: str, before: SendStatus, to: SendStatus) -> SendError:
    """Return an error that explains why a send can't change from one status to another."""
    if to is before:
        return SendError(f"the send of issue {issue} is already {before}", hint=_SEE.format(issue))
    return SendError(f"the send of issue {issue} is {before}: {_IMPOSSIBLE[to]}", hint=_SEE.format(issue))


_SEE = "`newsletter sends show {}` shows its status"
_IMPOSSIBLE: Mapping[SendStatus, str] = {
    _S.PLANNED: "it has begun",
    _S.SCHEDULED: "it has begun",
    _S.RUNNING: "it can't be resumed",
    _S.PAUSED: "there is nothing left to pause",
    _S.CANCELLED: "there is nothing left to cancel",
    _S.FINISHED: "it isn't running",
    _S.FAILURES: "it isn't running",
}


def retry_delay(deferral: int) -> int | None:
    """Return the seconds to wait after a message's given deferral, counted from 1; None after the last.

    A mail server that defers a message expects another attempt after some minutes, and later ones less often
    (RFC 5321 §4.5.4.1).
    """
    return _DELAYS[deferral - 1] if deferral <= len(_DELAYS) else None


_DELAYS = (60, 5 * 60, 15 * 60, 60 * 60, 3 * 60 * 60)


SETTLED = (DeliveryStatus.SUBMITTED, DeliveryStatus.REFUSED, DeliveryStatus.SKIPPED, DeliveryStatus.UNCERTAIN)

Place = tuple[int, int]
"""A delivery's position in its send: (number of its edition, subscriber's id). Batches are claimed in this order."""

START: Place = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A delivery to hand over now: its edition, and the reader's data that the message needs.

    ``values`` fill the email's slots ``subscriber.…``. ``attempt`` counts from 1. ``deferrals`` is the number of times
    that the reader's server has deferred it since it was queued.
    """

    edition: int
    subscriber: int
    key: str
    address: str
    values: Mapping[str, str]
    attempt: int = 1
    deferrals: int = 0

    @property
    def place(self) -> Place:
        """Return its position in the send."""
        return self.edition, self.subscriber


def plain_words(text: str) -> str:
    """Return a provider's words in a form that is safe for every database and for terminals.

    PostgreSQL accepts neither NUL nor half a surrogate pair; control characters can steer a terminal; a server may send
    megabytes.
    """
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " if char.isspace() else "\ufffd" for char in text)
    return text[:LONGEST_WORDS]


LONGEST_WORDS = 2000  # characters of a provider's words that are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A provider's answer for one recipient: submitted, refused, deferred or uncertain, and why in its own words.

    ``gone``: refused because the address does not exist and never will; it is suppressed. ``throttled``: deferred
    because the provider limits the rate, not because of the recipient. ``lost``: deferred because the connection was
    lost before the message was complete.

    The provider's words are cleaned by ``plain_words``.
    """

    subscriber: int
    status: DeliveryStatus
    provider_id: str = ""
    detail: str = ""
    gone: bool = False
    throttled: bool = False
    lost: bool = False

    def __post_init__(self) -> None:
        for name in ("provider_id", "detail"):
            object.__setattr__(self, name, plain_words(getattr(self, name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The answers to a batch.

    ``due`` is when deferred deliveries are tried again, in seconds of Unix time, and ``deferrals`` counts how often
    they have been deferred. ``returned`` deliveries were not handed over.
    """

    batch: Sequence[Claimed]
    receipts: Sequence[Receipt]
    due: Mapping[int, int]
    deferrals: Mapping[int, int] = field(default_factory=dict)
    returned: Sequence[int] = ()


def when_due(
    status: SendStatus, *, begins: datetime | None, waits_until: datetime | None, created: datetime
) -> datetime | None:
    """Return when a worker starts or resumes a send; None if that is up to a person, or if the send is over.

    A send that was planned without a time has a person at the keyboard.
    """
    if status is SendStatus.RUNNING:
        return waits_until or created
    if status in (SendStatus.SCHEDULED, SendStatus.PLANNED):
        return begins and (waits_until or begins)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """A send of one issue to one frozen audience.

    ``digest`` is the hash of the frozen content, empty until there is any. ``counts`` counts every delivery once.
    ``left_out`` readers of the audience have no delivery, because no entry of the issue was for them. ``begins`` or
    ``local_time`` (HH:MM in each reader's own zone) is the planned start, and ``deadline`` the number of seconds that
    it may be late. ``reason`` explains why it is paused, or why it waits until ``waits_until``. Every attempt to start
    or resume it has failed since ``failing_since``. ``holder`` is the process that runs it. ``resumed`` and
    ``settled_before`` belong to the current or last run.
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


def status_in_words(send: Send | None, zone: ZoneInfo) -> str:
    """Return an issue's status for an editor; without a send it is a draft. Times are in ``zone``."""
    if send is not None and not send.digest and send.begins and send.failing_since:
        return f"late, scheduled for {send.begins.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key}): {send.reason}"
    if send is None or (not send.digest and send.status in (SendStatus.PLANNED, SendStatus.CANCELLED)):
        return DRAFT
    so_far = f"{send.counts.get(DeliveryStatus.SUBMITTED, 0):,} of {send.recipients:,} readers"
    if send.status is SendStatus.SCHEDULED and send.begins:
        local = f", {send.local_time} in each reader's time zone" if send.local_time else ""
        return f"scheduled for {send.begins.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key}){local}"
    if send.status is SendStatus.FINISHED:
        return f"sent to {_readers(send.counts.get(DeliveryStatus.SUBMITTED, 0))}"
    if send.status is SendStatus.FAILURES:
        return f"sent to {so_far}"
    if send.status is SendStatus.PAUSED and not send.digest:
        return "paused before it began"
    return f"{'being sent' if send.status is SendStatus.RUNNING else send.status}, sent to {so_far}"


def _readers(number: int) -> str:
    return "1 reader" if number == 1 else f"{number:,} readers"


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceCounts:
    """The number of readers that a send to some segments would reach now.

    ``by_segment`` counts each segment on its own; ``recipients`` counts a reader of several segments once. Neither
    includes readers whose address is ``suppressed``, who have ``paused``, or who have ``chosen_otherwise`` between
    issues and the weekly digest.
    """

    by_segment: Mapping[str, int]
    recipients: int
    suppressed: int
    paused: int
    chosen_otherwise: int
