"""Whatever a provider does, a send ends, and frozen = submitted + refused + skipped + held."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter import sending
from newsletter.domain.delivery import DeliveryStatus, Receipt, Uncertainty
from newsletter.domain.rate_limits import Limits, SendingSettings
from newsletter.domain.segment import EVERYONE
from newsletter.domain.send import Send
from newsletter.errors import ProviderError
from newsletter.message.mime import Letter
from newsletter.sending import Observer, SendContext
from newsletter.sending.stop_signals import StopRequests
from newsletter.store import Store, open_store
from tests import make
from tests.rows import fetch
from tests.sending.faults import ISSUE, addresses, fill, folder_in_memory

S = DeliveryStatus
READERS = 8


class Mood(StrEnum):
    """A provider's reaction to a message. ``LATER`` and ``BROKEN`` are raised before it is accepted."""

    SUBMITTED = "submitted"
    REFUSED = "refused"
    GONE = "gone"
    DEFERRED = "deferred"
    THROTTLED = "throttled"
    UNCERTAIN = "uncertain"
    LATER = "later"
    BROKEN = "broken"
    SILENT = "silent"
    CRASH = "crash"


M = Mood
UNKNOWN = {M.UNCERTAIN, M.SILENT, M.CRASH}


class CrashError(Exception):
    """A fault of the program that ends the run without a message."""


@dataclass
class Moody:
    """A provider with a mood for each message, by address and attempt; afterwards it accepts everything."""

    moods: Mapping[str, list[Mood]]
    batch_size: int
    concurrency: int
    deduplicates: bool = False
    reports_within: int = 0
    had: dict[str, list[Mood]] = field(default_factory=lambda: defaultdict(list))

    def check_sender(self, sender: str) -> Limits | None:
        return None

    def submit(self, letters: Sequence[Letter]) -> Iterable[Receipt]:
        for letter in letters:
            letter.message()
            address, reader = letter.recipient.address, letter.recipient.subscriber
            left = self.moods.get(address)
            mood = left.pop(0) if left else M.SUBMITTED
            if mood is M.LATER:
                raise ProviderError("the quota is used up", again=900)
            if mood is M.BROKEN:
                raise ProviderError("the sender is not verified")
            self.had[address].append(mood)
            if mood is M.CRASH:
                raise CrashError
            if mood is M.GONE:
                yield Receipt(subscriber=reader, status=S.REFUSED, detail="550 5.1.1 (to RCPT TO)", gone=True)
            elif mood is M.THROTTLED:
                yield Receipt(subscriber=reader, status=S.DEFERRED, throttled=True)
            elif mood is not M.SILENT:
                yield Receipt(subscriber=reader, status=S(mood.value))
            elif letter is not letters[-1]:  # messages without a receipt before a refusal weren't handed over
                yield Receipt(subscriber=reader, status=S.UNCERTAIN)

    def close(self) -> None: ...


@dataclass
class Waiting:
    """A clock that advances only when code waits."""

    now: datetime = make.WHEN

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=max(seconds, 0.001))


def until_it_ends(store: Store, by: SendContext, clock: Waiting, leavers: Iterator[str]) -> Send:
    """Resume the send until it ends; after each run a reader leaves."""
    observer = Observer(clock=lambda: clock.now)
    compiled, tailor = make.compiled(), make.tailor()
    with suppress(ProviderError, CrashError):
        sending.start(
            store,
            by,
            sending.FreezeRequest(
                compiled=compiled,
                tailor=tailor,
                segments=[EVERYONE],
                now=clock.now,
            ),
            observer=observer,
        ).result()
    for _ in range(READERS * 8 * 2):
        send = store.sends.get(1)
        if send.status.ended:
            return send
        for address in leavers:
            store.subscribers.remove(address)
            break
        clock.now = send.waits_until or clock.now
        with suppress(ProviderError, CrashError):
            sending.resume(store, by, issue=ISSUE, observer=observer).result()
    raise AssertionError(f"it does not end: {store.sends.get(1)}")


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    """Return a database with the readers, in memory beside its copies."""
    with folder_in_memory() as folder:
        path = folder / "template.db"
        with open_store(f"sqlite:///{path}") as store:
            fill(store, READERS)
        yield path


@pytest.fixture(scope="module")
def clock() -> Iterator[Waiting]:
    """Return a clock, so that no code really waits."""
    clock = Waiting()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(StopRequests, "wait", lambda _, seconds: clock.wait(seconds))
        patched.setattr("newsletter.sending.dispatch.BREATH", 0.0)
        yield clock


@settings(max_examples=30)
@given(
    moods=st.dictionaries(st.sampled_from(addresses(READERS)), st.lists(st.sampled_from(Mood), max_size=8)),
    leavers=st.lists(st.sampled_from(addresses(READERS)), max_size=3),
    batch_size=st.integers(1, 4),
    concurrency=st.integers(1, 3),
    policy=st.sampled_from(Uncertainty),
)
@example(moods={"r1@example.com": [M.DEFERRED] * 6}, leavers=[], batch_size=1, concurrency=1, policy=Uncertainty.HOLD)
@example(moods={"r1@example.com": [M.SILENT] * 6}, leavers=[], batch_size=1, concurrency=1, policy=Uncertainty.RESEND)
@example(  # the first leaves while it is unknown whether they have it
    moods={"r1@example.com": [M.UNCERTAIN], "r2@example.com": [M.BROKEN]},
    leavers=["r1@example.com"],
    batch_size=1,
    concurrency=1,
    policy=Uncertainty.RESEND,
)
def test_a_send_ends_with_consistent_counts_whatever_the_provider_does(
    template: Path,
    clock: Waiting,
    moods: Mapping[str, list[Mood]],
    leavers: list[str],
    batch_size: int,
    concurrency: int,
    policy: Uncertainty,
) -> None:
    path = template.with_name("newsletter.db")
    path.write_bytes(template.read_bytes())
    moods = {address: list(some) for address, some in moods.items()}
    provider = Moody(moods=moods, batch_size=batch_size, concurrency=concurrency)
    by = replace(make.send_context(provider), sending=SendingSettings(uncertain=policy))
    try:
        with open_store(f"sqlite:///{path}?timeout=5") as store:
            send = until_it_ends(store, by, clock, iter(leavers))
            query = "SELECT status, attempt FROM delivery ORDER BY subscriber"
            rows = [(S(status), attempt) for status, attempt in fetch(store, query)]
            assert store.leases.holder(1) == ""
    finally:
        for leftover in template.parent.glob("newsletter.db*"):
            leftover.unlink()
    assert sum(send.counts.values()) == send.recipients == len(rows) == READERS
    assert set(send.counts) <= {S.SUBMITTED, S.REFUSED, S.SKIPPED, S.UNCERTAIN}
    for address, (status, attempt) in zip(addresses(READERS), rows, strict=True):
        had = provider.had[address]
        assert attempt >= len(had)  # recorded before each
        assert not {M.REFUSED, M.GONE} & set(had[:-1])
        assert status is not S.SUBMITTED or had[-1] is M.SUBMITTED  # none is lost
        assert status is S.SUBMITTED or M.SUBMITTED not in had  # none is forgotten
        assert M.SUBMITTED not in had[:-1]  # none is doubled
        if policy is Uncertainty.HOLD:
            assert not UNKNOWN & set(had[:-1])
        else:
            assert sum(mood in UNKNOWN for mood in had) <= 3
