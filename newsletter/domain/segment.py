"""Segments: saved rules over topics, and the number of readers they reach. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass

from newsletter.domain.subscriber import Frequency


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A publisher's saved rule over topics, evaluated again for each send.

    Each group stands for one topic: the slugs whose followers count as following it (``Topics.related``). A reader is
    in the segment if they follow one of ``any`` (if there are any), each of ``all`` and none of ``none``. With a
    ``frequency``, a send to it reaches only readers who chose that.
    """

    slug: str
    name: str
    frequency: Frequency | None = None
    any: tuple[frozenset[str], ...] = ()
    all: tuple[frozenset[str], ...] = ()
    none: tuple[frozenset[str], ...] = ()

    def admits(self, follows: frozenset[str]) -> bool:
        """Return whether a reader who follows these topics is in the segment."""
        return (
            (not self.any or any(follows & group for group in self.any))
            and all(follows & group for group in self.all)
            and not any(follows & group for group in self.none)
        )


EVERYONE = Segment(slug="everyone", name="Everyone")


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceCounts:
    """The number of readers that a send to some segments would reach now.

    ``by_segment`` counts each segment on its own; ``recipients`` counts a reader of several segments once. Neither
    includes readers whose address is ``suppressed``, who have ``paused``, or who have ``chosen_otherwise`` between
    issues and the weekly digest.
    """

    by_segment: Mapping[str, int]
    recipients: int
    suppressed: int
    paused: int
    chosen_otherwise: int
