"""Give a send up, whoever was at work on it."""

from newsletter.delivery import DeliveryStatus, SendStatus
from newsletter.store import Store


def cancel(store: Store, send_id: int) -> int:
    """Whoever was not given a message is skipped; how many. Raises SendError where the send is over.

    What is under way is answered to the process that runs the send. Where that died, nobody knows whether it arrived:
    it is uncertain. If it dies afterwards, the same call once more says so.
    """
    send = store.sends.get(send_id)
    again = send.status is SendStatus.CANCELLED and DeliveryStatus.SUBMITTING in send.counts
    skipped = 0 if again else store.controls.cancel(send_id)
    if not store.leases.holder(send_id):
        store.sends.interrupted(send_id, repeatable=False)
    return skipped
