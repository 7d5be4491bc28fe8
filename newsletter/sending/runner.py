"""Send an issue: plan, freeze, dispatch, finish. The process that does it holds the send's lease."""

from datetime import datetime

from newsletter.domain.rate_limits import Limits
from newsletter.domain.send import Send, SendStatus
from newsletter.errors import AskedToStopError, SendError, StoppedError
from newsletter.sending.circuit_breaker import Breaker
from newsletter.sending.context import SendContext
from newsletter.sending.dispatch import dispatch
from newsletter.sending.finishing import log_end, record_end
from newsletter.sending.freezing import FreezeRequest, freeze
from newsletter.sending.observer import Observer, with_shared_clock
from newsletter.sending.outcome import SendOutcome, outcome_of
from newsletter.sending.retrying import StoreRetries
from newsletter.sending.run import Run, start_run
from newsletter.sending.second_send import refuse_second_send
from newsletter.sending.stop_signals import stop_requests
from newsletter.store import Lease, Store


def start(
    store: Store, context: SendContext, request: FreezeRequest, *, observer: Observer | None = None
) -> SendOutcome:
    """Plan a send, freeze its audience, editions and content, hand everything over, and return how that ended.

    Raise SendError if the issue already has a send, another process is sending it, or the database is a copy. Raise
    ProviderError if the provider refuses before anything is handed over, and StoreError if the ledger can't be written.
    The ledger has everything that was done, and ``resume`` continues.
    """
    observer = with_shared_clock(observer, store.now)
    refuse_second_send(store, request.compiled.issue, context.zone)
    store.installation.verify()
    with stop_requests() as stop:
        retries = StoreRetries(stop, observer)
        limits = context.provider.check_sender(request.compiled.sender.address)
        send_id = retries.until_available(lambda: _plan(store, context, request, observer.clock()))
        with retries.until_available(lambda: store.leases.acquire(send_id)) as lease:
            run = start_run(store, context, lease, observer, stop)
            return _send(run, request, limits)


def start_planned(
    store: Store,
    context: SendContext,
    request: FreezeRequest,
    lease: Lease,
    *,
    scheduled: Send | None = None,
    observer: Observer | None = None,
) -> SendOutcome:
    """Start a planned send as ``start`` does, under a lease that this process already holds.

    ``scheduled`` is the scheduled send that is due, as read under the lease. Raise LateError if its deadline has
    passed. Return Stopped if somebody has paused, cancelled or rescheduled it meanwhile.
    """
    observer = with_shared_clock(observer, store.now)
    store.installation.verify()
    limits = context.provider.check_sender(request.compiled.sender.address)
    with stop_requests() as stop:
        run = start_run(store, context, lease, observer, stop)
        return _send(run, request, limits, scheduled=scheduled)


def _send(run: Run, request: FreezeRequest, limits: Limits | None, *, scheduled: Send | None = None) -> SendOutcome:
    """Freeze a planned send, dispatch its deliveries, and finish."""
    try:
        frozen = freeze(run, request, scheduled=scheduled)
    except (AskedToStopError, StoppedError) as err:
        return outcome_of(run.store.sends.get(run.lease.send_id), err)
    return dispatch_and_finish(run, frozen, limits)


def dispatch_and_finish(run: Run, send: Send, limits: Limits | None, breaker: Breaker | None = None) -> SendOutcome:
    """Hand over what is open, record how that ended, and return the outcome."""
    provider = run.context.provider
    breaker = breaker or Breaker(provider.concurrency, provider.batch_size)
    try:
        end = dispatch(run, send, limits, breaker)
        error = record_end(run, send, end)
    finally:
        stands = run.store.sends.get(send.id)
        log_end(run.observer, stands)
    return outcome_of(stands, error)


def _plan(store: Store, context: SendContext, request: FreezeRequest, now: datetime) -> int:
    """Return the id of the issue's planned send; create it if there is none."""
    issue = request.compiled.issue
    planned = store.sends.of_issue(issue)
    if planned is not None and planned.status is SendStatus.PLANNED:
        return planned.id
    deadline = round(context.sending.deadline.total_seconds())
    try:
        name, segments = context.provider_name, request.segments
        return store.sends.plan(issue=issue, provider=name, segments=segments, deadline=deadline, now=now).id
    except SendError:
        refuse_second_send(store, issue, context.zone)  # if two processes begin at once, name the one that was first
        raise
