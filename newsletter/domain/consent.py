"""What somebody asked for and said yes to: sign-ups, consent as it is recorded, what may be asked how often. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from newsletter.domain.subscriber import Frequency

CONFIRM_WITHIN = timedelta(hours=72)
VISIT_WITHIN = timedelta(hours=24)
UNDO_WITHIN = timedelta(hours=1)
UNDO_MOVE_WITHIN = timedelta(days=14)


class ConsentEvent(StrEnum):
    """What a reader did about their consent."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"
    RETURNED = "returned"
    MOVED = "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One thing that a reader did: when, how, in answer to which words, out of which issue's message."""

    at: datetime
    event: ConsentEvent
    how: str = ""
    wording: str = ""
    issue: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """Somebody leaves: the reader of this key, or who signed up with a confirmation of it; how, out of which issue."""

    key: str
    how: str
    issue: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What somebody wants who signs up. They follow topics by their slugs."""

    first_name: str = ""
    last_name: str = ""
    topics: tuple[str, ...] = ()
    frequency: Frequency = Frequency.EACH

    def to_json(self) -> dict[str, Any]:
        """As a confirmation keeps it."""
        return {
            "first_name": self.first_name,
            "last_name": self.last_name,
            "topics": list(self.topics),
            "frequency": self.frequency.value,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """What ``to_json`` gave."""
        return cls(**{**raw, "topics": tuple(raw["topics"]), "frequency": Frequency(raw["frequency"])})


class ConfirmationKind(StrEnum):
    """What the owner of an address says yes to."""

    SIGN_UP = "sign-up"
    MOVE = "move"
    UNDO = "undo"  # of a move; the address is the one that the reader had before


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What somebody asked for in the name of an address, and its owner has still to confirm.

    ``subscriber`` is the key of the reader who moves to the address, or has moved away from it. ``how`` and ``wording``
    are for the record.
    """

    key: str
    kind: ConfirmationKind
    address: str
    asked: datetime
    how: str
    wording: str = ""
    subscriber: str = ""
    choices: Choices = field(default_factory=Choices)
    confirmed: datetime | None = None


SERVICE = "service"  # in the place of an issue: what a service message counts as


class ServiceKind(StrEnum):
    """What a service message is about; also the name of its template."""

    CONFIRM = "confirm"
    KNOWN = "known"
    MOVE = "move"
    MOVED = "moved"
    UNDONE = "undone"
    VISIT = "visit"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceMessage:
    """A message about a sign-up or a reader's settings that is to go out; ``about`` is the key of what it is about."""

    kind: ServiceKind
    address: str
    created: datetime
    about: str = ""
    id: int = 0
    attempts: int = 0


def hour_of(moment: datetime) -> int:
    """Return the hour of Unix time that a moment is in: what is asked for is counted by the hour."""
    return int(moment.timestamp()) // 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How often something may be asked for in the name of a subject: so many times in the latest ``hours``.

    ``subject`` is a keyed hash. Where ``quiet``, whoever asks too often is not told so.
    """

    subject: str
    times: int
    hours: int
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRequest:
    """A request for a service message, the limits that it counts against, and the confirmation that it is about."""

    message: ServiceMessage
    limits: tuple[Allowance, ...] = ()
    about: Confirmation | None = None
