"""How fast a provider is given messages: so many a second, so many a day, fewer in its first days, none in quiet hours.

One reservation for all sends and processes: what is known of a provider comes in, with the time, and goes out changed.
No I/O.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from newsletter.domain.delivery import Uncertainty
from newsletter.domain.schedule import shown

HOUR = 60 * 60
DAY = 24  # hours
AHEAD = 0.5  # seconds that a reservation may lie ahead, so that nothing is lost while whoever waits for it wakes up
FIRST = 10.0  # messages a second, where no limit is known and the provider asks for a slower pace
SLOWEST = 1 / 64
TOGETHER = 5.0  # seconds in which throttled answers are one: those of all that was in flight at the time
DOUBLING = 60.0  # seconds without a throttled answer in which a slowed pace doubles
FORGIVEN = 60 * DOUBLING

Hours = Mapping[int, int]
"""Messages handed over in each hour, counted from 1970 on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a provider may be given: messages a second, messages in 24 hours, None for as many as it takes.

    ``used_elsewhere`` are messages of the last 24 hours that this program did not hand over and the provider counts; in
    what a provider says, all that it counts. ``warm_up`` has the messages a day of the first days with this provider.
    """

    per_second: float | None = None
    per_day: int | None = None
    used_elsewhere: int = 0
    warm_up: tuple[int, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is a limit at all."""
        return self != Limits(used_elsewhere=self.used_elsewhere)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceState:
    """How things stand with a provider; all times are seconds of Unix time.

    ``free_at``: when the next message may go. ``slowed``: at most how many messages a second it took at ``slowed_at``,
    when it last asked for a slower pace; it grows from then on. ``since``: the first reservation.
    """

    free_at: float
    slowed: float
    slowed_at: float
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """So many of the wanted messages may go, not before ``at``; none: it is worth asking again then.

    ``reason`` is what bounds it, in words for an operator; empty where nothing does.
    """

    messages: int
    at: float
    reason: str = ""


def limits(own: "SendingSettings", said: Limits | None, used: int) -> Limits:
    """The stricter of what newsletter.toml says and what the provider does, of whose messages ``used`` were ours."""
    said = said or Limits()
    seconds = [rate for rate in (own.per_second, said.per_second) if rate is not None]
    days = [number for number in (own.per_day, said.per_day) if number is not None]
    return Limits(
        per_second=min(seconds, default=None),
        per_day=min(days, default=None),
        used_elsewhere=max(0, said.used_elsewhere - used),
        warm_up=own.warm_up,
    )


def unused(now: float) -> PaceState:
    """A provider that was never given anything."""
    return PaceState(free_at=now, slowed=math.inf, slowed_at=0.0, since=now)


