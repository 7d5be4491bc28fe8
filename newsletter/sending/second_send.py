"""Refuse a second send of an issue."""

from zoneinfo import ZoneInfo

from newsletter.domain.send import SendStatus
from newsletter.domain.send_errors import second_send_error
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
