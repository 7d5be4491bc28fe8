"""Sign-ups, confirmations, recorded consent, and the limits on requests. No I/O."""

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
    """A kind of step in a reader's consent history."""

    ASKED = "asked"  # anybody can ask in the name of any address, so this alone proves nothing
    CONFIRMED = "confirmed"  # by the link that was mailed to the address
    UNSUBSCRIBED = "unsubscribed"  # withdrew the consent; only a new sign-up gives it again
    RETURNED = "returned"  # undid an unsubscription right after it; later ones sign up again
    MOVED = "moved"  # the consent goes on at another address, which was confirmed


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A step in a reader's consent history: when, how, in answer to which wording, from which issue's message."""

    at: datetime
    event: ConsentEvent
    how: str = ""
    wording: str = ""
    issue: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsubscribeRequest:
    """A request to unsubscribe a reader or a pending sign-up, by its key; how it was made, from which issue."""

    key: str
    how: str
    issue: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpChoices:
    """A person's choices when signing up; topics are slugs. ``language`` is that of the page, a BCP 47 tag."""

    first_name: str = ""
    last_name: str = ""
    topics: tuple[str, ...] = ()
    frequency: Frequency = Frequency.EACH
    language: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the choices as a confirmation stores them."""
        return {
            "first_name": self.first_name,
            "last_name": self.last_name,
            "topics": list(self.topics),
            "frequency": self.frequency.value,
            "language": self.language,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Return the choices that ``to_json`` wrote."""
        return cls(**{**raw, "topics": tuple(raw["topics"]), "frequency": Frequency(raw["frequency"])})


class ConfirmationKind(StrEnum):
    """A kind of request that the owner of an address confirms."""

    SIGN_UP = "sign-up"  # from an address that anybody could have typed
    MOVE = "move"  # to a new address, which confirms
    UNDO = "undo"  # undoes a move; the address is the reader's previous one, in case the move was a stranger's


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A request made in the name of an address, which its owner has to confirm.

    ``subscriber`` is the key of the reader who moves to the address, or has moved away from it. ``how`` and ``wording``
    are kept for the record of consent.
    """

    key: str
    kind: ConfirmationKind
    address: str
    requested: datetime
    how: str
    wording: str = ""
    subscriber: str = ""
    choices: SignUpChoices = field(default_factory=SignUpChoices)
    confirmed: datetime | None = None


SERVICE = "service"  # takes the place of an issue's slug in service messages


class ServiceKind(StrEnum):
    """A kind of service message; also the name of its template."""

    CONFIRM = "confirm"  # to a new address: confirm the sign-up
    KNOWN = "known"  # instead of CONFIRM, if the address is a reader's: the page must not say so, the mail may
    MOVE = "move"  # to a reader's new address: confirm the change
    MOVED = "moved"  # to the old address: the change was made, and can be undone
    UNDONE = "undone"  # to the address lost by an undo; it may be a stranger's, so it gets no link of the reader's
    VISIT = "visit"  # a link to the reader's own page
    WELCOME = "welcome"  # to a reader who has just confirmed: the latest issue


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceMessage:
    """A queued message about a sign-up or a reader's settings; ``about`` is the key of its confirmation."""

    kind: ServiceKind
    address: str
    created: datetime
    about: str = ""
    id: int = 0
    attempts: int = 0


def hour_of(moment: datetime) -> int:
    """Return the hour of Unix time that contains a moment; requests are counted by the hour."""
    return int(moment.timestamp()) // 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLimit:
    """A limit on requests made in the name of a subject: at most ``times`` in the last ``hours``.

    ``subject`` is a keyed hash. A ``quiet`` limit drops excess requests without telling the client.
    """

    subject: str
    times: int
    hours: int
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRequest:
    """A request for a service message, with the limits that it counts against and the confirmation that it concerns."""

    message: ServiceMessage
    limits: tuple[RequestLimit, ...] = ()
    about: Confirmation | None = None
