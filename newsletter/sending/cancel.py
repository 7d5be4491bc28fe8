"""Cancel a send, whatever process runs it."""

from collections.abc import Callable

from newsletter.domain.delivery import SEND_TRANSITIONS, DeliveryStatus, Send, SendStatus, impossible_transition
from newsletter.errors import AskedToStopError, HeldError
from newsletter.sending.stop_signals import requests
from newsletter.store import Store

SHORT = 1.0  # seconds that pass in silence
A_LOOK = 0.1


def cancel(store: Store, send_id: int, *, notice: Callable[[str], None] = lambda _: None) -> Send:
    """Cancel a send and return it as it then is; nothing goes out any more when this returns.

    The process that runs the send finishes what is under way and lets go of it; this waits for that, and says so. Where
    that process died, nobody knows whether its last messages arrived: they are uncertain. Raises SendError where the
    send is over, AskedToStopError where somebody does not want to wait; the send is cancelled all the same.
    """
    send = store.sends.get(send_id)
    refuse_if_over(send)
    if send.status is not SendStatus.CANCELLED:
        store.controls.cancel(send_id)
    if send.digest or store.sends.get(send_id).digest:  # else nothing can be under way, and nothing begins any more
        _wait_for_the_last(store, send_id, notice)
    return store.sends.get(send_id)


def refuse_if_over(send: Send) -> None:
    """Raise SendError if the send can't be cancelled, or is cancelled and nothing of it is under way."""
    half_cancelled = send.status is SendStatus.CANCELLED and DeliveryStatus.SUBMITTING in send.counts
    if SendStatus.CANCELLED not in SEND_TRANSITIONS[send.status] and not half_cancelled:
        raise impossible_transition(send.issue, send.status, SendStatus.CANCELLED)


def _wait_for_the_last(store: Store, send_id: int, notice: Callable[[str], None]) -> None:
    waited = 0.0
    with requests() as asked:
        while True:
            holder = store.leases.holder(send_id)
            try:
                if not holder:
                    # From a process that was stopped and may wake, only the lease keeps its last messages back.
                    with store.leases.take(send_id):
                        store.sends.interrupted(send_id, repeatable=False)
                        return
            except HeldError:
                pass  # it lives after all
            if waited >= SHORT > waited - A_LOOK:
                notice(f"{holder or 'another process'} finishes what is under way; this command waits for that")
            if asked:
                raise AskedToStopError(
                    f"the send is cancelled, but messages that were under way may still go out: {holder}",
                    hint=f"`newsletter sends show {send_id}` says when they are answered",
                )
            asked.wait(A_LOOK)
            waited += A_LOOK
