"""Control a send that was started or scheduled: pause, resume and cancel it, retry and settle its deliveries.

The command line and the studio share these operations, which decide whether a person may do them.
"""

from collections.abc import Callable
from datetime import datetime

from newsletter import sending
from newsletter.domain.delivery import Uncertainty
from newsletter.domain.people import Act, Person, require
from newsletter.domain.send import Send, SendStatus
from newsletter.store import Store


def pause_send(person: Person, store: Store, send_id: int) -> Send:
    """Pause a send until a person resumes it, and return it. Messages being handed over are completed first.

    Raise ForbiddenError, and SendError if it can't be paused.
    """
    require(person, Act.CONTROL_SEND)
    store.controls.pause(send_id, f"paused by {person.name}")
    return store.sends.get(send_id)


def reactivate(person: Person, store: Store, send: Send, *, now: datetime) -> Send:
    """Resume a send that isn't frozen yet, and return it: *planned* if it begins now, *scheduled* if it isn't due.

    Raise ForbiddenError, and SendError if it can't be resumed.
    """
    require(person, Act.CONTROL_SEND)
    is_early = send.status is SendStatus.SCHEDULED and send.begins is not None and send.begins > now
    if not (is_early or send.status is SendStatus.PLANNED):
        store.controls.resume(send.id, now=now)
    return store.sends.get(send.id)


def cancel_send(person: Person, store: Store, send_id: int, *, notice: Callable[[str], None] = lambda _: None) -> Send:
    """Cancel a send and return it. Nothing is sent after this returns.

    Raise ForbiddenError and the errors of ``sending.cancel``.
    """
    require(person, Act.CONTROL_SEND)
    return sending.cancel(store, send_id, notice=notice)


def retry_refused(person: Person, store: Store, send_id: int) -> int:
    """Queue a send's refused deliveries again, and return their number. The send can then be resumed.

    Suppressed readers will be skipped. Raise ForbiddenError, and SendError if the send was cancelled.
    """
    require(person, Act.CONTROL_SEND)
    return store.controls.retry_refused(send_id)


def settle_uncertain(person: Person, store: Store, send_id: int, decision: Uncertainty) -> int:
    """Hold a send's uncertain deliveries or queue them again, and return their number. Queued ones may arrive twice.

    Raise ForbiddenError, and SendError if the send was cancelled.
    """
    require(person, Act.CONTROL_SEND)
    return store.controls.settle_uncertain(send_id, decision)
