"""Who reads: subscribers, what they follow, and the publisher's rules over that. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class SubscriberStatus(StrEnum):
    """Whether somebody asked for the newsletter, said so twice, or left."""

    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"


class Frequency(StrEnum):
    """How often a reader is mailed."""

    EACH = "each"
    WEEKLY = "weekly"


class SuppressionReason(StrEnum):
    """Why an address is never mailed."""

    BOUNCED = "bounced"
    COMPLAINED = "complained"
    MANUAL = "manual"
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person's address, status, topics by their slugs, and any further columns of their import.

    They follow ``topics`` and want nothing of ``excludes``; no topic is both, exclusion wins. ``id`` orders subscribers
    within one store; ``key`` is 32 hexadecimal digits, random, and what a signed link names. ``time_zone`` is an IANA
    name, empty for the newsletter's own. Until ``paused_until`` they get nothing. Who is ``uncounted`` refuses that
    it is known what they open and follow.
    """

    address: str
    id: int = 0
    key: str = ""
    first_name: str = ""
    last_name: str = ""
    status: SubscriberStatus = SubscriberStatus.CONFIRMED
    topics: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    language: str = ""
    time_zone: str = ""
    uncounted: bool = False
    frequency: Frequency = Frequency.EACH
    paused_until: datetime | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    created: datetime | None = None

    def merge_values(self) -> dict[str, str]:
        """What ``{{ subscriber.… }}`` may name; a further column never hides one of the first four."""
        return {
            **self.attributes,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "name": f"{self.first_name} {self.last_name}".strip(),
            "email": self.address,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """The publisher's saved rule over topics, evaluated anew at each send.

    Each group is a topic asked for, as the slugs whose followers count as following it (``Topics.kin``). A reader is in
    the segment who follows one of ``any`` (if there are any), each of ``all`` and none of ``none``. With a
    ``frequency``, a send to it reaches only readers who chose that.
    """

    slug: str
    name: str
    frequency: Frequency | None = None
    any: tuple[frozenset[str], ...] = ()
    all: tuple[frozenset[str], ...] = ()
    none: tuple[frozenset[str], ...] = ()

    def admits(self, follows: frozenset[str]) -> bool:
        """Whether a reader who follows these topics is in the segment."""
        return (
            (not self.any or any(follows & group for group in self.any))
            and all(follows & group for group in self.all)
            and not any(follows & group for group in self.none)
        )


EVERYONE = Segment(slug="everyone", name="Everyone")
