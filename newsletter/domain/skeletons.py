"""Skeletons: what a new issue of a weekday begins with, and what it should keep to. No I/O."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT = "default"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class SkeletonSection:
    """A section of a skeleton: its title, and how many entries it should have at most, if that is limited."""

    title: str
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Skeleton:
    """What issues of a weekday begin with and keep to.

    ``entries`` is the most entries of the whole issue and ``minutes`` its longest reading time, if they are limited.
    ``segments`` are slugs. ``deadline`` is the local time by which the issue should be ready.
    """

    sections: tuple[SkeletonSection, ...] = ()
    segments: tuple[str, ...] = ()
    entries: int | None = None
    minutes: int | None = None
    deadline: datetime.time | None = None


def skeleton_of(skeletons: Mapping[str, Skeleton], date: datetime.date) -> Skeleton | None:
    """Return the skeleton of a date: that of its weekday, or else the default one, or None."""
    return skeletons.get(WEEKDAYS[date.weekday()], skeletons.get(DEFAULT))
