"""Cancel a send, whatever process runs it."""

from collections.abc import Callable

from newsletter.delivery import DeliveryStatus, SendStatus
from newsletter.errors import AskedToStopError, HeldError
from newsletter.sending.interrupts import requests
from newsletter.store import Store

SHORT = 1.0  # seconds that pass in silence
A_LOOK = 0.1


def cancel(store: Store, send_id: int, *, notice: Callable[[str], None] = lambda _: None) -> int:
    """Cancel a send and return how many readers are skipped; nothing goes out any more when this returns.

    The process that runs the send finishes what is under way and lets go of it; this waits for that, and says so. Where
    that process died, nobody knows whether its last messages arrived: they are uncertain. Raises SendError where the
    send is over, AskedToStopError where somebody does not want to wait; the send is cancelled all the same.
    """
    send = store.sends.get(send_id)
    again = send.status is SendStatus.CANCELLED and DeliveryStatus.SUBMITTING in send.counts
    skipped = 0 if again else store.controls.cancel(send_id)
    if send.digest or store.sends.get(send_id).digest:  # else nothing can be under way, and nothing begins any more
        _wait_for_the_last(store, send_id, notice)
    return skipped


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
                    mend=f"`newsletter sends show {send_id}` says when they are answered",
                )
            asked.wait(A_LOOK)
            waited += A_LOOK
