"""Whether the first answers of a send can be believed: a mail server that is set up wrongly may know nobody."""

from collections.abc import Sequence

from newsletter.delivery import DeliveryStatus, Receipt
from newsletter.errors import ProviderError

ENOUGH = 50  # answers


class FirstAnswers:
    """The first clear answers of a send, behind ``before`` that earlier runs of it had."""

    def __init__(self, before: int) -> None:
        self._answers = before
        self._gone = 0

    def doubt(self, receipts: Sequence[Receipt]) -> ProviderError | None:
        """Why a person should look before the send goes on, as soon as there are enough answers; said once.

        Each address that is gone is suppressed, so a whole audience would be.
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
            mend="see that the provider is set up rightly; `newsletter sends deliveries` lists these readers, "
            "`newsletter suppressions remove` lets one be mailed again, and --resume goes on",
        )
