"""What a worker looks after: sends whose time has come, and those that wait or were interrupted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.delivery import Send, SendStatus
from newsletter.errors import AskedToStopError, HeldError, NewsletterError
from newsletter.schedule import is_late
from newsletter.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What a worker does with one send: ``begin`` composes and starts its issue, ``go_on`` resumes it, and ``failed``
    hears why either did not come to its end."""

    begin: Callable[[Send], None]
    go_on: Callable[[Send], None]
    failed: Callable[[Send, NewsletterError], None]


def look_after(store: Store, hands: Hands, now: datetime) -> datetime | None:
    """Do what is due, one send after another; when the next is, None where nothing is to come.

    A send whose issue does not pass its checks, or that is later than it may be, is paused: a person decides. What
    fails otherwise is left as it is, and tried again the next time. Raises AskedToStopError.
    """
    for send in store.sends.unfinished():
        due = _due(send)
        if due is None or due > now or store.leases.holder(send.id):
            continue
        try:
            _do(store, hands, send, now)
        except (AskedToStopError, HeldError) as err:
            if isinstance(err, AskedToStopError):
                raise
        except NewsletterError as err:
            hands.failed(send, err)
            _leave_to_a_person(store, send, err)
    return min(filter(None, map(_due, store.sends.unfinished())), default=None)


def _do(store: Store, hands: Hands, send: Send, now: datetime) -> None:
    if send.status is SendStatus.RUNNING:
        hands.go_on(send)
        return
    if send.status is SendStatus.SCHEDULED:
        if send.begins and is_late(send.begins, send.deadline, now):
            store.controls.pause(send.id, _late(send.begins, send.deadline, now))
            return
        store.controls.begin(send.id)
    hands.begin(send)


def _due(send: Send) -> datetime | None:
    """When something is to be done about it; None where that is for somebody who is at work on it."""
    if send.status is SendStatus.RUNNING:
        return send.waits_until or send.created
    return send.begins  # of one that was planned without a time, a person is at the keyboard


def _late(begins: datetime, deadline: int, now: datetime) -> str:
    late, may_be = (timedelta(seconds=round(seconds)) for seconds in ((now - begins).total_seconds(), deadline))
    return f"it was to begin at {begins:%Y-%m-%d %H:%M} UTC and is {late} late, more than {may_be}"


def _leave_to_a_person(store: Store, send: Send, err: NewsletterError) -> None:
    """Of a send that has not begun, what stands in its way is for an editor to mend."""
    if store.sends.get(send.id).status is SendStatus.PLANNED:
        store.controls.pause(send.id, str(err).splitlines()[0])
