"""What a provider reports of a message after it took it, as one value whoever reports it, and what follows. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntFlag, StrEnum
from typing import Self

from newsletter.domain.delivery import REPORTED, DeliveryStatus
from newsletter.domain.subscriber import SuppressionReason


class EventKind(StrEnum):
    """What is reported."""

    SUBMITTED = "submitted"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    REJECTED = "rejected"
    UNRENDERED = "rendering failed"
    OPENED = "opened"
    CLICKED = "clicked"
    UNSUBSCRIBED = "unsubscribed"
    SUBSCRIPTION = "subscription"
    UNKNOWN = "unknown"


class Bounce(StrEnum):
    """Whether a message to the same address would bounce again."""

    PERMANENT = "permanent"
    TRANSIENT = "transient"
    UNDETERMINED = "undetermined"


class Outcome(IntFlag):
    """All that was ever reported of one delivery. More is only added, so no order and no repetition changes it."""

    SUBMITTED = 1
    DELIVERED = 2
    DEFERRED = 4
    BOUNCED_SOFTLY = 8
    BOUNCED = 16
    COMPLAINED = 32
    REJECTED = 64
    UNRENDERED = 128
    UNSUBSCRIBED = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that was reported of one recipient.

    ``key`` is the same whenever the same thing is reported again. ``issue`` and ``reader``, a subscriber's key, say of
    which delivery, where that is proven. ``status`` is an enhanced status code (RFC 3463), ``feedback`` the type of a
    complaint (RFC 5965), ``detail`` the provider's words, ``link`` what was clicked; ``raw`` is the report as it came.
    """

    key: str
    provider: str
    kind: EventKind
    at: datetime
    address: str = ""
    issue: str = ""
    reader: str = ""
    bounce: Bounce | None = None
    status: str = ""
    feedback: str = ""
    detail: str = ""
    link: str = ""
    message_id: str = ""
    raw: str = ""

    @property
    def outcome(self) -> Outcome:
        """What it adds to its delivery's."""
        if self.kind is EventKind.BOUNCED:
            return Outcome.BOUNCED if self.bounce is Bounce.PERMANENT else Outcome.BOUNCED_SOFTLY
        if self.kind is EventKind.COMPLAINED and self.feedback == NOT_SPAM:
            return Outcome.DELIVERED
        return _OUTCOMES.get(self.kind, Outcome(0))

    @property
    def suppresses(self) -> SuppressionReason | None:
        """Why the address is never mailed again, for this event alone."""
        if self.kind is EventKind.BOUNCED and self.bounce is Bounce.PERMANENT:
            return SuppressionReason.BOUNCED
        if self.kind is EventKind.COMPLAINED and self.feedback != NOT_SPAM:
            return SuppressionReason.COMPLAINED
        return None

    @property
    def soft(self) -> bool:
        """Whether it is a bounce that counts only together with others."""
        return self.kind is EventKind.BOUNCED and self.bounce is not Bounce.PERMANENT

    @property
    def nameless(self) -> bool:
        """Whether it is kept without its reader, as a count: who opened and clicked what is nobody's to know."""
        return self.kind in (EventKind.OPENED, EventKind.CLICKED)


