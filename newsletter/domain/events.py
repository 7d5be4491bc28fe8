"""Events that providers report about messages they have accepted, in one form for all providers. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntFlag, StrEnum
from typing import Self

from newsletter.domain.delivery import REPORTED, DeliveryStatus
from newsletter.domain.soft_bounces import FEWEST_SOFT_BOUNCES
from newsletter.domain.subscriber import SuppressionReason


class EventKind(StrEnum):
    """A kind of event."""

    SUBMITTED = "submitted"  # the provider accepted the message
    DELIVERED = "delivered"  # the reader's server accepted it
    DEFERRED = "deferred"  # the provider keeps trying
    BOUNCED = "bounced"  # it didn't arrive; ``Bounce`` tells whether another one could
    COMPLAINED = "complained"  # the reader marked it as spam
    REJECTED = "rejected"  # by the provider, after it had accepted the message, because of a virus, for example
    UNRENDERED = "rendering failed"  # the provider couldn't fill its template: our fault, and the message never left
    OPENED = "opened"  # its tracking image was loaded, perhaps by a machine
    CLICKED = "clicked"  # a link in it was followed, perhaps by a machine
    UNSUBSCRIBED = "unsubscribed"  # through the provider or by mail, not by a link of ours
    SUBSCRIPTION = "subscription"  # a change of topics kept by the provider, which we don't use
    UNKNOWN = "unknown"  # a new kind is stored as it came, and must never stop the others


class Bounce(StrEnum):
    """A kind of bounce, by whether another message to the address would bounce too."""

    PERMANENT = "permanent"  # hard: suppresses the address at once
    TRANSIENT = "transient"  # soft: counts only together with others
    UNDETERMINED = "undetermined"  # the report doesn't say; treated as soft, since a suppression stays


class Outcome(IntFlag):
    """Everything reported about one delivery. Flags are only added, so order and repetition don't matter.

    The numbers are stored, so they never change. Opens and clicks have no flags: they are not kept for a delivery.
    """

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
    """A reported event about one recipient.

    ``key`` is the same when the event is reported again. ``issue`` and ``reader`` (a subscriber's key) identify the
    delivery if that is proven. ``status`` is an enhanced status code (RFC 3463), ``feedback`` the type of a complaint
    (RFC 5965), ``detail`` the provider's words, ``link`` the clicked link, and ``raw`` the report as received.
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
        """Return the flags that it adds to its delivery's outcome."""
        if self.kind is EventKind.BOUNCED:
            return Outcome.BOUNCED if self.bounce is Bounce.PERMANENT else Outcome.BOUNCED_SOFTLY
        if self.kind is EventKind.COMPLAINED and self.feedback == NOT_SPAM:
            return Outcome.DELIVERED
        return _OUTCOMES.get(self.kind, Outcome(0))

    @property
    def suppresses(self) -> SuppressionReason | None:
        """Return the reason why this event alone suppresses the address, or None if it doesn't."""
        if self.kind is EventKind.BOUNCED and self.bounce is Bounce.PERMANENT:
            return SuppressionReason.BOUNCED
        if self.kind is EventKind.COMPLAINED and self.feedback != NOT_SPAM:
            return SuppressionReason.COMPLAINED
        return None

    @property
    def soft(self) -> bool:
        """Return whether it is a bounce that counts only together with others."""
        return self.kind is EventKind.BOUNCED and self.bounce is not Bounce.PERMANENT

    @property
    def nameless(self) -> bool:
        """Return whether it is stored without its reader, for privacy: opens and clicks are only counted."""
        return self.kind in (EventKind.OPENED, EventKind.CLICKED)


def storable_text(text: str, most: int = 1000) -> str:
    """Return text from outside in a form that every database accepts: no NUL, whole characters, limited length."""
    return text[:most].replace("\0", "").encode("utf-8", "replace").decode()


NOT_SPAM = "not-spam"  # RFC 5965 §7.3: a reader marked the message as not spam


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackSettings:
    """The settings for bounces and other feedback in newsletter.toml.

    ``return_path`` is the address that bounces are sent to, empty for the sender's own; they are read from ``mailbox``.
    ``unsubscribe_mail`` is the address for unsubscribe requests from mail clients, empty if nobody would read it.
    An address is suppressed after soft bounces of ``soft_bounces`` issues in a row, over two weeks or more. Events are
    kept for ``keep``.
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
    # An opened message was delivered. Opens and clicks are not stored for a delivery.
    _K.OPENED: Outcome.DELIVERED,
    _K.CLICKED: Outcome.DELIVERED,
}
_NOT_ACCEPTED = Outcome.REJECTED | Outcome.UNRENDERED


def status_after(status: DeliveryStatus, attempt: int, outcome: Outcome) -> DeliveryStatus:
    """Return the status of a delivery after everything reported about it.

    Any report, unless it says that the message never left, shows that the provider had accepted it.
    """
    if not attempt or not outcome:
        return status
    reported = DeliveryStatus.SUBMITTED if outcome & ~_NOT_ACCEPTED else DeliveryStatus.REFUSED
    return reported if reported in REPORTED[status] else status


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEffects:
    """The effects of some events, as numbers.

    They count new and repeated events, settled deliveries, suppressed addresses, bounces held for an operator, and
    unsubscribed readers.
    """

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
