"""What a worker looks after: sends whose time has come, and those that wait or were interrupted.

The list of them is out of date as soon as it is read: a person or another worker may have acted since. So each send is
read again under its lease, and what happens then is decided by that.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from newsletter.domain.delivery import Send, SendStatus
from newsletter.domain.schedule import lateness
from newsletter.errors import AskedToStopError, HeldError, LateError, NewsletterError, StoppedError, StoreError
from newsletter.sending.stop_signals import requests
from newsletter.store import Lease, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What a worker does with one send, under its lease.

    ``begin`` composes and starts its issue, ``carry_on`` goes on with it. ``failed`` hears why either could not, and
    ``late`` that a send is paused because it comes too late; both get the send as it stands then.
    ``zone`` is that of the clock by which people read times.
    """

    begin: Callable[[Send, Lease], None]
    carry_on: Callable[[Send, Lease], None]
    failed: Callable[[Send, Exception], None]
    late: Callable[[Send], None]
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))


def look_after(store: Store, hands: Hands, clock: Callable[[], datetime], *, at_once: bool = False) -> datetime | None:
    """Do what is due, one send after another, and return when the next one is; None where nothing is to come.

    A send that another process holds is left to it. What fails is tried again later, less and less often, until the
    send's deadline; then it is paused, and a person decides. ``at_once`` tries it now. Begins nothing once this process
    was asked to stop, and raises AskedToStopError if that came during a send.
    """
    with requests() as asked:
        for number, due in store.sends.unfinished(at_once=at_once):
            if asked:
                return None
            if due <= clock() and not store.leases.holder(number):
                with suppress(HeldError), store.leases.take(number) as lease:  # held: another worker was quicker
                    if not asked:
                        _do(store, hands, lease, clock, at_once=at_once)
    others = [due for number, due in store.sends.unfinished() if not store.leases.holder(number)]
    return min(others, default=None)


def _do(store: Store, hands: Hands, lease: Lease, clock: Callable[[], datetime], *, at_once: bool) -> None:
    send = store.sends.get(lease.send_id)
    due = replace(send, waits_until=None).due if at_once and send.failing_since else send.due
    if due is None or due > clock():
        return  # since the list was read, somebody has ended, paused, cancelled or moved it
    try:
        if send.status is SendStatus.RUNNING:
            hands.carry_on(send, lease)
        else:
            if send.begins and (late := lateness(send.begins, send.deadline, clock(), hands.zone)):
                raise LateError(late)
            hands.begin(send, lease)
    except AskedToStopError:
        raise
    except StoppedError:
        return  # a person paused or cancelled it, or another process took it over
    except LateError as err:
        why = f"{err.what}; the last try failed: {send.reason}" if send.reason else err.what
        if store.controls.pause_held(send.id, why, holder=lease.holder, late=True):
            hands.late(store.sends.get(send.id))
    except Exception as err:  # noqa: BLE001  one send that cannot begin or go on must not end the others
        _put_off(store, hands, send, lease, err, clock())


def _put_off(store: Store, hands: Hands, send: Send, lease: Lease, err: Exception, now: datetime) -> None:
    what = err.what if isinstance(err, NewsletterError) else f"{type(err).__name__}: {err}"
    why = next(iter(what.splitlines()), "")
    try:
        store.controls.put_off(send.id, why, now=now, holder=lease.holder)
    except StoreError:
        raise err from None  # the database is away
    hands.failed(store.sends.get(send.id), err)
