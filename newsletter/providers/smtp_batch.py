"""What of a batch is still to be handed over: letters made when their turn comes, and those that must wait."""

from collections import deque
from collections.abc import Callable, Sequence

from newsletter.delivery import DeliveryStatus, Receipt
from newsletter.encoding import ascii_domain
from newsletter.message import Recipient, Wire
from newsletter.providers.smtp_transactions import Letter


class Batch:
    """Readers without a receipt. ``signed`` adds a DKIM signature to a message."""

    def __init__(self, wire: Wire, recipients: Sequence[Recipient], signed: Callable[[bytes], bytes] | None) -> None:
        self._wire = wire
        self._sender = ascii_domain(wire.email.sender.address)
        self._signed = signed
        self._waiting = deque(recipients)
        self._made: deque[Letter] = deque()
        self._refused: list[Receipt] = []
        self._strikes: dict[int, int] = {}

    def ready(self) -> bool:
        """Whether there is another letter; it is made now."""
        while self._waiting and not self._made:
            recipient = self._waiting.popleft()
            try:
                message = self._wire.message(recipient)
                letter = Letter(
                    recipient=recipient,
                    sender=self._sender,
                    address=recipient.envelope,
                    message=self._signed(message) if self._signed else message,
                )
            except ValueError as err:
                self.refuse(recipient, f"the message cannot be made: {err}")
            else:
                self._made.append(letter)
        return bool(self._made)

    def next(self) -> Letter:
        """The letter that is ready."""
        return self._made.popleft()

    def put_first(self, letter: Letter) -> None:
        """It was not handed over, and is the next to be."""
        self._made.appendleft(letter)

    def put_last(self, letter: Letter, accepted: int) -> bool:
        """Let a letter wait, over which the server said that it is busy, until the others had their turn.

        False where it says so again although it ``accepted`` others since: then it is this letter after all.
        """
        reader = letter.recipient.subscriber
        if self._strikes.setdefault(reader, accepted) != accepted:
            return False
        self._waiting.append(letter.recipient)
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
