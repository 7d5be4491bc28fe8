"""When a send begins: at a moment by one clock, or at a local time by each reader's own. No I/O."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from newsletter.errors import UsageError, did_you_mean

FAR_AHEAD = timedelta(days=60)  # a date beyond is more likely a slip of the keyboard
HOME = ""  # stands for the newsletter's own zone, where a reader's is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A moment, in UTC, and a notice where a clock that is put forward or back makes it another than one may think."""

    at: datetime
    notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTime:
    """The moments, in UTC, at which a local time comes to readers, by their zones; ``HOME`` is always one of them."""

    at: time
    moments: Mapping[str, datetime]
    notices: tuple[str, ...] = ()

    @property
    def first(self) -> datetime:
        """When it comes to the first readers: perhaps the evening before, by the newsletter's clock."""
        return min(self.moments.values())

    @property
    def last(self) -> datetime:
        """When it comes to the last readers."""
        return max(self.moments.values())

    def passed(self, readers: Mapping[str, int], now: datetime) -> str:
        """A notice of the readers, counted by zone, to whom it has come already, and who get it at once; else empty."""
        late = {
            zone: number
            for zone, number in readers.items()
            if number and self.moments.get(zone, self.moments[HOME]) < now
        }
        if not late:
            return ""
        number = sum(late.values())
        counted = f"{number:,} reader{'s' * (number != 1)}"
        return f"{self.at:%H:%M} has passed already for {counted} ({_among(late)}), who get it at once"


def parse_zone(text: str) -> str:
    """The IANA name of a time zone, in whatever case and with spaces for underscores.

    Raises ValueError with the reason in words.
    """
    known = _zones()
    name = text.strip().replace(" ", "_")
    try:
        return known[name.casefold()]
    except KeyError:
        near = did_you_mean(name, known.values())
        raise ValueError(f'no time zone "{text[:80]}": {near or "write an IANA name such as Europe/Berlin"}') from None


def parse_moment(text: str, zone: ZoneInfo, now: datetime) -> Moment:
    """What ``2026-11-23 06:30``, or with a T between, means by the clock of a zone.

    Of a time that comes twice the first is meant. Raises UsageError for what is no time, does not exist there, or has
    passed.
    """
    wall = _wall(text, zone)
    try:
        first, last = shown(wall, zone)
        here, exists = now.astimezone(zone), first.astimezone(zone)
    except OverflowError as err:
        raise _no_moment(text, zone) from err
    if exists.replace(tzinfo=None) != wall:
        raise UsageError(
            f"{wall:%Y-%m-%d %H:%M} does not exist in {zone}, where the clocks are put forward then",
            hint=f'write "{exists:%Y-%m-%d %H:%M}", the first moment that exists',
        )
    if first <= now:
        raise UsageError(
            f"{wall:%Y-%m-%d %H:%M} has passed: it is {here:%Y-%m-%d %H:%M} in {zone}",
            hint="write a later time, or none to send it now",
        )
    if first < last:
        twice = f"{wall:%Y-%m-%d %H:%M} comes twice in {zone}, where the clocks are put back then"
        return Moment(at=first, notice=f"{twice}: the first is meant, {first:%H:%M} UTC")
    return Moment(at=first)


def parse_local_time(text: str) -> time:
    """A local time such as 07:00. Raises UsageError."""
    if not _TIME.fullmatch(text.strip()):
        raise UsageError(f'"{text}" is no local time', hint="write hours and minutes: 07:00")
    return time.fromisoformat(text.strip())


def local_begin(day: date, at: time, zone: ZoneInfo) -> Moment:
    """When a local time comes on a day in one zone.

    Where the clocks are put forward and never show it, that is the first moment after, with a notice; where they show
    it twice, the first.
    """
    wall = datetime.combine(day, at)
    begin, _ = shown(wall, zone)
    here = begin.astimezone(zone)
    if here.replace(tzinfo=None) == wall:
        return Moment(at=begin)
    return Moment(
        at=begin, notice=f"{wall:%Y-%m-%d %H:%M} does not exist in {zone}: readers there get it at {here:%H:%M}"
    )