def plain(text: str, most: int = 1000) -> str:
    """Text from outside as every database keeps it: without NUL, whole characters only, not endless."""
    return text[:most].replace("\0", "").encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a message that came back says of one recipient."""

    kind: EventKind
    address: str = ""
    bounce: Bounce | None = None
    status: str = ""
    feedback: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailReport:
    """What a message that came back says, and what of it may prove which delivery it is about.

    ``signatures`` are of VERP addresses, ``deliveries`` issue, subscriber's key and MAC out of message ids; whether
    they are ours is not looked at. ``addressed`` are signatures of the addresses that a person, or their mail client,
    wrote the message to. ``automatic`` says that it is an absent reader's answer and no report; ``at`` is when it was
    written, as far as it says, and ``came`` when it arrived, as far as the mail server says.
    """

    at: datetime | None = None
    came: datetime | None = None
    recipients: tuple[Reported, ...] = ()
    signatures: tuple[str, ...] = ()
    deliveries: tuple[tuple[str, str, str], ...] = ()
    automatic: bool = False
    addressed: tuple[str, ...] = ()


NOT_SPAM = "not-spam"  # RFC 5965 §7.3: a reader said that it is none
SOFT_FOR = timedelta(days=14)
FULL_FOR = timedelta(days=60)  # longer than a holiday
FEWEST_SOFT_BOUNCES = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackSettings:
    """What newsletter.toml says of what comes back.

    ``return_path`` is the address that bounces come back to, empty for the sender's own; ``mailbox`` is where they are
    read. ``unsubscribe_mail`` is where mail clients ask to unsubscribe, empty if nobody would read it. ``soft_bounces``
    issues in a row, for two weeks at least, suppress an address; events are kept for ``keep``.
    """

    return_path: str = ""
    mailbox: str = ""
    unsubscribe_mail: str = ""
    soft_bounces: int = FEWEST_SOFT_BOUNCES
    keep: timedelta = timedelta(days=365)


_K = EventKind
_OUTCOMES: Mapping[EventKind, Outcome] = {
    _K.SUBMITTED: Outcome.SUBMITTED,
    _K.DELIVERED: Outcome.DELIVERED,
    _K.DEFERRED: Outcome.DEFERRED,
    _K.COMPLAINED: Outcome.COMPLAINED,
    _K.REJECTED: Outcome.REJECTED,
    _K.UNRENDERED: Outcome.UNRENDERED,
    _K.UNSUBSCRIBED: Outcome.UNSUBSCRIBED,
    # Whoever opens it has it; more is not written down of one delivery.
    _K.OPENED: Outcome.DELIVERED,
    _K.CLICKED: Outcome.DELIVERED,
}
_NOT_TAKEN = Outcome.REJECTED | Outcome.UNRENDERED


def settled(status: DeliveryStatus, attempt: int, outcome: Outcome) -> DeliveryStatus:
    """How a delivery stands after all that was reported of it.

    Whatever is said of a message but that it never left shows that the provider had taken it.
    """
    if not attempt or not outcome:
        return status
    told = DeliveryStatus.SUBMITTED if outcome & ~_NOT_TAKEN else DeliveryStatus.REFUSED
    return told if told in REPORTED[status] else status


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftBounce:
    """A bounce of an issue that is about the mailbox and not permanent; ``full``: it may be so only for a holiday."""

    issue: str
    at: datetime
    full: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WornOut:
    """An address that took nothing for long: since when it counts as gone, and how many issues had bounced by then."""

    since: datetime
    issues: int


def worn_out(bounces: Iterable[SoftBounce], delivered: Iterable[datetime], threshold: int) -> WornOut | None:
    """Return when ``threshold`` issues in a row had bounced softly for long enough; None if they have not.

    A delivery ends a row; bounces of its moment come after it. Bounces of a full mailbox count only after 60 days.
    """
    arrived = set(delivered)
    seen = sorted(bounces, key=lambda bounce: bounce.at)
    row: list[SoftBounce] = []
    for at in sorted(arrived | {bounce.at for bounce in seen}):
        row = [] if at in arrived else row
        row += (bounce for bounce in seen if bounce.at == at)
        for counted, long in (([bounce for bounce in row if not bounce.full], SOFT_FOR), (row, FULL_FOR)):
            issues = {bounce.issue for bounce in counted}
            if len(issues) >= threshold and counted[-1].at - counted[0].at >= long:
                return WornOut(since=counted[-1].at, issues=len(issues))
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What came of some events: how many were new, deliveries settled, addresses suppressed, bounces
    held for an operator, readers unsubscribed."""

    new: int = 0
    repeated: int = 0
    settled: int = 0
    suppressed: int = 0
    held: int = 0
    unsubscribed: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(
            new=self.new + other.new,
            repeated=self.repeated + other.repeated,
            settled=self.settled + other.settled,
            suppressed=self.suppressed + other.suppressed,
            held=self.held + other.held,
            unsubscribed=self.unsubscribed + other.unsubscribed,
        )
