"""The states of deliveries, and the allowed transitions between them. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from newsletter.errors import printable


class DeliveryStatus(StrEnum):
    """The status of one (send, subscriber) row."""

    QUEUED = "queued"  # waits to be handed over, for the first time or again
    SUBMITTING = "submitting"  # committed before the provider sees it, so that a crash can't hide a hand-over
    SUBMITTED = "submitted"  # accepted by the provider, which isn't the same as delivered
    REFUSED = "refused"  # for good, by the provider or the reader's server
    DEFERRED = "deferred"  # for now; it is tried again when it is due
    UNCERTAIN = "uncertain"  # handed over, but no answer came back: it may or may not have arrived
    SKIPPED = "skipped"  # never handed over


class Uncertainty(StrEnum):
    """A policy for deliveries that may or may not have arrived."""

    HOLD = "hold"  # a reader may miss an issue, but never gets it twice
    RESEND = "resend"  # a reader may get an issue twice, but hardly ever misses it


_D = DeliveryStatus
TRANSITIONS: Mapping[DeliveryStatus, frozenset[DeliveryStatus]] = {
    # Submitting: a run claimed it. Skipped: the reader left, or was suppressed or erased, after the audience was
    # frozen; or the send was cancelled. Uncertain: it was uncertain before and queued for another attempt, which is
    # not made after all.
    _D.QUEUED: frozenset({_D.SUBMITTING, _D.SKIPPED, _D.UNCERTAIN}),
    # Submitted, refused, deferred: the provider's answer. Uncertain: no answer came back, or the process was killed.
    # Queued: the provider refused everything before it got this one, or it recognizes repeated messages.
    _D.SUBMITTING: frozenset({_D.SUBMITTED, _D.REFUSED, _D.DEFERRED, _D.UNCERTAIN, _D.QUEUED}),
    # Submitting: it was due again. Skipped and uncertain: as above. Refused: it was deferred too often.
    _D.DEFERRED: frozenset({_D.SUBMITTING, _D.SKIPPED, _D.REFUSED, _D.UNCERTAIN}),
    # Settled by the provider's events, or by the late answer to a process that had lost the send. Queued: by a person.
    _D.UNCERTAIN: frozenset({_D.SUBMITTED, _D.REFUSED, _D.QUEUED}),
    # Final: nobody is sent a second message, whatever happens to the first.
    _D.SUBMITTED: frozenset(),
    # Only an operator asks for another attempt, after fixing the cause.
    _D.REFUSED: frozenset({_D.QUEUED}),
    # Final: the reader left, or the send was cancelled, and neither is undone for an issue that has gone out.
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
    # What happens to a message after it was accepted is in the delivery's outcome.
    _D.SUBMITTED: frozenset(),
    # A skipped delivery was never handed over, so a report about it can't be true.
    _D.SKIPPED: frozenset(),
}


def retry_delay(deferral: int) -> int | None:
    """Return the seconds to wait after a message's given deferral, counted from 1; None after the last.

    A mail server that defers a message expects another attempt after some minutes, and later ones less often
    (RFC 5321 §4.5.4.1).
    """
    return _DELAYS[deferral - 1] if deferral <= len(_DELAYS) else None


_DELAYS = (60, 5 * 60, 15 * 60, 60 * 60, 3 * 60 * 60)


SETTLED = (DeliveryStatus.SUBMITTED, DeliveryStatus.REFUSED, DeliveryStatus.SKIPPED, DeliveryStatus.UNCERTAIN)

DeliveryPosition = tuple[int, int]
"""A delivery's position in its send: (number of its edition, subscriber's id). Batches are claimed in this order."""

START: DeliveryPosition = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedDelivery:
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
    def position(self) -> DeliveryPosition:
        """Return its position in the send: (number of its edition, subscriber's id)."""
        return self.edition, self.subscriber


def clean_text(text: str) -> str:
    """Return a provider's words in a form that is safe for every database and for terminals."""
    return printable(text, LONGEST_WORDS)


LONGEST_WORDS = 2000  # characters of a provider's words that are kept: a server may send megabytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A provider's answer for one recipient: submitted, refused, deferred or uncertain, and why in its own words.

    ``gone``: refused because the address does not exist and never will; it is suppressed. ``throttled``: deferred
    because the provider limits the rate, not because of the recipient. ``lost``: deferred because the connection was
    lost before the message was complete.

    The provider's words are cleaned by ``clean_text``.
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
            object.__setattr__(self, name, clean_text(getattr(self, name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """The answers to a batch.

    ``due`` has the time of the next attempt of deferred deliveries, in seconds of Unix time, and ``deferrals`` the
    number of their deferrals, by the subscriber's id. ``returned`` has the ids of those not handed over.
    """

    batch: Sequence[ClaimedDelivery]
    receipts: Sequence[Receipt]
    due: Mapping[int, int]
    deferrals: Mapping[int, int] = field(default_factory=dict)
    returned: Sequence[int] = ()
