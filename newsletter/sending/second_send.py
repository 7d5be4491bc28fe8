"""Refuse a second send of an issue."""

from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from newsletter.domain.send import SendStatus
from newsletter.domain.send_errors import SecondSendError, second_send_error
from newsletter.errors import HeldError
from newsletter.store import Store


def refuse_second_send(store: Store, issue: str, zone: ZoneInfo) -> None:
    """Raise SendError if the issue has a send that has begun or is scheduled."""
    send = store.sends.of_issue(issue)
    if send is None or (send.status in (SendStatus.PLANNED, SendStatus.CANCELLED) and not send.digest):
        return
    if not send.status.ended:
        holder = store.leases.holder(send.id)
        if holder:
            raise HeldError(issue=issue, holder=holder)
        send = store.sends.get(send.id)  # the process that ran it a moment ago may have ended it
    raise second_send_error(send, zone)


@contextmanager
def refusals_in_zone(store: Store, zone: ZoneInfo) -> Iterator[None]:
    """Show the times of a second send's refusal in ``zone``: the store, which knows no zone, shows them in UTC."""
    try:
        yield
    except SecondSendError as err:
        raise second_send_error(store.sends.get(err.send), zone) from err
