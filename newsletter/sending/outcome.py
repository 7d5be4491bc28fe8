"""The outcome of a run: its send has finished, waits for a later time, or was stopped."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.domain.send import Send, SendStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A send with every delivery settled. Its status says whether any of them failed."""

    send: Send

    def result(self) -> Send:
        """Return the send."""
        return self.send


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitUntil:
    """A running send that can hand over nothing before ``until``, for this reason. Resume it then."""

    send: Send
    until: datetime
    reason: str

    def result(self) -> Send:
        """Return the send."""
        return self.send


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A send that this process stopped working on before all deliveries were settled.

    ``error`` says why: AskedToStopError if somebody asked this process to stop; StoppedError if somebody paused or
    cancelled the send, or another process took it over; ProviderError if the provider refuses altogether (the send is
    then paused); StoreError if the ledger can't be read. It is None if that happened while the send waited, and its
    status says what.
    """

    send: Send
    error: Exception | None = None

    def result(self) -> Send:
        """Raise ``error`` if there is one; otherwise return the send."""
        if self.error is not None:
            raise self.error
        return self.send


SendOutcome = Finished | WaitUntil | Stopped


def outcome_of(send: Send, error: Exception | None = None) -> SendOutcome:
    """Return the outcome of a run that left the send as it is now; ``error`` is what ended the run, if anything did."""
    if error is not None:
        return Stopped(send=send, error=error)
    if send.status.ended:
        return Finished(send=send)
    if send.status is SendStatus.RUNNING and send.waits_until is not None:
        return WaitUntil(send=send, until=send.waits_until, reason=send.reason)
    return Stopped(send=send)
