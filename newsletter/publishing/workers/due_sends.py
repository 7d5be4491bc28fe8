"""Run the sends that are due: what every worker does, from time to time."""

from collections.abc import Callable
from datetime import datetime

from newsletter import bootstrap, sending
from newsletter.domain.send import Send
from newsletter.publishing.sends.send_issue import begin_scheduled
from newsletter.sending import Observer, SendOutcome, WorkerCallbacks
from newsletter.settings import Settings
from newsletter.store import Lease, Store


def run_due_sends(
    settings: Settings,
    store: Store,
    *,
    observer: Observer,
    ended: Callable[[Send], None],
    failed: Callable[[Send, Exception], None],
    paused: Callable[[Send], None],
    at_once: bool = False,
) -> datetime | None:
    """Begin scheduled sends that are due, resume those that wait, and return when the next one is due, if any.

    Files are read when a send begins. ``ended`` is called with each send that was finished or deferred, ``failed`` with
    one that can't begin or continue and the error, and ``paused`` with one that was paused because its deadline has
    passed, or because its audience has changed too much. With ``at_once``, sends that have just failed are tried again
    now. Raise AskedToStopError if somebody asks this process to stop in the middle of a send, and StoreError.
    """

    def begin(send: Send, lease: Lease) -> SendOutcome:
        with bootstrap.open_send_context(settings) as context:
            return begin_scheduled(settings, store, context, send, lease, now=store.now(), observer=observer)

    def resume(_send: Send, lease: Lease) -> SendOutcome:
        with bootstrap.open_send_context(settings) as context:
            return sending.resume_running(store, context, lease, observer=observer)

    zone = settings.newsletter.zone
    callbacks = WorkerCallbacks(start=begin, resume=resume, ended=ended, failed=failed, paused=paused, zone=zone)
    return sending.run_due_sends(store, callbacks, store.now, at_once=at_once)
