"""How a send and each of its deliveries stand, and which change may follow which. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from newsletter.errors import SendError


class DeliveryStatus(StrEnum):
    """How one (send, subscriber) row stands."""

    QUEUED = "queued"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    REFUSED = "refused"
    DEFERRED = "deferred"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"


class SendStatus(StrEnum):
    """How one issue's way to one audience stands."""

    PLANNED = "planned"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FINISHED = "finished"
    FAILURES = "finished with failures"

    @property
    def ended(self) -> bool:
        """Whether every delivery is settled, as far as a provider can say."""
        return self in (SendStatus.FINISHED, SendStatus.FAILURES)


class Uncertainty(StrEnum):
    """What is done with deliveries of which nobody knows whether they arrived."""

    HOLD = "hold"
    RESEND = "resend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """An issue whose send has begun and was not cancelled, and when that was."""

    issue: str
    at: datetime


_D = DeliveryStatus
TRANSITIONS: Mapping[DeliveryStatus, frozenset[DeliveryStatus]] = {
    # Skipped: its reader left, or was suppressed or erased, after the audience was frozen; or the send was cancelled.
    # Uncertain: it was so before, was to be handed over again, and is not after all.
    _D.QUEUED: frozenset({_D.SUBMITTING, _D.SKIPPED, _D.UNCERTAIN}),
    # Back to queued: the provider refused altogether before it was given this one, or can tell a repeated message.
    _D.SUBMITTING: frozenset({_D.SUBMITTED, _D.REFUSED, _D.DEFERRED, _D.UNCERTAIN, _D.QUEUED}),
    # Refused: it was put off too often. Uncertain: as above.
    _D.DEFERRED: frozenset({_D.SUBMITTING, _D.SKIPPED, _D.REFUSED, _D.UNCERTAIN}),
    # The provider's events settle it, or the answer that a process had when it lost the send, or a person: queued.
    _D.UNCERTAIN: frozenset({_D.SUBMITTED, _D.REFUSED, _D.QUEUED}),
    # Final: whoever was given a message is not given another one, whatever becomes of it.
    _D.SUBMITTED: frozenset(),
    # Only an operator asks for another try, when what was wrong is fixed.
    _D.REFUSED: frozenset({_D.QUEUED}),
    _D.SKIPPED: frozenset(),
}

# Where events lead that are reported later. What they say is true whatever was thought before, and nothing else may be
# handed over of a message that has arrived; a receipt goes by the table above.
REPORTED: Mapping[DeliveryStatus, frozenset[DeliveryStatus]] = {
    # It is to be handed over again, because it was uncertain; and it has arrived after all.
    _D.QUEUED: frozenset({_D.SUBMITTED}),
    _D.DEFERRED: frozenset({_D.SUBMITTED}),
    # The event was quicker than the answer, which then changes nothing.
    _D.SUBMITTING: frozenset({_D.SUBMITTED, _D.REFUSED}),
    _D.UNCERTAIN: frozenset({_D.SUBMITTED, _D.REFUSED}),
    # Another attempt was refused, or it was said first that the message never left.
    _D.REFUSED: frozenset({_D.SUBMITTED}),
    _D.SUBMITTED: frozenset(),
    _D.SKIPPED: frozenset(),
}

_S = SendStatus
SEND_TRANSITIONS: Mapping[SendStatus, frozenset[SendStatus]] = {
    # Nothing is frozen yet. It runs once it is; until then it may still be given a time, or up.
    _S.PLANNED: frozenset({_S.RUNNING, _S.SCHEDULED, _S.PAUSED, _S.CANCELLED}),
    # Planned: its time has come. Paused: it came too late, or the issue does not pass its checks, and a person decides.
    _S.SCHEDULED: frozenset({_S.PLANNED, _S.PAUSED, _S.CANCELLED}),
    _S.RUNNING: frozenset({_S.PAUSED, _S.CANCELLED, _S.FINISHED, _S.FAILURES}),
    # Planned: it was paused before anything was frozen. Scheduled: and its time has not come yet.
    _S.PAUSED: frozenset({_S.RUNNING, _S.PLANNED, _S.SCHEDULED, _S.CANCELLED}),
    # Planned: nothing of it was frozen, so nobody got it, and the issue may be sent after all.
    _S.CANCELLED: frozenset({_S.PLANNED, _S.SCHEDULED}),
    # A send that is over runs again where an operator asks for another try of what failed, or of what is uncertain.
    _S.FINISHED: frozenset(),
    _S.FAILURES: frozenset({_S.RUNNING, _S.FINISHED}),
}


def impossible_transition(issue: str, before: SendStatus, to: SendStatus) -> SendError:
    """Return the error that says why a send can't go from one status to another."""
    if to is before:
        return SendError(f"the send of issue {issue} is already {before}", hint=_SEE.format(issue))
    return SendError(f"the send of issue {issue} is {before}: {_IMPOSSIBLE[to]}", hint=_SEE.format(issue))


