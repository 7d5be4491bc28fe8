"""The queue of a batch: letters are built when their turn comes, and some have to wait for another turn."""

from collections import deque
from collections.abc import Callable, Sequence

from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.message.encoding import ascii_domain
from newsletter.message.mime import Letter, Recipient
from newsletter.providers.receipts import receipt, unbuildable
from newsletter.providers.smtp.transactions import Outgoing


class Batch:
    """A queue of letters without a receipt. ``signed`` adds a DKIM signature to a message."""

    def __init__(self, letters: Sequence[Letter], signed: Callable[[bytes], bytes] | None) -> None:
        self._signed = signed
        self._waiting = deque(letters)
        self._made: deque[Outgoing] = deque()
        self._refused: list[Receipt] = []
        self._strikes: dict[int, int] = {}

    def ready(self) -> bool:
        """Build the next letter if there is one, and return whether there is."""
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
                self._refused.append(unbuildable(letter.recipient, err))
            else:
                self._made.append(made)
        return bool(self._made)

    def pop(self) -> Outgoing:
        """Return the letter that was built by ``ready``."""
        return self._made.popleft()

    def put_first(self, outgoing: Outgoing) -> None:
        """Put a letter that was not handed over back to the front."""
        self._made.appendleft(outgoing)

    def put_last(self, outgoing: Outgoing, accepted: int) -> bool:
        """Put a letter at the end of the queue, after the server answered that it is busy.

        Return False if this is the second time and the server ``accepted`` others in between: the letter is at fault.
        """
        reader = outgoing.recipient.subscriber
        if self._strikes.setdefault(reader, accepted) != accepted:
            return False
        self._waiting.append(outgoing.letter)
        return True

    def refuse(self, recipient: Recipient, why: str) -> None:
        """Refuse a letter without handing it over."""
        self._refused.append(receipt(recipient, DeliveryStatus.REFUSED, why))

    def new_refusals(self) -> list[Receipt]:
        """Return receipts for the letters refused since the last call."""
        refused, self._refused = self._refused, []
        return refused
