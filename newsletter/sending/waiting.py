"""Wait for a deferred send and resume it whenever it is due."""

from newsletter.domain.schedule import clock_time
from newsletter.domain.send import Send, SendStatus
from newsletter.errors import HeldError
from newsletter.sending.context import SendContext
from newsletter.sending.finishing import log_end, stop_on_request
from newsletter.sending.observer import Observer, with_shared_clock
from newsletter.sending.outcome import SendOutcome, Stopped, outcome_of
from newsletter.sending.resuming import resume_running
from newsletter.sending.stop_signals import stop_requests
from newsletter.store import Store

CHECK_EVERY = 30.0  # seconds between two checks whether an operator or a worker has changed the send


def wait_until_ended(
    store: Store, context: SendContext, send: Send, *, observer: Observer | None = None
) -> SendOutcome:
    """Wait for a deferred send and resume it whenever it is due, until it finishes, is paused or is cancelled.

    If a worker resumes it first, wait for the worker. Raise as ``resume_running`` does.
    """
    observer = with_shared_clock(observer, store.now)
    with stop_requests() as stop:
        last_notice: object = None
        while send.status is SendStatus.RUNNING:
            until = send.waits_until
            left = (until - observer.clock()).total_seconds() if until else 0.0
            if stop:
                error = stop_on_request(store, send, stop, observer)
                send = store.sends.get(send.id)
                if send.status is not SendStatus.RUNNING:
                    log_end(observer, send)
                return Stopped(send=send, error=error)
            if until and left > 0:
                if last_notice != until:
                    observer.notice(f"waits until {clock_time(until, context.zone, seconds=True)}: {send.reason}")
                    context.provider.close()  # no server keeps a connection open for that long
                    last_notice = until
                stop.wait(min(left, CHECK_EVERY))
                send = store.sends.get(send.id)
                continue
            try:
                with store.leases.acquire(send.id) as lease:
                    outcome = resume_running(store, context, lease, observer=observer)
            except HeldError as err:
                if last_notice != err.what:
                    observer.notice(f"{err.what}; waiting for it")
                    last_notice = err.what
                stop.wait(CHECK_EVERY)
                send = store.sends.get(send.id)
            else:
                if isinstance(outcome, Stopped) and outcome.error is not None:
                    return outcome
                send = outcome.send
    return outcome_of(send)