def reserve(state: PaceState, hours: Hours, limits: Limits, wanted: int, now: float) -> tuple[PaceState, Grant]:
    """How many of ``wanted`` messages, one or more, may go, and when. ``hours`` are as ``last_day`` has them.

    The rate is kept as by the generic cell rate algorithm (ITU-T I.371, virtual scheduling) without a tolerance, in
    batches of at most a second's messages. What was handed over counts against a day's quota for 24 to 25 hours.
    """
    rate, slow = _rate(state, limits, now)
    state = _believable(state, rate, now)
    hour = int(now // HOUR)
    left, full = _left(hours, limits, state.since, hour)
    if left <= 0:
        return state, Grant(messages=0, at=_room_again(hours, limits, state.since, hour), reason=full)
    if now < (opens := state.free_at - AHEAD):
        return state, Grant(messages=0, at=opens, reason=slow)
    batch = max(1, int(min(rate, wanted)))
    at = max(now, state.free_at)
    grant = Grant(
        messages=int(min(batch, left)),
        at=at,
        reason=full if left < batch else slow if batch < wanted or now < at else "",
    )
    return replace(state, free_at=at + grant.messages / rate), grant


def slower(state: PaceState, limits: Limits, now: float) -> PaceState:
    """Half the pace, because the provider throttled; it comes back by itself, and doubles with each quiet minute.

    Where no limit is known, the first throttled answer sets a concrete one, from which it goes up and down.
    """
    if 0 <= now - state.slowed_at < TOGETHER:
        return state
    rate, _ = _rate(state, limits, now)
    slowed = FIRST if rate == math.inf else max(rate / 2, (limits.per_second or FIRST) * SLOWEST)
    return replace(state, slowed=slowed, slowed_at=now)


def last_day(hours: Hours, now: float) -> dict[int, int]:
    """The hours that count now. Those yet to come, because the clock was wrong, count as this one."""
    this = int(now // HOUR)
    kept: dict[int, int] = {}
    for hour, messages in hours.items():
        if hour >= this - DAY:
            kept[min(hour, this)] = kept.get(min(hour, this), 0) + messages
    return kept


def handed_over(hours: Hours, messages: int, now: float) -> dict[int, int]:
    """The hours that count now, with these messages."""
    kept, this = last_day(hours, now), int(now // HOUR)
    return kept | {this: kept.get(this, 0) + messages} if messages else kept


def returned(hours: Hours, messages: int, now: float) -> dict[int, int]:
    """The hours that count now, without reserved messages that were not handed over. Their moment is not given again.

    A later reservation may lie right behind that moment, and two would go at once.
    """
    kept = last_day(hours, now)
    for hour in sorted(kept, reverse=True):
        back = min(messages, kept[hour])
        kept[hour] -= back
        messages -= back
    return kept


def _rate(state: PaceState, limits: Limits, now: float) -> tuple[float, str]:
    """Messages a second at this moment, and why so many."""
    limit = math.inf if limits.per_second is None else limits.per_second
    passed = max(0.0, now - state.slowed_at)
    slowed = math.inf if passed >= FORGIVEN else state.slowed * 2 ** (passed / DOUBLING)
    if slowed < limit:
        return slowed, "the provider asked for a slower pace"
    return limit, f"at most {_number(limit)} a second"


def _believable(state: PaceState, rate: float, now: float) -> PaceState:
    """A clock that was put back leaves times in the future: none may lie further ahead than a batch can take it."""
    return replace(
        state,
        free_at=min(state.free_at, now + AHEAD + max(1.0, 1 / rate)),
        slowed_at=min(state.slowed_at, now),
        since=min(state.since, now),
    )


def _left(hours: Hours, limits: Limits, since: float, hour: int) -> tuple[float, str]:
    """How many more messages the day's quota allows in this hour, and which quota that is."""
    quotas: list[tuple[float, str]] = [(math.inf, "")]
    if limits.per_day is not None:
        words = f"the provider allows {_number(limits.per_day)} a day"
        if limits.used_elsewhere:
            words += f", and {limits.used_elsewhere:,} went elsewhere"
        quotas.append((limits.per_day - limits.used_elsewhere, words))
    # A day of the warm-up begins with the hour in which the first did: a daily send may start some minutes earlier.
    day = (hour - int(since // HOUR)) // DAY
    if day < len(limits.warm_up):
        quotas.append((limits.warm_up[day], f"warm-up: {_number(limits.warm_up[day])} on day {day + 1}"))
    most, words = min(quotas)
    return most - sum(messages for one, messages in hours.items() if one >= hour - DAY), words


def _room_again(hours: Hours, limits: Limits, since: float, hour: int) -> float:
    """When the quota allows something again. What went elsewhere may be forgotten at any time, so that is asked."""
    forgotten = {one + DAY + 1 for one in hours}
    begun = {int(since // HOUR) + DAY * day for day in range(1, len(limits.warm_up) + 1)}
    soon = [hour + 1] if limits.used_elsewhere else []
    later = (one for one in sorted(forgotten | begun) if one > hour and _left(hours, limits, since, one)[0] > 0)
    return float(HOUR * min([*soon, next(later, hour + 1)]))


def days_for(recipients: int, state: PaceState, hours: Hours, limits: Limits, now: float) -> int:
    """On how many days from now on messages go to so many readers, one at least; a day without room is not counted.

    What is left of a day is as if everything went at its beginning: the quota of each later one is a whole one.
    """
    hour, left, days = int(now // HOUR), float(recipients), 1
    quota, _ = _left(hours, limits, min(state.since, now), hour)
    for _ in range(_MOST_DAYS):
        left -= max(0.0, quota)
        if left <= 0:
            return days
        hour += DAY + 1
        days += 1
        quota, _ = _left({}, limits, min(state.since, now), hour)
    return days


_MOST_DAYS = 10_000


def left_of_warm_up(warm_up: tuple[int, ...], state: PaceState, now: float) -> tuple[int, ...]:
    """The messages a day from today on, as far as the warm-up of the provider goes."""
    day = (int(now // HOUR) - int(min(state.since, now) // HOUR)) // DAY
    return warm_up[day:]


def _number(messages: float) -> str:
    return f"{messages:,.10g} message{'' if messages == 1 else 's'}"


# Quiet hours ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours of each day in which nothing is handed over, by the clock on the wall; past midnight if ``end`` is less."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


def parse_quiet(text: str) -> Quiet:
    """Quiet hours such as "22:00-06:00". Raises ValueError with the reason in words."""
    found = re.fullmatch(r"\s*(\d\d):(\d\d)\s*-\s*(\d\d):(\d\d)\s*", text, re.ASCII)
    if not found:
        raise ValueError("quiet hours are written as 22:00-06:00")
    hours, minutes = (int(found[1]), int(found[3])), (int(found[2]), int(found[4]))
    if max(hours) > 23 or max(minutes) > 59:
        raise ValueError("a day has the times from 00:00 to 23:59")
    start, end = (time(*one) for one in zip(hours, minutes, strict=True))
    if start == end:
        raise ValueError("quiet hours that end when they begin would be none, or all day")
    return Quiet(start=start, end=end)


def quiet_until(quiet: Quiet, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours end in which ``now`` lies, in UTC; None where it lies in none.

    A time of day that comes twice, because the clock is put back, begins them the first time and ends them the second.
    One that is left out, because it is put forward, does when the clock passes it.
    """
    until = now = now.astimezone(UTC)
    today = now.astimezone(zone).date()
    nights = timedelta(days=quiet.end < quiet.start)
    for day in (today - timedelta(days=1), today, today + timedelta(days=1)):
        start, _ = shown(datetime.combine(day, quiet.start), zone)
        _, end = shown(datetime.combine(day + nights, quiet.end), zone)
        if start <= until < end:
            until = end
    return until if until > now else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingSettings:
    """What newsletter.toml says of sending: the pace, the quiet hours, how late a send may start.

    ``uncertain`` is what becomes of a message of which nobody knows whether it arrived.
    """

    per_second: float | None = None
    per_day: int | None = None
    warm_up: tuple[int, ...] = ()
    quiet: Quiet | None = None
    deadline: timedelta = timedelta(hours=6)
    uncertain: Uncertainty = Uncertainty.HOLD
