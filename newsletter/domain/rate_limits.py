"""Rate limits for a provider: messages per second and per day, and warm-up.

All sends and processes share one reservation. The functions take a provider's state and the time, and return the new
state. No I/O.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from newsletter.domain.delivery import Uncertainty
from newsletter.domain.quiet_hours import QuietHours

HOUR = 60 * 60
DAY = 24  # hours
RESERVED_AHEAD = 0.5  # seconds that a reservation may lie ahead, while a waiting process wakes up
FIRST_SLOWED_RATE = 10.0  # messages a second after the first throttling, if no limit is known
SLOWEST_SHARE = 1 / 64  # of the limit, however often the provider throttles
SAME_THROTTLING = 5.0  # seconds in which throttled answers count as one, since all were in flight at the same time
DOUBLES_EVERY = 60.0  # seconds without throttling in which a slowed rate doubles
RECOVERED_AFTER = 60 * DOUBLES_EVERY

Hours = Mapping[int, int]
"""Messages handed over in each hour, counted from 1970 on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """A provider's limits: messages a second and messages in 24 hours; None means no limit.

    ``used_elsewhere`` counts messages of the last 24 hours that the provider counts and this program did not hand over;
    in limits reported by a provider, it is all that the provider counts. ``warm_up`` has the daily quotas of the first
    days with this provider.
    """

    per_second: float | None = None
    per_day: int | None = None
    used_elsewhere: int = 0
    warm_up: tuple[int, ...] = ()

    @property
    def any(self) -> bool:
        """Return whether there is any limit."""
        return self != Limits(used_elsewhere=self.used_elsewhere)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitState:
    """The state of a provider's rate limit; all times are seconds of Unix time.

    ``free_at`` is when the next message may go. ``slowed`` is the reduced rate, in messages a second, set when the
    provider last throttled, at ``slowed_at``; it grows from then on. ``since`` is the first reservation.
    """

    free_at: float
    slowed: float
    slowed_at: float
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A permission to hand over ``messages`` messages, not before ``at``; if there are none, ask again then.

    ``reason`` names the limit in words for an operator; empty if nothing limits it.
    """

    messages: int
    at: float
    reason: str = ""


def stricter_limits(own: "SendingSettings", reported: Limits | None, used: int) -> Limits:
    """Return the stricter of newsletter.toml's limits and the provider's.

    Of the messages that the provider counts, ``used`` were ours.
    """
    reported = reported or Limits()
    seconds = [rate for rate in (own.per_second, reported.per_second) if rate is not None]
    days = [number for number in (own.per_day, reported.per_day) if number is not None]
    return Limits(
        per_second=min(seconds, default=None),
        per_day=min(days, default=None),
        used_elsewhere=max(0, reported.used_elsewhere - used),
        warm_up=own.warm_up,
    )


def unused_state(now: float) -> RateLimitState:
    """Return the state of a provider that has never been given a message."""
    return RateLimitState(free_at=now, slowed=math.inf, slowed_at=0.0, since=now)


def reserve(
    state: RateLimitState, hours: Hours, limits: Limits, wanted: int, now: float
) -> tuple[RateLimitState, Grant]:
    """Reserve as many of ``wanted`` messages (at least 1) as the limits allow; return the new state and the grant.

    ``hours`` come from ``last_day``. The rate follows the generic cell rate algorithm (ITU-T I.371, virtual scheduling)
    without tolerance, in batches of at most a second's messages. A message counts against a day's quota for 24 to 25
    hours.
    """
    rate, slow = _rate(state, limits, now)
    state = _believable(state, rate, now)
    hour = int(now // HOUR)
    left, full = _left(hours, limits, state.since, hour)
    if left <= 0:
        return state, Grant(messages=0, at=_room_again(hours, limits, state.since, hour), reason=full)
    if now < (opens := state.free_at - RESERVED_AHEAD):
        return state, Grant(messages=0, at=opens, reason=slow)
    batch = max(1, int(min(rate, wanted)))
    at = max(now, state.free_at)
    grant = Grant(
        messages=int(min(batch, left)),
        at=at,
        reason=full if left < batch else slow if batch < wanted or now < at else "",
    )
    return replace(state, free_at=at + grant.messages / rate), grant


def slowed_down(state: RateLimitState, limits: Limits, now: float) -> RateLimitState:
    """Halve the rate because the provider throttled; it doubles again with each minute without throttling.

    If no limit is known, the first throttled answer sets one, which then goes up and down.
    """
    if 0 <= now - state.slowed_at < SAME_THROTTLING:
        return state
    rate, _ = _rate(state, limits, now)
    slowed = (
        FIRST_SLOWED_RATE
        if rate == math.inf
        else max(rate / 2, (limits.per_second or FIRST_SLOWED_RATE) * SLOWEST_SHARE)
    )
    return replace(state, slowed=slowed, slowed_at=now)


def last_day(hours: Hours, now: float) -> dict[int, int]:
    """Return the hours that count now. Hours in the future, from a wrong clock, count as the current one."""
    this = int(now // HOUR)
    kept: dict[int, int] = {}
    for hour, messages in hours.items():
        if hour >= this - DAY:
            kept[min(hour, this)] = kept.get(min(hour, this), 0) + messages
    return kept


def with_handed_over(hours: Hours, messages: int, now: float) -> dict[int, int]:
    """Return the hours that count now, with these messages added."""
    kept, this = last_day(hours, now), int(now // HOUR)
    return kept | {this: kept.get(this, 0) + messages} if messages else kept


def without_returned(hours: Hours, messages: int, now: float) -> dict[int, int]:
    """Return the hours that count now, without reserved messages that were not handed over.

    Their time slot is not reused: a later reservation may follow right after it, and two would go at once.
    """
    kept = last_day(hours, now)
    for hour in sorted(kept, reverse=True):
        back = min(messages, kept[hour])
        kept[hour] -= back
        messages -= back
    return kept


def _rate(state: RateLimitState, limits: Limits, now: float) -> tuple[float, str]:
    """Return the rate at this moment, in messages a second, and the reason for it."""
    limit = math.inf if limits.per_second is None else limits.per_second
    passed = max(0.0, now - state.slowed_at)
    slowed = math.inf if passed >= RECOVERED_AFTER else state.slowed * 2 ** (passed / DOUBLES_EVERY)
    if slowed < limit:
        return slowed, "the provider is throttling"
    return limit, f"at most {_number(limit)} a second"


def _believable(state: RateLimitState, rate: float, now: float) -> RateLimitState:
    """Return the state without times far in the future, which a clock that was set back leaves behind."""
    return replace(
        state,
        free_at=min(state.free_at, now + RESERVED_AHEAD + max(1.0, 1 / rate)),
        slowed_at=min(state.slowed_at, now),
        since=min(state.since, now),
    )


def _left(hours: Hours, limits: Limits, since: float, hour: int) -> tuple[float, str]:
    """Return the number of messages that the day's quota still allows in this hour, and the quota in words."""
    quotas: list[tuple[float, str]] = [(math.inf, "")]
    if limits.per_day is not None:
        words = f"the provider allows {_number(limits.per_day)} a day"
        if limits.used_elsewhere:
            words += f", and {limits.used_elsewhere:,} were sent elsewhere"
        quotas.append((limits.per_day - limits.used_elsewhere, words))
    # Each day of the warm-up begins with the hour of the first message, as a daily send may start some minutes earlier.
    day = (hour - int(since // HOUR)) // DAY
    if day < len(limits.warm_up):
        quotas.append((limits.warm_up[day], f"warm-up: {_number(limits.warm_up[day])} on day {day + 1}"))
    most, words = min(quotas)
    return most - sum(messages for past, messages in hours.items() if past >= hour - DAY), words


def _room_again(hours: Hours, limits: Limits, since: float, hour: int) -> float:
    """Return when the quota has room again.

    Messages sent elsewhere may drop out of the quota at any time, so with those the answer is the next hour.
    """
    expired = {past + DAY + 1 for past in hours}
    begun = {int(since // HOUR) + DAY * day for day in range(1, len(limits.warm_up) + 1)}
    soon = [hour + 1] if limits.used_elsewhere else []
    later = (at for at in sorted(expired | begun) if at > hour and _left(hours, limits, since, at)[0] > 0)
    return float(HOUR * min([*soon, next(later, hour + 1)]))


def days_for(recipients: int, state: RateLimitState, hours: Hours, limits: Limits, now: float) -> int:
    """Return the number of days, from 1, on which messages to these recipients go out; days without room don't count.

    It assumes that each later day has its whole quota.
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


def left_of_warm_up(warm_up: tuple[int, ...], state: RateLimitState, now: float) -> tuple[int, ...]:
    """Return the daily quotas that remain of the provider's warm-up, from today on."""
    day = (int(now // HOUR) - int(min(state.since, now) // HOUR)) // DAY
    return warm_up[day:]


def _number(messages: float) -> str:
    return f"{messages:,.10g} message{'' if messages == 1 else 's'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingSettings:
    """The sending settings of newsletter.toml: rate limits, quiet hours, and how late a send may start.

    ``uncertain`` is the policy for messages that may or may not have arrived.
    """

    per_second: float | None = None
    per_day: int | None = None
    warm_up: tuple[int, ...] = ()
    quiet: QuietHours | None = None
    deadline: timedelta = timedelta(hours=6)
    uncertain: Uncertainty = Uncertainty.HOLD
