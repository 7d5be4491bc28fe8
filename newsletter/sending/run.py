"""A run: one process's work on one send, for as long as it holds the send's lease."""

from dataclasses import dataclass

from newsletter.sending.context import SendContext
from newsletter.sending.observer import Observer
from newsletter.sending.retrying import StoreRetries
from newsletter.sending.stop_signals import StopRequests
from newsletter.store import Lease, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run's store, context, lease, observer and requests to stop, and its ``retries`` of calls to the store."""

    store: Store
    context: SendContext
    lease: Lease
    observer: Observer
    stop: StopRequests
    retries: StoreRetries


def start_run(store: Store, context: SendContext, lease: Lease, observer: Observer, stop: StopRequests) -> Run:
    """Return a run under a lease."""
    retries = StoreRetries(stop, observer)
    return Run(store=store, context=context, lease=lease, observer=observer, stop=stop, retries=retries)
