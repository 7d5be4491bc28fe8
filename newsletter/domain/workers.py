"""Workers, as the people who wait for a send see them. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

BEAT = timedelta(seconds=10)  # between two heartbeats
PATIENCE = timedelta(seconds=45)  # a worker without a heartbeat for this long doesn't count as running
CRON = timedelta(minutes=15)  # a worker that runs once, for cron, is expected again within this time


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenWorker:
    """A worker, described as a process on a host, and when it was last seen.

    ``once`` is true for one that runs what is due and ends, as from cron.
    """

    process: str
    once: bool
    started: datetime
    seen: datetime


def running_worker(workers: Iterable[SeenWorker], now: datetime) -> SeenWorker | None:
    """Return the worker that will run the next send, or None if nothing shows that one is running."""
    alive = [worker for worker in workers if now - worker.seen <= (CRON if worker.once else PATIENCE)]
    return max(alive, key=lambda worker: (not worker.once, worker.seen), default=None)
