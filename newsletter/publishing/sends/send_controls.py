"""Control a send that was started or scheduled: undo, pause, resume and cancel it, retry and settle its deliveries.

The command line and the studio share these operations, which decide whether a person may do them.
"""

from collections.abc import Callable
from datetime import datetime

from newsletter import sending
from newsletter.domain.delivery import Uncertainty
from newsletter.domain.people import Act, Person, require
from newsletter.domain.send import Send, SendStatus
from newsletter.domain.staff import WorkStep
from newsletter.store import Store


def undo_send(person: Person, store: Store, send_id: int, *, now: datetime) -> Send:
    """Undo a send that hasn't begun, and return it: nobody gets it, and the issue can be sent after all.

    Raise ForbiddenError; BegunError if a worker was quicker; and SendError if it is cancelled already.
    """
    require(person, Act.CONTROL_SEND)
    store.schedules.undo(send_id)
    return _noted(person, store, WorkStep.UNDONE, send_id, now)


def pause_send(person: Person, store: Store, send_id: int, *, now: datetime) -> Send:
    """Pause a send until a person resumes it, and return it. Messages being handed over are completed first.

    Raise ForbiddenError, and SendError if it can't be paused.
    """
    require(person, Act.CONTROL_SEND)
    store.controls.pause(send_id, f"paused by {person.name}")
    return _noted(person, store, WorkStep.PAUSED, send_id, now)


def reactivate(person: Person, store: Store, send: Send, *, now: datetime) -> Send:
    """Resume a send that isn't frozen yet, and return it: *planned* if it begins now, *scheduled* if it isn't due.

    Raise ForbiddenError, and SendError if it can't be resumed.
    """
    require(person, Act.CONTROL_SEND)
    is_early = send.status is SendStatus.SCHEDULED and send.begins is not None and send.begins > now
    if is_early or send.status is SendStatus.PLANNED:
        return store.sends.get(send.id)
    store.controls.resume(send.id, now=now)
    return _noted(person, store, WorkStep.RESUMED, send.id, now)


def release_send(person: Person, store: Store, send_id: int, *, now: datetime) -> Send:
    """Resume a send that is paused, waits or fails, for a worker to continue it at once, and return it.

    Raise ForbiddenError, and SendError if it can't be resumed.
    """
    require(person, Act.CONTROL_SEND)
    store.controls.resume(send_id, now=now)
    return _noted(person, store, WorkStep.RESUMED, send_id, now)


def cancel_send(
    person: Person,
    store: Store,
    send_id: int,
    *,
    now: datetime,
    notice: Callable[[str], None] = lambda _: None,
    patience: float | None = None,
) -> Send:
    """Cancel a send and return it. Nothing more is handed over after this returns.

    With ``patience``, wait at most for so many seconds for the messages in flight. Raise ForbiddenError and the errors
    of ``sending.cancel``.
    """
    require(person, Act.CONTROL_SEND)
    sending.refuse_if_over(store.sends.get(send_id))
    note_act(person, store, WorkStep.CANCELLED, store.sends.get(send_id), now=now)
    return sending.cancel(store, send_id, notice=notice, patience=patience)


def retry_refused(person: Person, store: Store, send_id: int, *, now: datetime) -> int:
    """Queue a send's refused deliveries again, and return their number. The send can then be resumed.

    Suppressed readers will be skipped. Raise ForbiddenError, and SendError if the send was cancelled.
    """
    require(person, Act.CONTROL_SEND)
    queued = store.controls.retry_refused(send_id)
    note_act(person, store, WorkStep.RETRIED, store.sends.get(send_id), now=now, deliveries=queued)
    return queued


def settle_uncertain(person: Person, store: Store, send_id: int, decision: Uncertainty, *, now: datetime) -> int:
    """Hold a send's uncertain deliveries or queue them again, and return their number. Queued ones may arrive twice.

    Raise ForbiddenError, and SendError if the send was cancelled.
    """
    require(person, Act.CONTROL_SEND)
    settled = store.controls.settle_uncertain(send_id, decision)
    send = store.sends.get(send_id)
    note_act(person, store, WorkStep.SETTLED, send, now=now, decision=decision.value, deliveries=settled)
    return settled


def note_act(person: Person, store: Store, step: WorkStep, send: Send, *, now: datetime, **detail: object) -> None:
    """Write a line about a send to the audit log."""
    store.audit.add(person, step, f"issue {send.issue}", now=now, detail={"send": send.id, **detail})


def _noted(person: Person, store: Store, step: WorkStep, send_id: int, now: datetime) -> Send:
    send = store.sends.get(send_id)
    note_act(person, store, step, send, now=now)
    return send
