"""Whether the first answers of a send can be believed: a mail server that is set up wrongly may know nobody."""

from collections.abc import Sequence
from typing import Self

from newsletter.domain.bounce_reasons import explained
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.errors import ProviderError
from newsletter.store import Store

ENOUGH = 50  # answers


class FirstAnswers:
    """The first clear answers of a send. Earlier runs of it may have had ``answers``, ``gone`` of them bad.

    Both come from the ledger, so the guard survives a kill. A send is paused in the transaction that writes the answers
    down, so a person who goes on with more than enough of them has been asked, or need not be.
    """

    def __init__(self, answers: int = 0, gone: int = 0) -> None:
        self._answers = answers
        self._gone = gone

    @classmethod
    def of(cls, store: Store, send_id: int) -> Self:
        """Count those that the ledger has."""
        details = store.controls.first_answers(send_id, ENOUGH)
        gone = [one for status, one in details if status is DeliveryStatus.REFUSED and explained(one).gone]
        return cls(len(details), len(gone))

    def doubt(self, receipts: Sequence[Receipt]) -> ProviderError | None:
        """Why a person should look before the send goes on, as soon as there are enough answers; said once.

        Far more of them than usual are gone, so their bounces are held (``store.bounces``), and so would all others be.
        """
        if self._answers >= ENOUGH:
            return None
        clear = [one for one in receipts if one.status in (DeliveryStatus.SUBMITTED, DeliveryStatus.REFUSED)]
        self._answers += len(clear)
        self._gone += sum(one.gone for one in clear)
        if self._answers < ENOUGH or 2 * self._gone <= self._answers:
            return None
        return ProviderError(
            f"{self._gone} of the first {self._answers} answers say that the address does not exist",
            hint="see that the provider is set up rightly; `newsletter suppressions held` lists these readers, "
            "`newsletter suppressions discard` lets them be mailed again, and --resume goes on",
        )
