"""How the number of readers changes: who joined, left or bounced on a day, as totals. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from newsletter.domain.plurals import capitalised


class ReaderChange(StrEnum):
    """A way in which the number of readers who can be mailed changes."""

    JOINED = "joined"  # signed up and confirmed, came back, was added or imported
    LEFT = "left"  # unsubscribed
    BOUNCED = "bounced"  # the address was suppressed after bounces
    COMPLAINED = "complained"  # the address was suppressed because its owner reported a message as spam


class TotalKind(StrEnum):
    """What a daily total is of."""

    SOURCE = "source"  # how readers joined or left; each change has one
    TOPIC = "topic"  # the topics that they follow; a reader may follow several, or none


ADDED = "added"  # the source of readers whom an editor added or imported
RETURNED = "returned"  # the source of readers who undid unsubscribing

_SOURCES: Mapping[str, str] = {
    "form": "Sign-up page",
    "api": "Sign-up form on another site",
    ADDED: "Added or imported",
    RETURNED: "Came back at once",
    "one click": "Unsubscribe button of the mail client",
    "page": "Unsubscribe page",
    "preferences": "Preferences",
    "mail": "Unsubscribe by mail",
    "bounce": "Bounces",
    "complaint": "Complaints",
    "import": "Import",
    "": "Not known",
}


def source_words(source: str) -> str:
    """Return the name of a source for publishers; one that a provider or a file gave keeps its own words."""
    return _SOURCES.get(source, capitalised(source))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCounts:
    """How many readers joined, left, bounced or complained, by day, topic or source."""

    joined: int = 0
    left: int = 0
    bounced: int = 0
    complained: int = 0

    @property
    def net(self) -> int:
        """Return the sum of the changes."""
        return self.joined - self.lost

    @property
    def lost(self) -> int:
        """Return the number of readers who left, bounced or complained."""
        return self.left + self.bounced + self.complained

    def __add__(self, other: "ChangeCounts") -> "ChangeCounts":
        """Return both together."""
        return ChangeCounts(
            joined=self.joined + other.joined,
            left=self.left + other.left,
            bounced=self.bounced + other.bounced,
            complained=self.complained + other.complained,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotals(ChangeCounts):
    """A day's changes and the number of ``readers`` who could be mailed at its end; None if that isn't known."""

    day: date
    readers: int | None
