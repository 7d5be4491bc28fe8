"""Start times in each reader's own time zone. No I/O."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from newsletter.domain.schedule import Moment, known_zones, moments_showing
from newsletter.errors import UsageError

HOME = ""  # stands for the newsletter's own zone, used if a reader's is not known


class InvalidLocalTimeError(UsageError):
    """A ``text`` that isn't a local time such as 07:00."""

    code = "local-time-invalid"

    def __init__(self, *, text: str) -> None:
        self.text = text
        super().__init__(f'"{text}" is not a local time', hint="write hours and minutes: 07:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTime:
    """A local time, and its moment in UTC for each time zone; ``HOME`` is always one of them."""

    at: time
    moments: Mapping[str, datetime]
    notices: tuple[str, ...] = ()

    @property
    def first(self) -> datetime:
        """Return its moment for the first readers, which may be the evening before in the newsletter's own zone."""
        return min(self.moments.values())

    @property
    def last(self) -> datetime:
        """Return its moment for the last readers."""
        return max(self.moments.values())

    def passed_notice(self, readers: Mapping[str, int], now: datetime) -> str:
        """Return a notice if the time has passed for some readers, given their number by zone; else empty text."""
        late = {
            zone: number
            for zone, number in readers.items()
            if number and self.moments.get(zone, self.moments[HOME]) < now
        }
        if not late:
            return ""
        number = sum(late.values())
        counted = f"{number:,} reader{'s' * (number != 1)}"
        return f"{self.at:%H:%M} has already passed for {counted} ({_among(late)}), who get it at once"


def parse_local_time(text: str) -> time:
    """Return a local time such as 07:00. Raise InvalidLocalTimeError if the text isn't one."""
    if not _TIME.fullmatch(text.strip()):
        raise InvalidLocalTimeError(text=text)
    return time.fromisoformat(text.strip())


def moment_in_zone(day: date, at: time, zone: ZoneInfo) -> Moment:
    """Return the moment of a local time on a day in one zone.

    A time that is skipped, because clocks go forward, becomes the first moment after it, with a notice. If it occurs
    twice, it is the first one.
    """
    wall = datetime.combine(day, at)
    begin, _ = moments_showing(wall, zone)
    here = begin.astimezone(zone)
    if here.replace(tzinfo=None) == wall:
        return Moment(at=begin)
    return Moment(
        at=begin, notice=f"{wall:%Y-%m-%d %H:%M} does not exist in {zone}: readers there get it at {here:%H:%M}"
    )


def moments_by_zone(day: date, at: time, zones: Iterable[str], *, home: ZoneInfo) -> LocalTime:
    """Return the moments of a local time on an issue's day in each zone; ``home`` is the newsletter's own zone.

    A day begins up to 14 hours before it does in UTC. If this machine's tables don't have a zone, because they are
    older than another machine's, its readers get ``home``'s time, and a notice says so.
    """
    named = set(zones) - {HOME}
    unknown = named.difference(known_zones().values())
    clocks = {HOME: home} | {name: ZoneInfo(name) for name in sorted(named - unknown)}
    shifted: dict[str, set[str]] = {}
    moments: dict[str, datetime] = {}
    for name, zone in clocks.items():
        begin = moment_in_zone(day, at, zone)
        moments[name] = begin.at
        if begin.notice:
            shifted.setdefault(f"{begin.at.astimezone(zone):%H:%M}", set()).add(str(zone))
    notices = [
        f"{at:%H:%M} does not exist on {day} in {_among(there)}: readers there get it at {shown}"
        for shown, there in sorted(shifted.items())
    ]
    if unknown:
        notices.append(f"this machine does not know {_among(unknown)}: readers there get it at the time of {home}")
    return LocalTime(at=at, moments=moments | dict.fromkeys(unknown, moments[HOME]), notices=tuple(notices))


_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)


def _among(zones: Iterable[str]) -> str:
    """Return zones in words: the names of the first three, and the number of the others."""
    names = [name or "the newsletter's own zone" for name in sorted(zones)]
    more = f" and {len(names) - 3:,} more time zones" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
