"""How a send and each of its deliveries stand, and which change may follow which. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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

    RUNNING = "running"
    FINISHED = "finished"


_S = DeliveryStatus
TRANSITIONS: Mapping[DeliveryStatus, frozenset[DeliveryStatus]] = {
    # A row is skipped when its reader left, or was suppressed or erased, after the audience was frozen.
    _S.QUEUED: frozenset({_S.SUBMITTING, _S.SKIPPED}),
    # Back to queued: the provider refused altogether before it was given this one.
    _S.SUBMITTING: frozenset({_S.SUBMITTED, _S.REFUSED, _S.DEFERRED, _S.UNCERTAIN, _S.QUEUED}),
    _S.DEFERRED: frozenset({_S.SUBMITTING, _S.SKIPPED}),
    # Only a person, or a provider that can tell that it has the message already, settles an uncertain one.
    _S.UNCERTAIN: frozenset({_S.SUBMITTING, _S.SUBMITTED, _S.REFUSED}),
    _S.SUBMITTED: frozenset(),
    _S.REFUSED: frozenset(),
    _S.SKIPPED: frozenset(),
}


Place = tuple[int, int]
"""Where a delivery stands in its send: (number of its edition, subscriber's id). Batches are taken in this order."""

START: Place = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A delivery that is to be handed over now: which edition, and of its reader what a message needs.

    ``values`` are those of the email's slots ``subscriber.…``.
    """

    edition: int
    subscriber: int
    key: str
    address: str
    values: Mapping[str, str]

    @property
    def place(self) -> Place:
        """Where it stands in its send."""
        return self.edition, self.subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a provider said of one recipient: submitted, refused, deferred or uncertain, and why in its own words."""

    subscriber: int
    status: DeliveryStatus
    provider_id: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """One issue to one frozen audience.

    ``digest`` is of the frozen content; ``counts`` has every delivery once. ``left_out`` readers of the audience have
    no delivery, because nothing of the issue was for them.
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

    @property
    def recipients(self) -> int:
        """The size of the frozen audience."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceCounts:
    """What a send to some segments would reach now.

    ``by_segment`` counts each segment on its own; ``recipients`` counts a reader of several once. Neither has the
    ``suppressed``, who would be recipients if their address were not suppressed.
    """

    by_segment: Mapping[str, int]
    recipients: int
    suppressed: int
