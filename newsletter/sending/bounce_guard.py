"""Pause a send when most of its first answers are bad addresses: a misconfigured mail server may reject everybody."""

from collections.abc import Sequence
from typing import Self

from newsletter.domain.bounce_reasons import explain
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.errors import ProviderError
from newsletter.store import Store

ENOUGH = 50  # answers


class BounceGuard:
    """A count of a send's first clear answers, continued from earlier runs: ``gone`` of ``answers`` were bad addresses.

    Both come from the ledger, so the count survives a kill. The transaction that records the answers also pauses the
    send. So a send that already has enough answers is not paused again: either it needed no pause, or a person has
    resumed it.
    """

    def __init__(self, answers: int = 0, gone: int = 0) -> None:
        self._answers = answers
        self._gone = gone

    @classmethod
    def from_ledger(cls, store: Store, send_id: int) -> Self:
        """Return the count of the answers that the ledger has."""
        details = store.controls.first_answers(send_id, ENOUGH)
        gone = [text for status, text in details if status is DeliveryStatus.REFUSED and explain(text).gone]
        return cls(len(details), len(gone))

    def reason_to_pause(self, receipts: Sequence[Receipt]) -> ProviderError | None:
        """Add receipts, and return why a person should check the send once there are enough answers, else None.

        With so many bad addresses the bounces are held (``store.held_bounces``), and all later ones would be too.
        """
        if self._answers >= ENOUGH:
            return None
        answers = (DeliveryStatus.SUBMITTED, DeliveryStatus.REFUSED)
        clear = [receipt for receipt in receipts if receipt.status in answers]
        self._answers += len(clear)
        self._gone += sum(receipt.gone for receipt in clear)
        if self._answers < ENOUGH or 2 * self._gone <= self._answers:
            return None
        return ManyGoneError(gone=self._gone, answers=self._answers)


class ManyGoneError(ProviderError):
    """A pause after most of the first answers said that the address does not exist, which few lists deserve."""

    code = "provider-many-gone"

    def __init__(self, *, gone: int, answers: int) -> None:
        self.gone = gone
        self.answers = answers
        super().__init__(
            f"{gone} of the first {answers} answers say that the address does not exist",
            hint="check the provider's settings and the held bounces, then resume the send",
        )
