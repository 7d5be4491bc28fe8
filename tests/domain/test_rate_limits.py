"""The rate at which a provider gets messages: rules for all limits and all sequences of requests."""

import math
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.domain.rate_limits import (
    FIRST_SLOWED_RATE,
    HOUR,
    RESERVED_AHEAD,
    Grant,
    Limits,
    RateLimitState,
    last_day,
    reserve,
    slowed_down,
    unused_state,
    with_handed_over,
    without_returned,
)

START = 1_795_393_800.0  # 2026-11-23 00:30 UTC
A_DAY = 24 * HOUR
ROUNDING = 1e-5  # seconds: a double has 15 digits, 10 of them before the point in Unix time

rates = st.sampled_from([0.02, 0.5, 1.0, 1.5, 14.0, 100.0, 5000.0])
asking = st.lists(st.tuples(st.floats(0, 3), st.integers(1, 200)), min_size=1, max_size=40)
rarely = st.lists(st.tuples(st.floats(0, 30 * HOUR), st.integers(1, 200)), min_size=1, max_size=40)
plans = st.lists(st.integers(1, 300), max_size=4).map(tuple)


@dataclass
class Desk:
    """A caller that requests messages as a store does, and records its grants."""

    limits: Limits
    state: RateLimitState = field(default_factory=lambda: unused_state(START))
    hours: dict[int, int] = field(default_factory=dict)
    grants: list[Grant] = field(default_factory=list)

    def ask(self, wanted: int, now: float) -> Grant:
        self.state, grant = reserve(self.state, last_day(self.hours, now), self.limits, wanted, now)
        self.hours = with_handed_over(self.hours, grant.messages, now)
        if grant.messages:
            self.grants.append(grant)
        return grant

    def ask_until_granted(self, wanted: int, now: float) -> Grant:
        """Return when told to, which must be enough once, and return the grant."""
        grant = self.ask(wanted, now)
        return grant if grant.messages else self.ask(wanted, grant.at)

    def take(self, messages: int, now: float) -> Grant:
        """Wait until this number of messages is granted, and return the last grant."""
        while messages:
            grant = self.ask_until_granted(messages, now)
            messages, now = messages - grant.messages, grant.at
        return self.grants[-1]


def reasons(grant: Grant) -> tuple[int, float, str]:
    return grant.messages, grant.at - START, grant.reason


# The rate ------------------------------------------------------------------------------------------------------------


@given(rates, asking)
def test_no_period_has_more_messages_than_its_rate_and_one_batch(rate: float, asks: list[tuple[float, int]]) -> None:
    desk, now = Desk(Limits(per_second=rate)), START
    for passes, wanted in asks:
        now += passes
        grant = desk.ask(wanted, now)
        assert grant.messages <= min(wanted, max(1, rate))
        assert now <= grant.at
        assert not grant.messages or grant.at <= now + RESERVED_AHEAD
    for first, grant in enumerate(desk.grants):
        sofar = 0
        for later in desk.grants[first:]:
            assert sofar <= rate * (later.at - grant.at + ROUNDING)
            sofar += later.messages


@given(rates, st.integers(1, 200))
def test_returning_when_told_uses_the_whole_rate(rate: float, wanted: int) -> None:
    desk, now, total = Desk(Limits(per_second=rate)), START, 0
    for _ in range(20):
        total += desk.ask_until_granted(wanted, now).messages
        now = desk.grants[-1].at
    assert now - START == pytest.approx((total - desk.grants[-1].messages) / rate, abs=ROUNDING)


@given(rates, asking)
def test_granted_times_never_decrease(rate: float, asks: list[tuple[float, int]]) -> None:
    desk, now = Desk(Limits(per_second=rate)), START
    for passes, wanted in asks:
        now += passes
        before = desk.state
        desk.ask(wanted, now)
        assert desk.state.free_at >= before.free_at
    assert all(grant.at <= next_grant.at for grant, next_grant in pairwise(desk.grants))


def test_without_a_limit_every_message_is_granted_at_once() -> None:
    assert Desk(Limits()).ask(1000, START) == Grant(messages=1000, at=START)


def test_a_reason_states_the_rate() -> None:
    desk = Desk(Limits(per_second=14.0))
    assert reasons(desk.ask(10, START)) == (10, 0, "")
    second = desk.ask(14, START + 0.5)
    assert (second.messages, second.reason) == (14, "at most 14 messages a second")
    assert second.at == pytest.approx(START + 10 / 14)
    assert desk.ask(14, START + 0.5).messages == 0
    assert desk.ask(100, START + 60).reason == "at most 14 messages a second"
    assert Desk(Limits(per_second=1)).ask(2, START).reason == "at most 1 message a second"


