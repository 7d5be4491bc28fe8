"""Resume a send that waits, is paused or was interrupted. The process that does it holds the send's lease."""

from newsletter.domain.rate_limits import Limits
from newsletter.domain.send import Send, SendStatus
from newsletter.domain.send_errors import NotBegunError, NothingToResumeError, ProviderChangedError
from newsletter.errors import OutageError, ProviderError, StoppedError
from newsletter.sending.circuit_breaker import RESUMED, Breaker
from newsletter.sending.context import SendContext
from newsletter.sending.event_log import LogEvent
from newsletter.sending.finishing import wait_for_provider
from newsletter.sending.messages import link_maker
from newsletter.sending.observer import Observer, with_shared_clock
from newsletter.sending.outcome import SendOutcome, outcome_of
from newsletter.sending.retrying import StoreRetries
from newsletter.sending.run import Run, start_run
from newsletter.sending.runner import dispatch_and_finish
from newsletter.sending.second_send import refuse_second_send
from newsletter.sending.stop_signals import stop_requests
from newsletter.store import Lease, Store


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
            run = start_run(store, context, lease, observer, stop)
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
        return _resume_running(start_run(store, context, lease, observer, stop), send)


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
    run.retries.until_available(
        lambda: run.store.deliveries.settle_interrupted(send.id, deduplicates=provider.deduplicates)
    )
    resumed = run.store.sends.get(send.id)
    run.observer.log.write(LogEvent.RESUMED, resumed)
    # The last process may have died in an outage, so one message goes first, alone.
    failed_probes = RESUMED if send.waits_until else 0
    breaker = Breaker(provider.concurrency, provider.batch_size, probing=True, failed_probes=failed_probes)
    return dispatch_and_finish(run, resumed, limits, breaker)


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
    link_maker(context, send)
