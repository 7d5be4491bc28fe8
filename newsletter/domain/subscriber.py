"""Subscribers, and the reasons why addresses are never mailed. No I/O."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class SubscriberStatus(StrEnum):
    """The state of a subscription. Only confirmed readers are mailed."""

    UNCONFIRMED = "unconfirmed"  # imported without a confirmation; a sign-up on our own pages is a Confirmation
    CONFIRMED = "confirmed"  # the owner of the address agreed, so the reader is mailed
    UNSUBSCRIBED = "unsubscribed"  # the row stays, so that no import subscribes the reader again


class Frequency(StrEnum):
    """A reader's choice of how often they are mailed."""

    EACH = "each"  # every issue except weekly digests
    WEEKLY = "weekly"  # only weekly digests


class SuppressionReason(StrEnum):
    """A reason why an address is never mailed."""

    BOUNCED = "bounced"  # a hard bounce, or too many soft ones; the only reason that a new confirmation lifts
    COMPLAINED = "complained"  # a reader who marks another message as spam costs the sender its reputation
    MANUAL = "manual"  # by an operator, whose decision no report changes
    ERASED = "erased"  # only from files: our own erasures keep a keyed hash and not the address


SUBSCRIBER_SLOT = "subscriber."  # the prefix of the slots for a reader's own values
# The built-in fields, each made of the address, the first name and the last name.
SUBSCRIBER_FIELDS: Mapping[str, Callable[[str, str, str], str]] = {
    "first_name": lambda _, first_name, __: first_name,
    "last_name": lambda _, __, last_name: last_name,
    "name": lambda _, first_name, last_name: f"{first_name} {last_name}".strip(),
    "email": lambda address, _, __: address,
}


def slot_values(address: str, first_name: str, last_name: str, attributes: Mapping[str, str]) -> dict[str, str]:
    """Return a reader's values by slot: custom fields and built-in ones, which no custom field hides."""
    built_in = {name: value(address, first_name, last_name) for name, value in SUBSCRIBER_FIELDS.items()}
    return {f"{SUBSCRIBER_SLOT}{name}": value for name, value in {**attributes, **built_in}.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person's address, status, topics by their slugs, and custom fields from an import.

    They follow ``topics`` and exclude ``excludes``; if a topic is in both, exclusion wins. ``id`` orders subscribers
    within one store. ``key`` is 32 random hexadecimal digits and identifies the reader in signed links. ``time_zone``
    is an IANA name, empty for the newsletter's own. They are not mailed until ``paused_until``. Opens and clicks of
    ``uncounted`` readers are not recorded for them.
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

    @property
    def name(self) -> str:
        """Return the whole name, or "" if there is none."""
        return SUBSCRIBER_FIELDS["name"](self.address, self.first_name, self.last_name)

    def slot_values(self) -> dict[str, str]:
        """Return the reader's values by slot, as for ``subscriber.first_name``."""
        return slot_values(self.address, self.first_name, self.last_name, self.attributes)
