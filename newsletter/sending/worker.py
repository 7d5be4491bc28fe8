"""Run due sends: scheduled ones whose time has come, and those that wait or were interrupted.

The list of due sends is out of date as soon as it is read, since a person or another worker may have acted. So the
worker reads each send again under its lease before it decides what to do.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from newsletter.domain.schedule import lateness
from newsletter.domain.send import Send, SendStatus
from newsletter.domain.send_errors import AudienceChangedError
from newsletter.errors import AskedToStopError, HeldError, LateError, NewsletterError, StoppedError, StoreError
from newsletter.sending.outcome import SendOutcome
from newsletter.sending.stop_signals import stop_requests
from newsletter.store import Lease, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerCallbacks:
    """A worker's callbacks for one send, called under its lease.

    ``start`` composes and starts its issue; ``resume`` resumes it. ``ended`` is called with the send if either has
    finished or deferred it, ``failed`` with the send and the error if either can't, and ``paused`` if the send was
    paused instead of beginning: its deadline has passed, or its audience has changed too much. All get the send in its
    new state. Times in messages are in ``zone``.
    """

    start: Callable[[Send, Lease], SendOutcome]
    resume: Callable[[Send, Lease], SendOutcome]
    failed: Callable[[Send, Exception], None]
    paused: Callable[[Send], None]
    ended: Callable[[Send], None] = lambda _: None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))


def run_due_sends(
    store: Store, callbacks: WorkerCallbacks, clock: Callable[[], datetime], *, at_once: bool = False
) -> datetime | None:
    """Run all due sends, one after another, and return when the next one is due, or None if there is none.

    Skip sends that another process holds. Retry a send that fails, less and less often, until its deadline; then pause
    it for a person to decide. With ``at_once``, retry it now. Begin nothing after a request to stop, and raise
    AskedToStopError if one comes during a send.
    """
    with stop_requests() as stop:
        for send_id, due in store.sends.unfinished(at_once=at_once):
            if stop:
                return None
            if due <= clock() and not store.leases.holder(send_id):
                with suppress(HeldError), store.leases.acquire(send_id) as lease:  # held: another worker was quicker
                    if not stop:
                        _run_if_due(store, callbacks, lease, clock, at_once=at_once)
    others = [due for send_id, due in store.sends.unfinished() if not store.leases.holder(send_id)]
    return min(others, default=None)


def _run_if_due(
    store: Store, callbacks: WorkerCallbacks, lease: Lease, clock: Callable[[], datetime], *, at_once: bool
) -> None:
    send = store.sends.get(lease.send_id)
    due = replace(send, waits_until=None).due if at_once and send.failing_since else send.due
    if due is None or due > clock():
        return  # since the list was read, somebody has finished, paused, cancelled or rescheduled it
    try:
        ended = _run(callbacks, send, lease, clock()).result()
    except AskedToStopError:
        raise
    except StoppedError:
        return  # a person paused or cancelled it, or another process took it over
    except LateError as err:
        why = f"{err.what}; the last try failed: {send.reason}" if send.reason else err.what
        if store.controls.pause_unbegun(send.id, why, begins=send.begins, now=clock(), holder=lease.holder):
            callbacks.paused(store.sends.get(send.id))
    except AudienceChangedError as err:
        if store.controls.pause_unbegun(
            send.id,
            err.what,
            begins=send.begins,
            now=clock(),
            holder=lease.holder,
            recipients=err.recipients,
        ):
            callbacks.paused(store.sends.get(send.id))
    except Exception as err:  # noqa: BLE001  one send that can't begin or continue must not stop the others
        _postpone(store, callbacks, send, lease, err, clock())
    else:
        callbacks.ended(ended)


def _run(callbacks: WorkerCallbacks, send: Send, lease: Lease, now: datetime) -> SendOutcome:
    if send.status is SendStatus.RUNNING:
        return callbacks.resume(send, lease)
    if send.begins and (late := lateness(send.begins, send.deadline, now, callbacks.zone)):
        raise LateError(late, issue=send.issue)
    return callbacks.start(send, lease)


def _postpone(
    store: Store, callbacks: WorkerCallbacks, send: Send, lease: Lease, err: Exception, now: datetime
) -> None:
    what = err.what if isinstance(err, NewsletterError) else f"{type(err).__name__}: {err}"
    why = next(iter(what.splitlines()), "")
    try:
        store.controls.postpone(send.id, why, now=now, holder=lease.holder, begins=send.begins)
    except StoreError:
        raise err from None  # the database is unavailable
    callbacks.failed(store.sends.get(send.id), err)
