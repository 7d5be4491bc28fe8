"""An issue's results as numbers: counted from the ledger, the events and the clicks, and kept as JSON. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from newsletter.domain.bounce_groups import BounceGroup, FailureKind
from newsletter.domain.events import Outcome
from newsletter.domain.tracking import TrackingCount


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryClicks:
    """People's clicks on an entry, by its slug, and its position in the issue; 0 if that isn't known."""

    entry: str
    position: int
    clicks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkClicks:
    """People's clicks on a link outside entries, by its number in the issue."""

    number: int
    url: str
    clicks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCounts:
    """Everything that takes long to count about an issue: ``outcomes`` of its deliveries, clicks, opens, bounces.

    ``entries`` are in the issue's order, ``topics`` have people's clicks by slug.
    """

    outcomes: Mapping[Outcome, int]
    unsubscribed: int
    clicks: TrackingCount
    opens: TrackingCount
    entries: tuple[EntryClicks, ...] = ()
    topics: Mapping[str, int]
    links: tuple[LinkClicks, ...] = ()
    bounces: tuple[BounceGroup, ...] = ()
    suppressed: int = 0

    def having(self, some: Outcome, without: Outcome = Outcome(0)) -> int:  # noqa: B008  a flag is a constant
        """Return the number of deliveries with some of these outcomes and none of the others."""
        return sum(number for outcome, number in self.outcomes.items() if outcome & some and not outcome & without)

    def to_json(self) -> dict[str, Any]:
        """Return the counts as the database keeps them."""
        return {
            "outcomes": {str(int(outcome)): number for outcome, number in self.outcomes.items()},
            "unsubscribed": self.unsubscribed,
            "clicks": _tracking_json(self.clicks),
            "opens": _tracking_json(self.opens),
            "entries": [[row.entry, row.position, row.clicks] for row in self.entries],
            "topics": [[slug, clicks] for slug, clicks in self.topics.items()],
            "links": [[row.number, row.url, row.clicks] for row in self.links],
            "bounces": [[group.kind, group.reason, group.provider, group.messages] for group in self.bounces],
            "suppressed": self.suppressed,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Return the counts that ``to_json`` wrote."""
        return cls(
            outcomes={Outcome(int(flags)): number for flags, number in raw["outcomes"].items()},
            unsubscribed=raw["unsubscribed"],
            clicks=_tracking(raw["clicks"]),
            opens=_tracking(raw["opens"]),
            entries=tuple(
                EntryClicks(entry=entry, position=position, clicks=clicks) for entry, position, clicks in raw["entries"]
            ),
            topics=dict(raw["topics"]),
            links=tuple(LinkClicks(number=number, url=url, clicks=clicks) for number, url, clicks in raw["links"]),
            bounces=tuple(
                BounceGroup(kind=FailureKind(kind), reason=reason, provider=provider, messages=messages)
                for kind, reason, provider, messages in raw["bounces"]
            ),
            suppressed=raw["suppressed"],
        )


def _tracking_json(count: TrackingCount) -> list[int]:
    return [count.people, count.machines, count.readers]


def _tracking(raw: Sequence[int]) -> TrackingCount:
    people, machines, readers = raw
    return TrackingCount(people=people, machines=machines, readers=readers)
