"""The end of a run: record in the ledger whether the send has finished, waits or is paused, and log it."""

import signal
from contextlib import suppress
from datetime import datetime, timedelta

from newsletter.domain.send import Send, SendStatus
from newsletter.domain.send_errors import InterruptedSendError
from newsletter.errors import AskedToStopError, OutageError, ProviderError, SendError, StoppedError
from newsletter.sending.dispatch import DispatchEnd
from newsletter.sending.event_log import LogEvent
from newsletter.sending.observer import Observer
from newsletter.sending.retrying import StoreRetries
from newsletter.sending.run import Run
from newsletter.sending.stop_signals import StopRequests
from newsletter.sending.throttle import NotBefore
from newsletter.store import Store


def record_end(run: Run, send: Send, end: DispatchEnd) -> Exception | None:
    """Record the end of a dispatch in the ledger.

    Return None if the send has finished or waits, and otherwise why it was stopped. Raise SendError if the send can't
    finish because deliveries are still open.
    """
    match end.reason:
        case None:
            return _finish(run, send)
        case NotBefore(until=until, reason=reason):
            _wait(run, send, until, reason)
            return None
        case OutageError() as outage:
            return None if _postpone(run, send, outage.what, again=outage.again or 0) else outage
        case ProviderError(again=float() | int() as seconds) as refusal:
            _wait(run, send, run.observer.clock() + timedelta(seconds=seconds), refusal.what)
            return None
        case ProviderError() as refusal:
            if not end.paused:
                _pause(run, send, refusal.what)
            return refusal
        case AskedToStopError():
            return stop_on_request(run.store, send, run.stop, run.observer)
        case error:
            _log_lost_lease(run, send, error)
            return error


def stop_on_request(store: Store, send: Send, stop: StopRequests, observer: Observer) -> InterruptedSendError:
    """Return the error for a stop on request. After a person's Ctrl-C, pause the send, since a person will resume it.

    A service that is stopped resumes the send itself when it is back. The caller logs how the send stands.
    """
    if stop.signal is signal.SIGINT and observer.attended:
        with suppress(SendError):  # it has already ended, or somebody has paused or cancelled it
            StoreRetries(stop, observer).until_recorded(lambda: store.controls.pause(send.id, "stopped by Ctrl-C"))
    return InterruptedSendError(issue=send.issue)


def wait_for_provider(run: Run, send: Send, refusal: ProviderError) -> Send:
    """Record when to try again a provider that refused before anything was handed over, and return the send.

    The send is paused if the provider has been away for longer than the deadline.
    """
    if isinstance(refusal, OutageError):
        _postpone(run, send, refusal.what)
    else:
        _wait(run, send, run.observer.clock() + timedelta(seconds=refusal.again or 0), refusal.what)
    waiting = run.store.sends.get(send.id)
    log_end(run.observer, waiting)
    return waiting


def log_end(observer: Observer, send: Send) -> None:
    """Log that a send waits, is paused or has finished, as its status says."""
    events = {SendStatus.RUNNING: LogEvent.WAITS, SendStatus.PAUSED: LogEvent.PAUSED}
    observer.log.write(events.get(send.status, LogEvent.FINISHED), send)


def _finish(run: Run, send: Send) -> StoppedError | None:
    try:
        run.retries.until_recorded(lambda: run.store.sends.finish(send.id, now=run.observer.clock()))
    except StoppedError as err:  # a person was quicker
        _log_lost_lease(run, send, err)
        return err
    return None


def _wait(run: Run, send: Send, until: datetime, reason: str) -> None:
    holder = run.lease.holder
    run.retries.until_available(lambda: run.store.controls.wait_until(send.id, until, reason, holder=holder))


def _postpone(run: Run, send: Send, why: str, *, again: float = 0) -> bool:
    now, holder = run.observer.clock(), run.lease.holder
    return run.retries.until_available(
        lambda: run.store.controls.postpone(send.id, why, now=now, holder=holder, again=again)
    )


def _pause(run: Run, send: Send, reason: str) -> None:
    now, holder = run.observer.clock(), run.lease.holder
    run.retries.until_available(lambda: run.store.controls.pause_held(send.id, reason, now=now, holder=holder))


def _log_lost_lease(run: Run, send: Send, error: Exception) -> None:
    if isinstance(error, StoppedError):
        stands = run.store.sends.get(send.id)
        if stands.holder != run.lease.holder:
            run.observer.log.write(LogEvent.LEASE_LOST, stands)
