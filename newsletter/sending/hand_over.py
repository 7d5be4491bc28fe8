"""Hand a batch to the provider, in a thread of its own, and collect its receipts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from newsletter.domain.delivery import ClaimedDelivery, DeliveryStatus, Receipt
from newsletter.errors import ProviderError, StoppedError, StoreError
from newsletter.message.mime import Letter
from newsletter.providers import Provider
from newsletter.sending.messages import LetterBuilder

NO_RECEIPT = "the provider gave no receipt"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchAnswer:
    """A provider's answer to a batch that was handed over in an ``epoch`` of the circuit breaker.

    ``refusal`` is why nothing more may be handed over. Without a batch, the provider was only checked.
    """

    batch: Sequence[ClaimedDelivery]
    receipts: Sequence[Receipt]
    epoch: int
    refusal: Exception | None = None

    @property
    def not_handed_over(self) -> Sequence[int]:
        """The readers to queue again: the provider refused altogether, or their editions could not be read.

        Empty if another process took the send over, since it has settled them already.
        """
        if not isinstance(self.refusal, ProviderError | StoreError):
            return ()
        answered = {receipt.subscriber for receipt in self.receipts}
        return [claimed.subscriber for claimed in self.batch if claimed.subscriber not in answered]


def batches(claimed: Sequence[ClaimedDelivery], size: int) -> Iterator[Sequence[ClaimedDelivery]]:
    """Yield claimed deliveries in batches of at most ``size``."""
    return (claimed[first : first + size] for first in range(0, len(claimed), size))


def check_provider(provider: Provider, sender: str, epoch: int) -> BatchAnswer:
    """Check the provider, which costs no message."""
    try:
        provider.check_sender(sender)
    except ProviderError as err:
        return BatchAnswer(batch=(), receipts=(), epoch=epoch, refusal=err)
    return BatchAnswer(batch=(), receipts=(), epoch=epoch)


def hand_over(provider: Provider, letters: LetterBuilder, batch: Sequence[ClaimedDelivery], epoch: int) -> BatchAnswer:
    """Hand over a batch and return the answer. Deliveries without a receipt are uncertain, unless all were refused."""
    receipts: list[Receipt] = []
    failed: Exception | None = None
    try:
        receipts.extend(_submit(provider, letters, batch))
    except (ProviderError, StoppedError, StoreError) as err:
        return BatchAnswer(batch=batch, receipts=receipts, epoch=epoch, refusal=err)
    except Exception as err:  # noqa: BLE001  a bug in the provider must not lose the receipts that it gave
        failed = err
    answered = {receipt.subscriber for receipt in receipts}
    receipts += [
        Receipt(subscriber=claimed.subscriber, status=DeliveryStatus.UNCERTAIN, detail=NO_RECEIPT)
        for claimed in batch
        if claimed.subscriber not in answered
    ]
    return BatchAnswer(batch=batch, receipts=receipts, epoch=epoch, refusal=failed)


def _submit(provider: Provider, letters: LetterBuilder, batch: Sequence[ClaimedDelivery]) -> Iterable[Receipt]:
    ready: list[Letter] = []
    for claimed in batch:
        try:
            recipient = letters.recipient(claimed)
        except ValueError as err:
            why = f"the message can't be built: {err}"
            yield Receipt(subscriber=claimed.subscriber, status=DeliveryStatus.REFUSED, detail=why)
        else:
            ready.append(letters.letter(recipient, claimed.edition))
    letters.ensure_held()
    yield from provider.submit(ready)
