"""A provider for fault tests that records what it accepted, and the conditions that hold for every send."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from newsletter import sending
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.rate_limits import Limits
from newsletter.domain.send import Send
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import HeldError, NewsletterError
from newsletter.message.mime import Letter
from newsletter.sending import Observer
from newsletter.store import Store
from tests import make
from tests.sending.freeze_requests import to_everyone

S = DeliveryStatus
ISSUE = "2026-11-23"


@dataclass
class Accepting:
    """Accepts every message that can be made, and keeps whose it was and what it was. ``before`` is called with each
    batch."""

    batch_size: int = 5
    concurrency: int = 1
    deduplicates: bool = False
    reports_within: int = 0
    accepted: list[tuple[str, bytes]] = field(default_factory=list)
    before: Callable[[], object] = lambda: None
    called: int = 0

    def check_sender(self, sender: str) -> Limits | None:
        return None

    def submit(self, letters: Sequence[Letter]) -> Iterable[Receipt]:
        self.called += 1
        self.before()
        for letter in letters:
            to = letter.recipient
            try:
                message = letter.message()
            except ValueError as err:
                yield Receipt(subscriber=to.subscriber, status=S.REFUSED, detail=f"the message can't be built: {err}")
                continue
            self.accepted.append((to.address, message))
            yield Receipt(subscriber=to.subscriber, status=S.SUBMITTED, provider_id=f"<{len(self.accepted)}>")

    def close(self) -> None: ...

    @property
    def addresses(self) -> list[str]:
        return [address for address, _ in self.accepted]


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """Return a folder in memory if the system has one: writes there don't wait for a disk."""
    shared = Path("/dev/shm")
    with TemporaryDirectory(dir=shared if os.access(shared, os.W_OK) else None) as folder:
        yield Path(folder)


def fill(store: Store, number: int) -> list[str]:
    """Add this number of confirmed readers, and return their addresses."""
    store.subscribers.merge(
        [[Subscriber(address=address, first_name="Ada") for address in addresses(number)]], now=make.WHEN
    )
    return addresses(number)


def addresses(number: int) -> list[str]:
    """Return the addresses of this number of readers."""
    return [f"r{at}@example.com" for at in range(1, number + 1)]


def begin(store: Store, provider: Accepting, observer: Observer | None = None) -> Send:
    """Start the send."""
    return sending.start(store, make.send_context(provider), to_everyone(), observer=observer).result()


def begin_or_resume(store: Store, provider: Accepting, observer: Observer | None = None) -> Send:
    """Do what an operator does after an error: begin, or resume what was frozen."""
    frozen = store.sends.of_issue(ISSUE)
    if frozen is None or not frozen.digest:
        return begin(store, provider, observer)
    if frozen.status.ended:
        return frozen
    return sending.resume(store, make.send_context(provider), issue=ISSUE, observer=observer).result()


def at_last(store: Store, provider: Accepting) -> Send:
    """Resume the send until it has finished."""
    for _ in range(20):
        try:
            send = begin_or_resume(store, provider)
        except HeldError:
            raise
        except NewsletterError:
            continue
        if send.status.ended:
            return send
    raise AssertionError(f"the send does not end: {store.sends.of_issue(ISSUE)}")


def assert_nothing_lost_or_doubled(store: Store, send: Send, provider: Accepting, readers: Sequence[str]) -> None:
    """Assert that every reader got it once, or is held, refused or skipped, and that none got it twice."""
    times = Counter(provider.addresses)
    assert not [address for address, number in times.items() if number > 1]
    stands = {address: status for address, status, _ in store.deliveries.stream(send.id)}
    assert sorted(stands) == sorted(readers)
    assert {address for address, status in stands.items() if status is S.SUBMITTED} <= times.keys()
    lost = [address for address in readers if address not in times and stands[address] is S.SUBMITTED]
    assert not lost
    # Messages accepted without our knowledge are held.
    assert {stands[address] for address in times} <= {S.SUBMITTED, S.UNCERTAIN}
    assert sum(send.counts.values()) == len(readers)
    assert set(send.counts) <= {S.SUBMITTED, S.REFUSED, S.SKIPPED, S.UNCERTAIN}
    assert store.leases.holder(send.id) == ""
