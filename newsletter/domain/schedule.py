"""Start times of sends, as moments in one time zone. No I/O."""

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from newsletter.domain.date_words import duration_in_words
from newsletter.errors import UsageError, did_you_mean

FAR_AHEAD = timedelta(days=60)  # a later date is more likely a typing mistake


class InvalidTimeError(UsageError):
    """A ``text`` that isn't a date and time, where one in a ``zone`` was expected."""

    code = "time-invalid"

    def __init__(self, *, text: str, zone: ZoneInfo) -> None:
        self.text, self.zone = text, zone
        super().__init__(f'"{text}" is not a date and time', hint=f'write it as "2026-11-23 06:30", in {zone} time')


class SkippedTimeError(UsageError):
    """A time that a ``zone`` skips because clocks go forward; ``first`` is the first time there that exists."""

    code = "time-skipped"

    def __init__(self, *, time: datetime, zone: ZoneInfo, first: datetime) -> None:
        self.time, self.zone, self.first = time, zone, first
        super().__init__(
            f"{time:%Y-%m-%d %H:%M} does not exist in {zone}, where clocks go forward then",
            hint=f'write "{first:%Y-%m-%d %H:%M}", the first moment that exists',
        )


class PassedTimeError(UsageError):
    """A time in a ``zone`` that has passed; ``now`` is the time there."""

    code = "time-passed"

    def __init__(self, *, time: datetime, zone: ZoneInfo, now: datetime) -> None:
        self.time, self.zone, self.now = time, zone, now
        super().__init__(
            f"{time:%Y-%m-%d %H:%M} has passed: it is {now:%Y-%m-%d %H:%M} in {zone}",
            hint="choose a later time",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A moment in UTC, with a notice if a change of the clocks makes it different from what people may expect."""

    at: datetime
    notice: str = ""


def parse_zone(text: str) -> str:
    """Return the IANA name of a time zone, given in any case and with spaces or underscores.

    Raise ValueError with a readable reason if there is no such zone.
    """
    known = known_zones()
    name = text.strip().replace(" ", "_")
    try:
        return known[name.casefold()]
    except KeyError:
        near = did_you_mean(name, known.values())
        raise ValueError(f'no time zone "{text[:80]}": {near or "write an IANA name such as Europe/Berlin"}') from None


def parse_moment(text: str, zone: ZoneInfo, now: datetime) -> Moment:
    """Return the moment of a text such as ``2026-11-23 06:30`` (or with a T between) in a zone.

    If the time occurs twice, it is the first one. Raise InvalidTimeError if the text isn't a date and time,
    SkippedTimeError if the time does not exist there, PassedTimeError if it has passed.
    """
    wall = _wall(text, zone)
    try:
        first, last = moments_showing(wall, zone)
        here, exists = now.astimezone(zone), first.astimezone(zone)
    except OverflowError as err:
        raise InvalidTimeError(text=text, zone=zone) from err
    if exists.replace(tzinfo=None) != wall:
        raise SkippedTimeError(time=wall, zone=zone, first=exists)
    if first <= now:
        raise PassedTimeError(time=wall, zone=zone, now=here)
    if first < last:
        twice = f"{wall:%Y-%m-%d %H:%M} occurs twice in {zone}, where clocks go back then"
        return Moment(at=first, notice=f"{twice}: the first one is used, {first:%H:%M} UTC")
    return Moment(at=first)


def moments_showing(wall: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the first and last moment at which a zone's clock shows this time; they differ only if clocks go back.

    If the time is skipped because clocks go forward, both are the moment of the change. Raise OverflowError if a moment
    is out of datetime's range.
    """
    # Far from any change both are the same. If clocks go back, fold=0 is the earlier moment; if the time is skipped,
    # it is the later one (https://peps.python.org/pep-0495/#mind-the-gap).
    first, last = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= last:
        return first, last
    change = _change(last, first, zone)
    return change, change


def clock_time(moment: datetime, zone: ZoneInfo, *, seconds: bool = False) -> str:
    """Return a moment in a zone's local time: ``2026-11-23 06:30 (Europe/Vienna)``."""
    return f"{moment.astimezone(zone):{'%Y-%m-%d %H:%M:%S' if seconds else '%Y-%m-%d %H:%M'}} ({zone.key})"


def is_late(begins: datetime, deadline: int, now: datetime) -> bool:
    """Return whether a send that was to start at ``begins`` is more than ``deadline`` seconds late."""
    return now - begins > timedelta(seconds=deadline)


def lateness(begins: datetime, deadline: int, now: datetime, zone: ZoneInfo) -> str:
    """Return a message if a send is more than ``deadline`` seconds late, else empty text."""
    if not is_late(begins, deadline, now):
        return ""
    late, limit = duration_in_words(now - begins), duration_in_words(timedelta(seconds=deadline))
    return f"it was to begin at {clock_time(begins, zone)} and is {late} late; the limit is {limit}"


FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=5)


def next_try(since: datetime, now: datetime) -> datetime:
    """Return when to retry an action that has failed since a moment: after as long again, within bounds."""
    return now + min(max(now - since, FIRST_PAUSE), LONGEST_PAUSE)


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d", re.ASCII)


def _wall(text: str, zone: ZoneInfo) -> datetime:
    """Return a date and time without a zone. Raise InvalidTimeError if the text isn't one."""
    if not _MOMENT.fullmatch(text.strip()):
        raise InvalidTimeError(text=text, zone=zone)
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as err:
        raise InvalidTimeError(text=text, zone=zone) from err


def _change(earlier: datetime, later: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment, after ``earlier`` and not after ``later``, at which clocks go forward."""
    before = earlier.astimezone(zone).utcoffset()
    seconds = range(int((later - earlier).total_seconds()) + 1)
    passed = bisect_left(
        seconds, True, key=lambda after: (earlier + timedelta(seconds=after)).astimezone(zone).utcoffset() != before
    )
    return earlier + timedelta(seconds=passed)


@cache
def known_zones() -> Mapping[str, str]:
    """Return the IANA names by their case-folded form, without the two that aren't names of places."""
    return {name.casefold(): name for name in available_timezones() - {"Factory", "localtime"}}
