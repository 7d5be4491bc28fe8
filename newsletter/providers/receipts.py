"""Receipts as the built-in providers make them."""

from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.message.mime import Recipient


def receipt(
    recipient: Recipient,
    status: DeliveryStatus,
    detail: str = "",
    *,
    provider_id: str = "",
    throttled: bool = False,
) -> Receipt:
    """Return a receipt for one recipient."""
    return Receipt(
        subscriber=recipient.subscriber, status=status, detail=detail, provider_id=provider_id, throttled=throttled
    )


def unbuildable(recipient: Recipient, why: ValueError) -> Receipt:
    """Return the receipt for a recipient whose message can't be built."""
    return receipt(recipient, DeliveryStatus.REFUSED, f"the message can't be built: {why}")
