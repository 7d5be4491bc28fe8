"""Several workers on many scheduled sends that are due at once, some of them killed, and the outcome."""

import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from newsletter import sending
from newsletter.domain.delivery import DeliveryStatus, Uncertainty
from newsletter.domain.segment import EVERYONE
from newsletter.domain.send import Send, SendStatus
from newsletter.sending import Observer, SendContext, SendOutcome, WorkerCallbacks, run_due_sends
from newsletter.store import Lease, Store, open_store
from newsletter.store.sends.leases import Leases
from tests import make
from tests.rows import database_of
from tests.sending.freeze_requests import to_everyone
from tests.sending.kills import Processes, Via, open_send_context
from tests.sending.receiving import PATIENCE, Receiver

S = DeliveryStatus
DEADLINE = 6 * 60 * 60
LEASE = 3.0  # seconds


def schedule(store: Store, sends: int, *, provider: str = "smtp") -> list[str]:
    """Make this number of sends, each of its own issue, that are due now, and return their issues."""
    issues = [str(date(2026, 11, 23) + timedelta(days=day)) for day in range(sends)]
    begins = datetime.now(UTC) - timedelta(seconds=1)
    for issue in issues:
        store.sends.schedule(
            issue=issue, provider=provider, segments=[EVERYONE], begins=begins, deadline=DEADLINE, now=make.WHEN
        )
    return issues


def hands(
    store: Store,
    by: SendContext,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    composing: Callable[[Send], object] = lambda _: None,
    failed: Callable[[Send, Exception], None] | None = None,
    paused: Callable[[Send], None] | None = None,
) -> WorkerCallbacks:
    """Return the callbacks of `newsletter worker`, with an issue that takes only the time of ``composing`` to compose.

    Unless ``failed`` or ``paused`` is given, a send that fails or is paused is an error.
    """
    observer = Observer(clock=clock, attended=False)

    def start(send: Send, lease: Lease) -> SendOutcome:
        composing(send)
        return sending.start_planned(
            store,
            by,
            to_everyone(clock(), issue=send.issue),
            lease,
            scheduled=send,
            observer=observer,
        )

    def resume(_send: Send, lease: Lease) -> SendOutcome:
        return sending.resume_running(store, by, lease, observer=observer)

    return WorkerCallbacks(
        start=start, resume=resume, failed=failed or _must_not_fail, paused=paused or _must_not_pause
    )


def _must_not_fail(send: Send, why: Exception) -> None:
    raise AssertionError(f"{send.issue}: {why}") from why


def _must_not_pause(send: Send) -> None:
    raise AssertionError(f"{send.issue}: {send.reason}")


def work(url: str, via: Via) -> None:
    """Work as a worker until every send has ended or a signal stops it."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it would be ignored
    with open_store(url) as store, open_send_context(via, Uncertainty.HOLD) as by:
        store.leases = Leases(database_of(store), LEASE)
        with sending.stop_requests() as stopping:
            while store.sends.unfinished() and not stopping:
                run_due_sends(store, hands(store, by), lambda: datetime.now(UTC))
                stopping.wait(0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """An outcome of sends: their number by status, and the messages ``lost``, ``doubled`` and ``held``."""

    sends: Mapping[SendStatus, int]
    lost: int
    doubled: int
    held: int


def work_and_kill(
    processes: Processes,
    url: str,
    via: Via,
    server: Receiver,
    *,
    workers: int,
    sends: int,
    readers: int,
    kills: int,
    seed: int,
) -> Done:
    """Let several workers run all sends; kill one of them, and start another, at random times.

    The server holds the last messages back until all kills are over: a worker that still has work can't have ended.
    """
    chance = random.Random(seed)
    before = (sends - kills) * readers - 1  # a kill makes at most one send's deliveries uncertain
    passes = threading.Semaphore(before)
    server.passing = lambda step: step == "the final dot" and passes.acquire()
    team = [processes.start(url, via, target=work) for _ in range(workers)]
    for number in sorted(chance.randrange(before) for _ in range(kills)):
        victim = chance.randrange(workers)
        server.wait_for(number, team[victim])
        team[victim].kill()
        team[victim].join(PATIENCE)
        assert team[victim].exitcode == -signal.SIGKILL
        team[victim] = processes.start(url, via, target=work)
    passes.release(sends * readers)
    for process in team:
        process.join(PATIENCE)
        assert process.exitcode == 0, f"a worker ended with {process.exitcode}"
    server.settle()
    with open_store(url) as store:
        return _done(store, server)


def _done(store: Store, server: Receiver) -> Done:
    stands: Counter[SendStatus] = Counter()
    held: set[tuple[str, str]] = set()
    wanted: set[tuple[str, str]] = set()
    for send in store.sends.all():
        stands[send.status] += 1
        for address, status, _ in store.deliveries.stream(send.id):
            wanted.add((send.issue, address))
            if status is S.UNCERTAIN:
                held.add((send.issue, address))
    got = Counter(
        (identity.decode().partition(".")[0].removeprefix("<"), address)
        for address, each in server.messages.items()
        for identity, _ in each
    )
    assert got.keys() <= wanted
    return Done(
        sends=stands,
        lost=len(wanted - got.keys() - held),
        doubled=sum(times > 1 for times in got.values()),
        held=len(held),
    )