_SEE = "`newsletter sends show {}` says how it stands"
_IMPOSSIBLE: Mapping[SendStatus, str] = {
    _S.PLANNED: "it has begun",
    _S.SCHEDULED: "it has begun",
    _S.RUNNING: "it can't be resumed",
    _S.PAUSED: "there is nothing left to pause",
    _S.CANCELLED: "there is nothing left to cancel",
    _S.FINISHED: "it isn't under way",
    _S.FAILURES: "it isn't under way",
}


def retry_delay(deferral: int) -> int | None:
    """Seconds to wait after a message was put off the given time, counted from 1; None after the last.

    A mail server that puts a message off expects another try after some minutes, later ones less often
    (RFC 5321 §4.5.4.1).
    """
    return _DELAYS[deferral - 1] if deferral <= len(_DELAYS) else None


_DELAYS = (60, 5 * 60, 15 * 60, 60 * 60, 3 * 60 * 60)


SETTLED = (DeliveryStatus.SUBMITTED, DeliveryStatus.REFUSED, DeliveryStatus.SKIPPED, DeliveryStatus.UNCERTAIN)

Place = tuple[int, int]
"""Where a delivery stands in its send: (number of its edition, subscriber's id). Batches are taken in this order."""

START: Place = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A delivery that is to be handed over now: which edition, and of its reader what a message needs.

    ``values`` are those of the email's slots ``subscriber.…``; ``attempt`` counts from 1. ``deferrals`` is how often
    the reader's server put it off since it was queued.
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
        """Where it stands in its send."""
        return self.edition, self.subscriber


def plain_words(text: str) -> str:
    """Return a provider's words as every database keeps them, and a terminal may show them.

    PostgreSQL takes neither NUL nor half a surrogate pair; control characters steer terminals; a server may go on for
    megabytes.
    """
    if not text.isprintable():
        text = "".join(one if one.isprintable() else " " if one.isspace() else "\ufffd" for one in text)
    return text[:LONGEST_WORDS]


LONGEST_WORDS = 2000  # characters of what a provider said that are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a provider said of one recipient: submitted, refused, deferred or uncertain, and why in its own words.

    ``gone``: refused because the address is not there and never will be; it is suppressed. ``throttled``: deferred
    because the provider wants a slower pace, not because of the recipient. ``lost``: deferred because the connection
    was lost before the message was complete.

    What the provider said is kept as ``plain_words`` has it.
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
    """What became of a batch: receipts, when those who were deferred are due again (seconds of Unix time), their
    ``deferrals`` so far, and who was ``returned`` without having been handed over."""

    batch: Sequence[Claimed]
    receipts: Sequence[Receipt]
    due: Mapping[int, int]
    deferrals: Mapping[int, int] = field(default_factory=dict)
    returned: Sequence[int] = ()


def when_due(
    status: SendStatus, *, begins: datetime | None, waits_until: datetime | None, created: datetime
) -> datetime | None:
    """When a worker begins a send or goes on with it; None where that is left to a person, or it is over.

    A send that was planned without a time has a person at the keyboard.
    """
    if status is SendStatus.RUNNING:
        return waits_until or created
    if status in (SendStatus.SCHEDULED, SendStatus.PLANNED):
        return begins and (waits_until or begins)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """One issue to one frozen audience.

    ``digest`` is of the frozen content, empty until there is any; ``counts`` has every delivery once. ``left_out``
    readers of the audience have no delivery, because nothing of the issue was for them. ``begins`` or ``local_time``
    (HH:MM in each reader's own zone) say when it is to begin, ``deadline`` how many seconds late it may. ``reason`` is
    why it is paused, or why it waits until ``waits_until``; ``failing_since`` is since when every try to begin it or to
    go on with it has failed. ``holder`` is the process that runs it. ``resumed`` and
    ``settled_before`` are of the run that is under way or was last.
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
        """When a worker does something about it; None where that is left to a person, or it is over."""
        return when_due(self.status, begins=self.begins, waits_until=self.waits_until, created=self.created)

    @property
    def recipients(self) -> int:
        """The size of the frozen audience."""
        return sum(self.counts.values())

    @property
    def settled(self) -> int:
        """How many deliveries nothing more will be done about, as it stands."""
        return sum(self.counts.get(status, 0) for status in SETTLED)


DRAFT = "draft"


def status_in_words(send: Send | None, zone: ZoneInfo) -> str:
    """Return how an issue stands, for an editor; without a send it is a draft. Times are by the clock of ``zone``."""
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
    """What a send to some segments would reach now.

    ``by_segment`` counts each segment on its own; ``recipients`` counts a reader of several once. Neither has those who
    would be recipients if their address were not ``suppressed``, if they had not ``paused``, or if they had not
    ``chosen_otherwise`` how often they are mailed.
    """

    by_segment: Mapping[str, int]
    recipients: int
    suppressed: int
    paused: int
    chosen_otherwise: int
