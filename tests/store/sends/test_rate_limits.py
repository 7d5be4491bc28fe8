"""A provider's rate, shared by all processes, in both databases."""

import subprocess
import sys
from itertools import pairwise

from newsletter.domain.rate_limits import FIRST_SLOWED_RATE, HOUR, RESERVED_AHEAD, Grant, Limits
from newsletter.store import Store, open_store

NOW = 1_795_393_800.0  # 2026-11-23 00:30 UTC


def test_processes_share_a_providers_rate(store: Store, database_url: str) -> None:
    command = [sys.executable, "-m", "tests.store.sends.reserving", database_url, "500", "75"]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    lines = [line.split() for process in processes for line in process.communicate(timeout=60)[0].splitlines()]
    assert [process.returncode for process in processes] == [0, 0]
    grants = sorted((float(at), int(messages)) for at, messages in lines)
    assert sum(messages for _, messages in grants) == 150
    assert all(messages / 500 <= later - at + 1e-5 for (at, messages), (later, _) in pairwise(grants))
    assert store.rate_limits.used("smtp", grants[-1][0]) == 150


def test_a_new_process_continues_the_rate_of_the_last_one(store: Store, database_url: str) -> None:
    limits = Limits(per_second=2.0)
    assert store.rate_limits.reserve("ses", limits, 100, NOW) == Grant(
        messages=2, at=NOW, reason="at most 2 messages a second"
    )
    store.close()
    with open_store(database_url) as again:
        assert again.rate_limits.reserve("ses", limits, 1, NOW) == Grant(
            messages=0, at=NOW + 1 - RESERVED_AHEAD, reason="at most 2 messages a second"
        )
        assert again.rate_limits.reserve("ses", limits, 1, NOW + 1 - RESERVED_AHEAD).at == NOW + 1
        assert again.rate_limits.reserve("smtp", limits, 1, NOW).at == NOW


def test_a_days_messages_are_counted_by_hour_and_expire(store: Store) -> None:
    limits = Limits(per_day=100)
    assert store.rate_limits.used("ses", NOW) == 0
    for hour in range(3):
        assert store.rate_limits.reserve("ses", limits, 40, NOW + hour * HOUR).messages == (40, 40, 20)[hour]
    assert store.rate_limits.used("ses", NOW + 2 * HOUR) == 100
    assert store.rate_limits.used("smtp", NOW + 2 * HOUR) == 0
    full = store.rate_limits.reserve("ses", limits, 40, NOW + 2 * HOUR)
    assert (full.messages, full.at) == (0, NOW + 24.5 * HOUR)
    assert store.rate_limits.reserve("ses", limits, 90, full.at).messages == 40
    assert store.rate_limits.used("ses", full.at) == 100


def test_returned_messages_can_be_reserved_again(store: Store) -> None:
    limits = Limits(per_day=100)
    store.rate_limits.reserve("ses", limits, 60, NOW)
    store.rate_limits.reserve("ses", limits, 40, NOW + HOUR)
    store.rate_limits.give_back("ses", 70, NOW + HOUR)
    assert store.rate_limits.used("ses", NOW + HOUR) == 30
    assert store.rate_limits.reserve("ses", limits, 100, NOW + HOUR).messages == 70
    store.rate_limits.give_back("smtp", 5, NOW)
    assert store.rate_limits.used("smtp", NOW) == 0


def test_a_throttling_provider_gets_a_lower_rate_until_it_recovers(store: Store) -> None:
    limits = Limits(per_second=40.0)
    store.rate_limits.throttled("ses", limits, NOW)
    store.rate_limits.throttled("ses", limits, NOW + 1)
    assert store.rate_limits.reserve("ses", limits, 100, NOW + 1) == Grant(
        messages=20, at=NOW + 1, reason="the provider is throttling"
    )
    assert store.rate_limits.reserve("ses", limits, 100, NOW + 60).messages == 40
    store.rate_limits.throttled("smtp", Limits(), NOW)
    assert store.rate_limits.reserve("smtp", Limits(), 100, NOW).messages == FIRST_SLOWED_RATE
    assert store.rate_limits.reserve("outbox", Limits(), 100, NOW) == Grant(messages=100, at=NOW)


def test_a_wrong_clock_has_no_lasting_effect(store: Store) -> None:
    limits = Limits(per_second=10.0, per_day=100, warm_up=(50,))
    store.rate_limits.reserve("ses", limits, 10, NOW + 3 * HOUR)
    store.rate_limits.throttled("ses", limits, NOW + 3 * HOUR)
    waits = store.rate_limits.reserve("ses", limits, 10, NOW)
    assert (waits.messages, waits.at) == (0, NOW + 1)
    assert store.rate_limits.reserve("ses", limits, 10, NOW + 1).messages == 5
    assert store.rate_limits.used("ses", NOW + 1) == 15
    assert store.rate_limits.reserve("ses", limits, 100, NOW + 24 * HOUR).messages == 10
    assert store.rate_limits.used("ses", NOW + 25 * HOUR) == 10
