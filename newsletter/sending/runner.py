"""Send an issue: plan, freeze, dispatch, finish. Or resume a send. The process that does it holds the send's lease."""

from datetime import datetime

from newsletter.domain.rate_limits import Limits
from newsletter.domain.send import Send, SendStatus
from newsletter.domain.send_errors import NotBegunError, NothingToResumeError, ProviderChangedError
from newsletter.errors import AskedToStopError, OutageError, ProviderError, SendError, StoppedError
from newsletter.sending.circuit_breaker import RESUMED, Breaker
from newsletter.sending.context import SendContext
from newsletter.sending.dispatch import dispatch
from newsletter.sending.event_log import LogEvent
from newsletter.sending.finishing import log_end, record_end, wait_for_provider
from newsletter.sending.freezing import FreezeRequest, freeze
from newsletter.sending.messages import links
from newsletter.sending.observer import Observer, with_shared_clock
from newsletter.sending.outcome import SendOutcome, outcome_of
from newsletter.sending.retrying import StoreRetries
from newsletter.sending.run import Run
from newsletter.sending.second_send import refuse_second_send
from newsletter.sending.stop_signals import StopRequests, stop_requests
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
            return _freeze_and_dispatch(_run(store, context, lease, observer, stop), request, limits)


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
        run = _run(store, context, lease, observer, stop)
        return _freeze_and_dispatch(run, request, limits, scheduled=scheduled)


def resume(store: Store, context: SendContext, *, issue: str, observer: Observer | None = None) -> SendOutcome:
    """Resume an unfinished send on a person's request, with its frozen content, even if it is paused.

    If a running send's provider can't be reached, the send waits. Return and raise as ``start`` does, and raise
    TokenError if the secret that the send began with is missing.
    """
    observer = with_shared_clock(observer, store.now)
    send = _find_resumable(store, context, issue)
    store.installation.verify()
    with stop_requests() as stop:
        retries = StoreRetries(stop, observer)
        with retries.until_available(lambda: store.leases.acquire(send.id)) as lease:
            run = _run(store, context, lease, observer, stop)
            send = store.sends.get(send.id)
            if send.status.ended:  # another process has finished it in the meantime
                refuse_second_send(store, issue, context.zone)
            if send.status is SendStatus.RUNNING:
                return _resume_running(run, send)
            limits = _check_provider(run, send)
            retries.until_available(lambda: store.controls.resume(send.id, now=observer.clock()))
            return _continue(run, send, limits)


def resume_running(
    store: Store, context: SendContext, lease: Lease, *, observer: Observer | None = None
) -> SendOutcome:
    """Resume a running send under a lease that this process already holds, unless somebody has paused or cancelled it.

    If the provider can't be reached, the send waits. Return and raise as ``resume`` does.
    """
    observer = with_shared_clock(observer, store.now)
    send = store.sends.get(lease.send_id)
    _refuse_other_provider(context, send)
    store.installation.verify()
    with stop_requests() as stop:
        return _resume_running(_run(store, context, lease, observer, stop), send)


def _freeze_and_dispatch(
    run: Run, request: FreezeRequest, limits: Limits | None, *, scheduled: Send | None = None
) -> SendOutcome:
    try:
        frozen = freeze(run, request, scheduled=scheduled)
    except (AskedToStopError, StoppedError) as err:
        return outcome_of(run.store.sends.get(run.lease.send_id), err)
    return _dispatch_and_finish(run, frozen, limits)


def _resume_running(run: Run, send: Send) -> SendOutcome:
    try:
        limits = _check_provider(run, send)
    except ProviderError as err:
        if not isinstance(err, OutageError) and err.again is None:
            raise
        return outcome_of(wait_for_provider(run, send, err))
    try:
        run.retries.until_available(
            lambda: run.store.controls.resume_held(send.id, now=run.observer.clock(), holder=run.lease.holder)
        )
    except StoppedError as err:
        return outcome_of(run.store.sends.get(send.id), err)
    return _continue(run, send, limits)


def _continue(run: Run, send: Send, limits: Limits | None) -> SendOutcome:
    """Settle what the last run left in flight, and dispatch the rest."""
    provider = run.context.provider
    run.retries.until_available(lambda: run.store.sends.settle_interrupted(send.id, deduplicates=provider.deduplicates))
    resumed = run.store.sends.get(send.id)
    run.observer.log.write(LogEvent.RESUMED, resumed)
    # The last process may have died in an outage, so one message goes first, alone.
    failed_probes = RESUMED if send.waits_until else 0
    breaker = Breaker(provider.concurrency, provider.batch_size, probing=True, failed_probes=failed_probes)
    return _dispatch_and_finish(run, resumed, limits, breaker)


def _dispatch_and_finish(run: Run, send: Send, limits: Limits | None, breaker: Breaker | None = None) -> SendOutcome:
    """Hand over what is open, record how that ended, and return the outcome."""
    provider = run.context.provider
    breaker = breaker or Breaker(provider.concurrency, provider.batch_size)
    try:
        error = record_end(run, send, dispatch(run, send, limits, breaker))
    finally:
        stands = run.store.sends.get(send.id)
        log_end(run, stands)
    return outcome_of(stands, error)


def _run(store: Store, context: SendContext, lease: Lease, observer: Observer, stop: StopRequests) -> Run:
    retries = StoreRetries(stop, observer)
    return Run(store=store, context=context, lease=lease, observer=observer, stop=stop, retries=retries)


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


def _check_provider(run: Run, send: Send) -> Limits | None:
    compiled, _ = run.store.frozen.content(send.id)
    return run.context.provider.check_sender(compiled.sender.address)


def _find_resumable(store: Store, context: SendContext, issue: str) -> Send:
    send = store.sends.of_issue(issue)
    if send is None:
        raise NothingToResumeError(issue=issue)
    if send.status.ended or send.status is SendStatus.CANCELLED:
        refuse_second_send(store, issue, context.zone)
    if not send.digest:
        raise NotBegunError(issue=issue)
    _refuse_other_provider(context, send)
    return send


def _refuse_other_provider(context: SendContext, send: Send) -> None:
    """Raise SendError if the provider differs from the one the send began with, TokenError if its secret is missing."""
    if send.provider != context.provider_name:
        raise ProviderChangedError(issue=send.issue, provider=send.provider, now=context.provider_name)
    links(context, send)