@given(rates, asking, st.floats(0, 1e9), st.integers(1, 200))
@example(rate=14.0, asks=[(0.0, 14)], back=3.0 * HOUR, wanted=14)
def test_setting_the_clock_back_delays_no_messages(
    rate: float, asks: list[tuple[float, int]], back: float, wanted: int
) -> None:
    desk, now = Desk(Limits(per_second=rate)), START
    for passes, wanted_before in asks:
        now += passes
        desk.ask(wanted_before, now)
    now -= back
    assert desk.ask_until_granted(wanted, now).at <= now + RESERVED_AHEAD + max(1, 1 / rate)
    assert desk.state.since <= now


@given(rates, st.floats(1, 1e9))
def test_setting_the_clock_forward_grants_only_one_batch(rate: float, forward: float) -> None:
    desk = Desk(Limits(per_second=rate))
    desk.ask(1000, START)
    now = START + 1 / rate + forward
    grants = [desk.ask(10_000, now) for _ in range(10)]
    assert sum(grant.messages for grant in grants if grant.at == now) == max(1, int(rate))


# The day -------------------------------------------------------------------------------------------------------------


@given(st.integers(1, 500), plans, rarely)
def test_no_24_hours_have_more_than_a_days_messages(
    per_day: int, warm_up: tuple[int, ...], asks: list[tuple[float, int]]
) -> None:
    desk, now = Desk(Limits(per_day=per_day, warm_up=warm_up)), START
    for passes, wanted in asks:
        now += passes
        if desk.ask(wanted, now).messages:
            lately = sum(grant.messages for grant in desk.grants if grant.at > now - A_DAY)
            day = int((now // HOUR - START // HOUR) // 24)
            assert lately <= min(per_day, *warm_up[day : day + 1], per_day)


@given(st.integers(1, 500), plans, rarely)
def test_returning_when_told_gets_a_grant(
    per_day: int, warm_up: tuple[int, ...], asks: list[tuple[float, int]]
) -> None:
    desk, now = Desk(Limits(per_day=per_day, warm_up=warm_up, per_second=14.0)), START
    for passes, wanted in asks:
        now += passes
        grant = desk.ask_until_granted(wanted, now)
        assert grant.messages
        assert grant.at <= now + 25 * HOUR
        now = grant.at


@given(st.integers(1, 500), rarely, st.floats(0, 100 * HOUR), st.integers(1, 200))
def test_messages_in_future_hours_delay_nothing_for_more_than_a_day(
    per_day: int, asks: list[tuple[float, int]], back: float, wanted: int
) -> None:
    desk, now = Desk(Limits(per_day=per_day)), START
    for passes, wanted_before in asks:
        now += passes
        desk.ask(wanted_before, now)
    now -= back
    assert desk.ask_until_granted(wanted, now).at <= now + 25 * HOUR


def test_a_used_up_day_ends_when_its_oldest_hour_expires() -> None:
    desk = Desk(Limits(per_day=50_000))
    assert desk.ask(30_000, START).reason == ""
    assert desk.ask(30_000, START + HOUR).messages == 20_000
    words = "the provider allows 50,000 messages a day"
    assert reasons(desk.ask(10, START + 2 * HOUR)) == (0, 24.5 * HOUR, words)
    assert reasons(desk.ask(40_000, START + 24.5 * HOUR)) == (30_000, 24.5 * HOUR, words)
    assert reasons(desk.ask(10, START + 24.5 * HOUR)) == (0, 25.5 * HOUR, words)


def test_messages_sent_elsewhere_count_and_are_queried_each_hour() -> None:
    desk = Desk(Limits(per_day=200, used_elsewhere=150))
    words = "the provider allows 200 messages a day, and 150 were sent elsewhere"
    assert reasons(desk.ask(100, START)) == (50, 0, words)
    assert reasons(desk.ask(50, START)) == (0, HOUR / 2, words)
    desk.limits = replace(desk.limits, used_elsewhere=1000)
    assert desk.ask(50, START + HOUR).messages == 0
    desk.limits = replace(desk.limits, used_elsewhere=0)
    assert desk.ask(500, START + HOUR).messages == 150


def test_a_warm_up_advances_by_day_and_ends() -> None:
    desk = Desk(Limits(per_day=3000, warm_up=(500, 1000, 5000)))
    assert desk.ask(9000, START + 60).messages == 500
    assert reasons(desk.ask(9000, START + 60)) == (0, 23.5 * HOUR, "warm-up: 500 messages on day 1")
    # The second day begins with the hour, some minutes earlier than the first message went.
    assert desk.ask(9000, START + 23.5 * HOUR).messages == 500
    assert reasons(desk.ask(9000, START + 23.5 * HOUR)) == (0, 24.5 * HOUR, "warm-up: 1,000 messages on day 2")
    assert desk.ask(9000, START + 24.5 * HOUR).messages == 500
    third = desk.ask(9000, START + 47.5 * HOUR)
    assert (third.messages, third.reason) == (2000, "the provider allows 3,000 messages a day")
    assert desk.take(6000, START + 72 * HOUR).at < START + 122 * HOUR


@given(rarely, st.lists(st.integers(0, 500), max_size=5))
def test_returned_messages_no_longer_count(asks: list[tuple[float, int]], back: list[int]) -> None:
    hours: dict[int, int] = {}
    now = START
    for passes, messages in asks:
        now += passes
        hours = with_handed_over(hours, messages, now)
    for messages in back:
        before = sum(hours.values())
        hours = without_returned(hours, messages, now)
        assert sum(hours.values()) == max(0, before - messages)
        assert all(left >= 0 for left in hours.values())


# A slower pace -------------------------------------------------------------------------------------------------------


def rate_at(state: RateLimitState, limits: Limits, now: float) -> float:
    """Return the messages per second shown by two consecutive reservations."""
    first, _ = reserve(state, {}, limits, 1, now + 1000)
    second, _ = reserve(replace(state, free_at=now), {}, limits, 1, now)
    assert first.free_at >= now
    return math.inf if second.free_at == now else 1 / (second.free_at - now)


def test_throttled_messages_in_flight_slow_the_rate_only_once() -> None:
    limits = Limits(per_second=16.0)
    state = slowed_down(unused_state(START), limits, START)
    assert rate_at(state, limits, START) == pytest.approx(8, rel=1e-4)
    assert slowed_down(state, limits, START + 4) == state
    assert rate_at(slowed_down(state, limits, START + 5), limits, START + 5) == pytest.approx(
        4 * 2 ** (5 / 60), rel=1e-4
    )
    assert Desk(limits, state=state).ask(100, START).reason == "the provider is throttling"


@given(rates, st.lists(st.floats(0, 100), max_size=60))
def test_a_slowed_rate_is_at_least_a_64th_and_recovers_by_itself(rate: float, throttled: list[float]) -> None:
    limits = Limits(per_second=rate)
    state, now = unused_state(START), START
    for passes in throttled:
        now += passes
        state = slowed_down(state, limits, now)
        assert rate / 64 * 0.999 <= rate_at(state, limits, now) <= rate * 1.001
    assert rate_at(state, limits, now + 6 * 60) == pytest.approx(rate, rel=1e-2)
    assert Desk(limits, state=state).ask(1, now + 6 * 60 + 1).reason == ""


def test_setting_the_clock_back_does_not_keep_the_rate_slow() -> None:
    limits = Limits(per_second=16.0)
    desk = Desk(limits, state=slowed_down(unused_state(START), limits, START))
    desk.ask(1, START - 3 * HOUR)
    assert rate_at(desk.state, limits, START - 3 * HOUR + 60) == pytest.approx(16, rel=1e-4)


def test_the_first_throttled_answer_sets_an_unknown_rate_and_it_grows_from_there() -> None:
    limits = Limits()
    state = slowed_down(unused_state(START), limits, START)
    assert rate_at(state, limits, START) == pytest.approx(FIRST_SLOWED_RATE, rel=1e-4)
    assert rate_at(state, limits, START + 5 * 60) == pytest.approx(32 * FIRST_SLOWED_RATE, rel=1e-2)
    state = slowed_down(state, limits, START + 5 * 60)
    assert rate_at(state, limits, START + 5 * 60) == pytest.approx(16 * FIRST_SLOWED_RATE, rel=1e-2)
    assert rate_at(state, limits, START + 2 * HOUR) == math.inf
    assert slowed_down(state, limits, START + 2 * HOUR).slowed == FIRST_SLOWED_RATE
