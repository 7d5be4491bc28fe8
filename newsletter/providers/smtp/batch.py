"""What of a batch is still to be handed over: letters made when their turn comes, and those that must wait."""

from collections import deque
from collections.abc import Callable, Sequence

from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.message.encoding import ascii_domain
from newsletter.message.mime import Letter, Recipient
from newsletter.providers.smtp.transactions import Outgoing


class Batch:
    """Letters without a receipt. ``signed`` adds a DKIM signature to a message."""

    def __init__(self, letters: Sequence[Letter], signed: Callable[[bytes], bytes] | None) -> None:
        self._signed = signed
        self._waiting = deque(letters)
        self._made: deque[Outgoing] = deque()
        self._refused: list[Receipt] = []
        self._strikes: dict[int, int] = {}

    def ready(self) -> bool:
        """Whether there is another letter; it is made now."""
        while self._waiting and not self._made:
            letter = self._waiting.popleft()
            try:
                message = letter.message()
                made = Outgoing(
                    letter=letter,
                    sender=letter.recipient.return_path or ascii_domain(letter.wire.email.sender.address),
                    address=letter.recipient.envelope,
                    message=self._signed(message) if self._signed else message,
                )
            except ValueError as err:
                self.refuse(letter.recipient, f"the message cannot be made: {err}")
            else:
                self._made.append(made)
        return bool(self._made)

    def next(self) -> Outgoing:
        """The letter that is ready."""
        return self._made.popleft()

    def put_first(self, outgoing: Outgoing) -> None:
        """It was not handed over, and is the next to be."""
        self._made.appendleft(outgoing)

    def put_last(self, outgoing: Outgoing, accepted: int) -> bool:
        """Let a letter wait, over which the server said that it is busy, until the others had their turn.

        False where it says so again although it ``accepted`` others since: then it is this letter after all.
        """
        reader = outgoing.recipient.subscriber
        if self._strikes.setdefault(reader, accepted) != accepted:
            return False
        self._waiting.append(outgoing.letter)
        return True

    def refuse(self, recipient: Recipient, why: str) -> None:
        """Never to be handed over."""
        self._refused.append(receipt(recipient, DeliveryStatus.REFUSED, why))

    def refused(self) -> list[Receipt]:
        """Receipts for those who were refused since the last time."""
        refused, self._refused = self._refused, []
        return refused


def receipt(recipient: Recipient, status: DeliveryStatus, detail: str, *, provider_id: str = "") -> Receipt:
    """A receipt for one recipient."""
    return Receipt(subscriber=recipient.subscriber, status=status, provider_id=provider_id, detail=detail)
