"""Cancel a send, whatever process runs it."""

from collections.abc import Callable

from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.send import SEND_TRANSITIONS, Send, SendStatus
from newsletter.domain.send_errors import TransitionError, UnansweredCancelError
from newsletter.errors import HeldError
from newsletter.sending.stop_signals import stop_requests
from newsletter.store import Store

SHORT = 1.0  # seconds to wait before the operator is told why
CHECK_EVERY = 0.1  # seconds between two checks of the lease


def cancel(
    store: Store,
    send_id: int,
    *,
    notice: Callable[[str], None] = lambda _: None,
    patience: float | None = None,
) -> Send:
    """Cancel a send and return it. Nothing is sent after this returns.

    Wait until the process that runs the send has finished what is in flight, and tell the operator if that takes long.
    If that process died, its last messages become uncertain, since they may have arrived. With ``patience``, wait at
    most for so many seconds: some messages may be in flight afterwards, and no other is sent. Raise SendError if the
    send is over, and AskedToStopError if somebody stops the wait; the send is cancelled even then.
    """
    send = store.sends.get(send_id)
    refuse_if_over(send)
    if send.status is not SendStatus.CANCELLED:
        store.controls.cancel(send_id)
    if send.digest or store.sends.get(send_id).digest:  # otherwise nothing is in flight, and nothing can begin now
        _wait_until_released(store, send_id, notice, patience)
    return store.sends.get(send_id)


def refuse_if_over(send: Send) -> None:
    """Raise SendError if the send can't be cancelled, or is cancelled with nothing in flight."""
    half_cancelled = send.status is SendStatus.CANCELLED and DeliveryStatus.SUBMITTING in send.counts
    if SendStatus.CANCELLED not in SEND_TRANSITIONS[send.status] and not half_cancelled:
        raise TransitionError(issue=send.issue, status=send.status, to=SendStatus.CANCELLED)


def _wait_until_released(store: Store, send_id: int, notice: Callable[[str], None], patience: float | None) -> None:
    waited = 0.0
    with stop_requests() as stop:
        while True:
            holder = store.leases.holder(send_id)
            try:
                if not holder:
                    # A stopped process may wake up: only losing the lease keeps it from sending its last messages.
                    with store.leases.acquire(send_id):
                        store.deliveries.settle_interrupted(send_id, deduplicates=False)
                        return
            except HeldError:
                pass  # the holder is alive after all
            if waited >= SHORT > waited - CHECK_EVERY:
                notice(f"waiting for {holder or 'another process'} to finish the messages in flight")
            if patience is not None and waited >= patience:
                return
            if stop:
                raise UnansweredCancelError(send=send_id, holder=holder)
            stop.wait(CHECK_EVERY)
            waited += CHECK_EVERY
