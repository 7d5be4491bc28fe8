"""The stages of a send as people see them, derived from the ledger and the time. No I/O."""

from datetime import datetime, timedelta
from enum import StrEnum

from newsletter.domain.send import Send, SendStatus

COUNTDOWN = timedelta(seconds=60)


class SendStage(StrEnum):
    """A stage on a send's way from its plan to its end."""

    UNSENT = "unsent"  # there is no send, or it was cancelled before it began
    SCHEDULED = "scheduled"  # it begins later
    COUNTING_DOWN = "counting down"  # it begins within the next minute
    STARTING = "starting"  # its time has come; it isn't frozen yet, so it can still be undone
    FAILING = "held up"  # it can't begin or continue; the worker keeps trying
    SENDING = "sending"  # messages are being handed over, or will be as soon as a worker continues
    WAITING = "waiting"  # it continues by itself at a known time
    PAUSED = "paused"  # until a person decides
    CANCELLED = "cancelled"  # after it had begun
    SENT = "sent"  # every message was accepted or skipped
    FAILURES = "sent with failures"  # some were refused or are uncertain

    @property
    def has_send(self) -> bool:
        """True unless the issue can be sent."""
        return self is not SendStage.UNSENT

    @property
    def is_moving(self) -> bool:
        """True if the stage may change without a person."""
        return self in _MOVING


_MOVING = frozenset(
    {
        SendStage.SCHEDULED,
        SendStage.COUNTING_DOWN,
        SendStage.STARTING,
        SendStage.FAILING,
        SendStage.SENDING,
        SendStage.WAITING,
    }
)
_AS_STORED = {
    SendStatus.PAUSED: SendStage.PAUSED,
    SendStatus.FINISHED: SendStage.SENT,
    SendStatus.FAILURES: SendStage.FAILURES,
}


def stage_of(send: Send | None, now: datetime) -> SendStage:
    """Return the stage of an issue's send; None stands for an issue without one."""
    if send is None or (send.status is SendStatus.CANCELLED and not send.digest):
        return SendStage.UNSENT
    if send.status is SendStatus.CANCELLED:
        return SendStage.CANCELLED
    if send.status in _AS_STORED:
        return _AS_STORED[send.status]
    if send.failing_since is not None:
        return SendStage.FAILING
    if send.status is SendStatus.RUNNING:
        waits = send.waits_until is not None and send.waits_until > now
        return SendStage.WAITING if waits else SendStage.SENDING
    if send.begins is None or send.begins <= now:
        return SendStage.STARTING
    return SendStage.COUNTING_DOWN if send.begins - now <= COUNTDOWN else SendStage.SCHEDULED
