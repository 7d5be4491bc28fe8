"""Sends that wait: for the rate limit, the daily quota, quiet hours, a local time, or an overloaded provider."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsletter import sending
from newsletter.domain.delivery import DeliveryStatus, Receipt, Uncertainty
from newsletter.domain.local_times import LocalTime, moments_by_zone
from newsletter.domain.quiet_hours import parse_quiet_hours
from newsletter.domain.rate_limits import Limits, SendingSettings
from newsletter.domain.segment import EVERYONE
from newsletter.domain.send import Send, SendStatus
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import ProviderError, SendError
from newsletter.message.mime import Letter
from newsletter.sending import Observer, SendContext
from newsletter.store import Store
from tests import make
from tests.sending.freeze_requests import to_everyone

S = DeliveryStatus
ISSUE = "2026-11-23"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOME = ZoneInfo("UTC")


@dataclass
class Scripted:
    """A provider that records what it accepted, and answers as a test tells it."""

    limits: Limits | None = None
    says: dict[str, list[Receipt | ProviderError]] = field(default_factory=dict)
    batch_size: int = 5
    concurrency: int = 1
    deduplicates: bool = False
    reports_within: int = 0
    accepted: list[str] = field(default_factory=list)

    def check_sender(self, sender: str) -> Limits | None:
        return self.limits

    def submit(self, letters: Sequence[Letter]) -> Iterable[Receipt]:
        for letter in letters:
            letter.message()
            to = letter.recipient
            answers = self.says.get(to.address, [])
            answer = answers.pop(0) if answers else Receipt(subscriber=to.subscriber, status=S.SUBMITTED)
            if isinstance(answer, ProviderError):
                raise answer
            if answer.status is S.SUBMITTED:
                self.accepted.append(to.address)
            yield Receipt(
                subscriber=to.subscriber, status=answer.status, detail=answer.detail, throttled=answer.throttled
            )

    def close(self) -> None: ...


@dataclass
class Hours:
    """A clock that a test can set."""

    now: datetime = NOON

    def later(self, **some: float) -> None:
        self.now += timedelta(**some)


@pytest.fixture
def clock() -> Hours:
    return Hours()


def send_context(provider: Scripted, zone: ZoneInfo = HOME, **pace: object) -> SendContext:
    """Return everything a send needs; ``pace`` has the fields of its settings."""
    return make.send_context(provider, "scripted", sending=SendingSettings(**pace), zone=zone)  # type: ignore[arg-type]


def fill(store: Store, number: int, **fields: object) -> None:
    store.subscribers.merge(
        [[Subscriber(address=f"r{at}@example.com", **fields) for at in range(1, number + 1)]],  # type: ignore[arg-type]
        now=make.WHEN,
    )


def begin(store: Store, context: SendContext, clock: Hours, local: LocalTime | None = None) -> Send:
    return sending.start(
        store, context, to_everyone(clock.now, local=local), observer=Observer(clock=lambda: clock.now)
    ).result()


def resume(store: Store, context: SendContext, clock: Hours) -> Send:
    return sending.resume(store, context, issue=ISSUE, observer=Observer(clock=lambda: clock.now)).result()


def test_a_send_over_the_daily_limit_continues_the_next_day(store: Store, clock: Hours) -> None:
    fill(store, 25)
    provider = Scripted()
    context = send_context(provider, per_day=10)
    waiting = begin(store, context, clock)
    assert waiting.status is SendStatus.RUNNING
    assert waiting.reason == "the provider allows 10 messages a day"
    assert len(provider.accepted) == 10
    for expected in (20, 25):
        assert waiting.waits_until is not None
        assert waiting.waits_until - clock.now <= timedelta(hours=25)
        clock.now = waiting.waits_until
        waiting = resume(store, context, clock)
        assert len(provider.accepted) == expected
    assert (waiting.status, waiting.counts) == (SendStatus.FINISHED, {S.SUBMITTED: 25})


def test_the_providers_quota_includes_messages_sent_elsewhere(store: Store, clock: Hours) -> None:
    fill(store, 25)
    provider = Scripted(limits=Limits(per_day=20, used_elsewhere=12))
    context = send_context(provider)
    assert begin(store, context, clock).waits_until is not None
    assert len(provider.accepted) == 8


def test_a_warm_up_begins_with_the_newest_readers(store: Store, clock: Hours) -> None:
    readers = [Subscriber(address=f"r{at}@example.com", created=NOON - timedelta(days=100 - at)) for at in range(1, 21)]
    store.subscribers.merge([readers], now=make.WHEN)
    provider = Scripted()
    context = send_context(provider, warm_up=(3, 6))
    begin(store, context, clock)
    assert sorted(provider.accepted) == ["r18@example.com", "r19@example.com", "r20@example.com"]
    clock.later(days=1, hours=1)  # an hour's messages count until a day after the hour has ended
    resume(store, context, clock)
    assert len(provider.accepted) == 9
    assert "r12@example.com" in provider.accepted
    clock.later(days=1)
    assert resume(store, context, clock).status is SendStatus.FINISHED


def test_no_message_is_sent_in_quiet_hours(store: Store, clock: Hours) -> None:
    fill(store, 5)
    provider = Scripted()
    clock.now = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
    context = send_context(provider, ZoneInfo("Europe/London"), quiet=parse_quiet_hours("22:00-06:00"))
    waiting = begin(store, context, clock)
    assert (waiting.reason, provider.accepted) == ("quiet hours, 22:00-06:00", [])
    assert waiting.waits_until == datetime(2026, 11, 24, 6, tzinfo=UTC)
    clock.now = waiting.waits_until
    assert resume(store, context, clock).counts == {S.SUBMITTED: 5}


def test_each_reader_is_mailed_by_local_time(store: Store, clock: Hours) -> None:
    zones = {"Asia/Tokyo": "tokyo", "Europe/Berlin": "berlin", "": "home"}
    store.subscribers.merge(
        [[Subscriber(address=f"{name}@example.com", time_zone=zone) for zone, name in zones.items()]], now=make.WHEN
    )
    local = moments_by_zone(
        date(2026, 11, 23),
        time(7),
        store.sends.count_by_zone([EVERYONE], now=make.WHEN),
        home=ZoneInfo("America/New_York"),
    )
    clock.now = local.first
    provider = Scripted()
    context = send_context(provider)
    waiting = begin(store, context, clock, local)
    assert provider.accepted == ["tokyo@example.com"]
    for name, hour in (("berlin", 6), ("home", 12)):
        clock.now = datetime(2026, 11, 23, hour, tzinfo=UTC)
        assert waiting.waits_until == clock.now
        waiting = resume(store, context, clock)
        assert provider.accepted[-1] == f"{name}@example.com"
    assert waiting.status is SendStatus.FINISHED


def test_a_throttling_provider_gets_half_the_rate_and_is_retried(store: Store) -> None:
    fill(store, 20)
    busy = Receipt(subscriber=0, status=S.DEFERRED, detail="slow down", throttled=True)
    provider = Scripted(says={"r1@example.com": [busy]})
    looks = [NOON]

    def a_second_later() -> datetime:
        looks.append(looks[-1] + timedelta(seconds=1))
        return looks[-1]

    context = send_context(provider, per_second=1000.0)
    send = sending.start(store, context, to_everyone(NOON), observer=Observer(clock=a_second_later)).result()
    assert (send.status, send.counts) == (SendStatus.FINISHED, {S.SUBMITTED: 20})
    assert provider.accepted[-1] == "r1@example.com"
    assert store.rate_limits.slowed("scripted", looks[-1].timestamp())


def test_a_temporary_provider_error_defers_the_send_and_a_permanent_one_pauses_it(store: Store, clock: Hours) -> None:
    fill(store, 6)
    later, broken = ProviderError("the quota is used up", again=900), ProviderError("the sender is not verified")
    provider = Scripted(says={"r3@example.com": [later], "r5@example.com": [broken]})
    context = send_context(provider)
    waiting = begin(store, context, clock)
    assert (waiting.waits_until, waiting.reason) == (clock.now + timedelta(seconds=900), "the quota is used up")
    clock.later(seconds=900)
    with pytest.raises(ProviderError, match="not verified"):
        resume(store, context, clock)
    paused = store.sends.get(1)
    assert (paused.status, paused.reason) == (SendStatus.PAUSED, "the sender is not verified")
    assert resume(store, context, clock).counts == {S.SUBMITTED: 6}
    assert len(provider.accepted) == len(set(provider.accepted)) == 6


def test_a_reader_deferred_six_times_is_refused(store: Store, clock: Hours) -> None:
    fill(store, 2)
    busy = Receipt(subscriber=0, status=S.DEFERRED, detail="451 4.7.1 greylisted (to RCPT TO)")
    provider = Scripted(says={"r1@example.com": [busy] * 6})
    waits = []
    context = send_context(provider)
    send = begin(store, context, clock)
    while send.waits_until is not None:
        waits.append((send.waits_until - clock.now).total_seconds())
        clock.now = send.waits_until
        send = resume(store, context, clock)
    assert [round(wait / 60) for wait in waits] == [1, 5, 15, 60, 180]
    assert (send.status, send.counts) == (SendStatus.FAILURES, {S.SUBMITTED: 1, S.REFUSED: 1})
    ((_, _, detail),) = store.deliveries.stream(send.id, S.REFUSED)
    assert detail.startswith("given up after 6 attempts: 451 4.7.1")


def test_uncertain_messages_are_resent_at_most_three_times_if_enabled(store: Store, clock: Hours) -> None:
    fill(store, 3)
    lost = Receipt(subscriber=0, status=S.UNCERTAIN, detail="connection lost")
    provider = Scripted(says={"r1@example.com": [lost], "r2@example.com": [lost] * 9}, reports_within=600)
    context = send_context(provider, uncertain=Uncertainty.RESEND)
    send = begin(store, context, clock)
    for _ in range(2):
        assert send.waits_until == clock.now + timedelta(minutes=10)  # the provider's own reports come first
        clock.later(minutes=10)
        send = resume(store, context, clock)
    assert (send.status, send.counts) == (SendStatus.FAILURES, {S.SUBMITTED: 2, S.UNCERTAIN: 1})


def test_waiting_for_a_send_resumes_it_when_it_is_due(store: Store) -> None:
    fill(store, 2)
    busy = Receipt(subscriber=0, status=S.DEFERRED, detail="451 later")
    provider = Scripted(says={"r1@example.com": [busy]})
    passing = iter(datetime.now(UTC) + timedelta(minutes=minutes) for minutes in range(10_000))
    observer = Observer(clock=lambda: next(passing))  # a minute passes with every look at the clock
    context = send_context(provider)
    send = sending.start(store, context, to_everyone(NOON), observer=observer).result()
    if send.status is SendStatus.RUNNING:
        send = sending.wait_until_ended(store, context, send, observer=observer).result()
    assert (send.status, send.counts) == (SendStatus.FINISHED, {S.SUBMITTED: 2})


def test_a_send_cancelled_meanwhile_is_not_resumed(store: Store, clock: Hours) -> None:
    fill(store, 25)
    context = send_context(Scripted(), per_day=10)
    begin(store, context, clock)
    store.controls.cancel(1)
    with pytest.raises(SendError, match="was cancelled after 10 of 25 readers"):
        resume(store, context, clock)
    assert store.sends.get(1).counts == {S.SUBMITTED: 10, S.SKIPPED: 15}