def by_zone(day: date, at: time, zones: Iterable[str], *, home: ZoneInfo) -> LocalTime:
    """When a local time comes to each of the zones on a day, the issue's; ``home`` is the newsletter's own zone.

    It comes first where the day does, 14 hours before it begins in UTC. Of a zone that is not known on this machine, as
    its tables may be older than those of another, the readers get it by ``home``, and a notice says so.
    """
    named = set(zones) - {HOME}
    unknown = named.difference(_zones().values())
    clocks = {HOME: home} | {name: ZoneInfo(name) for name in sorted(named - unknown)}
    shifted: dict[str, set[str]] = {}
    moments: dict[str, datetime] = {}
    for name, zone in clocks.items():
        begin = local_begin(day, at, zone)
        moments[name] = begin.at
        if begin.notice:
            shifted.setdefault(f"{begin.at.astimezone(zone):%H:%M}", set()).add(str(zone))
    notices = [
        f"{at:%H:%M} does not exist on {day} in {_among(there)}: readers there get it at {shown}"
        for shown, there in sorted(shifted.items())
    ]
    if unknown:
        notices.append(f"not known on this machine: {_among(unknown)}: readers there get it by the clock of {home}")
    return LocalTime(at=at, moments=moments | dict.fromkeys(unknown, moments[HOME]), notices=tuple(notices))


def shown(wall: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first and the last moment at which a clock shows it: the same one, but where the clock is put back.

    Where the clock is put forward and never shows it, both are the moment at which it passes it. Raises OverflowError.
    """
    # Far from any change both are the same. Where the clock is put back the first is the earlier one; where it is put
    # forward, and never shows it, the later (https://peps.python.org/pep-0495/#mind-the-gap).
    first, last = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= last:
        return first, last
    change = _change(last, first, zone)
    return change, change


def clock_time(moment: datetime, zone: ZoneInfo, *, seconds: bool = False) -> str:
    """Return a moment by the clock of a zone: ``2026-11-23 06:30 (Europe/Vienna)``."""
    return f"{moment.astimezone(zone):{'%Y-%m-%d %H:%M:%S' if seconds else '%Y-%m-%d %H:%M'}} ({zone.key})"


def is_late(begins: datetime, deadline: int, now: datetime) -> bool:
    """Whether it is more than ``deadline`` seconds after the moment at which a send was to begin."""
    return now - begins > timedelta(seconds=deadline)


def lateness(begins: datetime, deadline: int, now: datetime, zone: ZoneInfo) -> str:
    """Return in words that a send is more than ``deadline`` seconds late, and nothing if it isn't."""
    if not is_late(begins, deadline, now):
        return ""
    late, limit = (timedelta(seconds=round(seconds)) for seconds in ((now - begins).total_seconds(), deadline))
    return f"it was to begin at {clock_time(begins, zone)} and is {late} late, more than {limit}"


FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=5)


def next_try(since: datetime, now: datetime) -> datetime:
    """When to try again what has failed at every try since a moment: after as long again, within bounds."""
    return now + min(max(now - since, FIRST_PAUSE), LONGEST_PAUSE)


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d", re.ASCII)
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)


def _wall(text: str, zone: ZoneInfo) -> datetime:
    """What a clock shows, of whatever zone. Raises UsageError."""
    if not _MOMENT.fullmatch(text.strip()):
        raise _no_moment(text, zone)
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as err:
        raise _no_moment(text, zone) from err


def _no_moment(text: str, zone: ZoneInfo) -> UsageError:
    return UsageError(f'"{text}" is no date and time', hint=f'write it as "2026-11-23 06:30", by the clock of {zone}')


def _change(earlier: datetime, later: datetime, zone: ZoneInfo) -> datetime:
    """The moment, after the one and not after the other, at which the clock is put forward."""
    before = earlier.astimezone(zone).utcoffset()
    seconds = range(int((later - earlier).total_seconds()) + 1)
    passed = bisect_left(
        seconds, True, key=lambda after: (earlier + timedelta(seconds=after)).astimezone(zone).utcoffset() != before
    )
    return earlier + timedelta(seconds=passed)


def _among(zones: Iterable[str]) -> str:
    """Some zones in words: the first three by name, and how many more."""
    names = [name or "the newsletter's own zone" for name in sorted(zones)]
    more = f" and {len(names) - 3:,} more time zones" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


@cache
def _zones() -> Mapping[str, str]:
    """The IANA names by their case-folded ones, without the two that are no place's."""
    return {name.casefold(): name for name in available_timezones() - {"Factory", "localtime"}}


def day_in_words(day: date) -> str:
    """Return ``Monday 30 November 2026``."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def distance_in_words(day: date, today: date) -> str:
    """Return ``today``, ``tomorrow``, ``in 2 days``, ``yesterday`` or ``2 days ago``."""
    days = (day - today).days
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}
    return near.get(days) or (f"in {days:,} days" if days > 0 else f"{-days:,} days ago")


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
