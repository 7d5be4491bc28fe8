"""A circuit breaker: an outage of the provider costs the messages in flight when it began, and a few probes. No I/O.

An answer is *unclear* where messages may or may not have arrived (a timeout, a reset, a 500), or where the provider
cannot be reached. After the first one nothing more is handed over until all that is in flight has its answer. Then one
message alone is the probe. If its answer is clear, 2, 4, 8 … messages follow together, then batches, until all threads
are busy again: a provider that takes single messages and fails at batches costs two at a time. If it is not clear, the
next one comes after 1, 2, 4 … 32 seconds; then the send is put down for some minutes.
"""

from collections.abc import Sequence

from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.errors import OutageError

FIRST_WAIT = 1.0  # seconds before the second probe; each further one waits twice as long
PROBES = 7  # in vain, after which the send is put down
AGAIN = 5 * 60  # seconds until a send that was put down probes again
RECOVERED = 20  # clear answers in a row after which a new outage starts from the beginning
RESUMED = PROBES - 1  # where a send stands that was put down before: it has one more probe after the first


class Breaker:
    """Decides how many messages may be handed over. If all is well, that is ``concurrency`` batches of ``batch_size``.

    With ``probing`` the first hand-over is a probe, as if ``in_vain`` had failed before it.
    """

    def __init__(self, concurrency: int, batch_size: int, *, probing: bool = False, in_vain: int = 0) -> None:
        self.delay = 0.0
        self.epoch = 0
        """How many outages began. An answer to a batch of an earlier epoch says nothing about the present."""
        self.reason = ""
        self.probing = probing
        self._batch_size, self._full = batch_size, concurrency * batch_size
        self._width = 1 if probing else self._full  # messages
        self._in_vain = in_vain
        self._clear = 0
        self._looked = probing  # a send that is resumed has just asked the provider
        self._troubled: set[int] = set()

    @property
    def closed(self) -> bool:
        """Return whether messages may be handed over without limit."""
        return self._width >= self._full

    @property
    def exhausted(self) -> bool:
        """Return whether enough probes failed to put the send down."""
        return self.probing and self._in_vain > PROBES

    @property
    def look_first(self) -> bool:
        """Return whether the provider should be asked something that costs no message before the next probe."""
        return self.probing and self._in_vain > 1 and not self._looked

    def room(self, in_flight: int) -> int:
        """Return the number of messages that may be handed over beside so many batches in flight."""
        if self._width < self._batch_size:
            return 0 if in_flight else self._width
        return max(self._width // self._batch_size - in_flight, 0) * self._batch_size

    def waited(self) -> None:
        """Note that ``delay`` has passed."""
        self.delay = 0.0

    def looked(self) -> None:
        """Note that the provider answered what costs no message."""
        self._looked = True

    def hear(self, epoch: int, receipts: Sequence[Receipt], refusal: Exception | None) -> None:
        """Take the answer to a batch that was handed over in an epoch."""
        unclear = _unclear(receipts, refusal)
        if unclear is not None:
            self._troubled |= {one.subscriber for one in receipts if _is_unclear(one)}
        if epoch != self.epoch:
            return
        if unclear is not None:
            self._open(unclear)
        elif receipts:
            self._go_on()

    def concerns_others(self, subscriber: int) -> bool:
        """Return whether other readers' messages were in trouble too since the last clear answer.

        If so, a lost connection is no fault of this reader's message.
        """
        return bool(self._troubled - {subscriber})

    def _open(self, reason: str) -> None:
        self.epoch += 1
        self.reason = reason
        self.probing, self._looked = True, False
        self._width, self._clear = 1, 0
        self._in_vain += 1
        self.delay = FIRST_WAIT * 2 ** (self._in_vain - 2) if 1 < self._in_vain <= PROBES else 0.0

    def _go_on(self) -> None:
        self._troubled.clear()
        self._width = min(2 * self._width, self._full)
        self.probing = False
        self._clear += 1
        if self._clear >= RECOVERED:
            self._in_vain = 0


def _unclear(receipts: Sequence[Receipt], refusal: Exception | None) -> str | None:
    """Return why an answer is unclear, or None.

    A connection that was lost before a message was complete leaves no doubt: it matters where nothing came after it.
    """
    if isinstance(refusal, OutageError):
        return refusal.what
    doubts = [one.detail for one in receipts if one.status is DeliveryStatus.UNCERTAIN]
    if doubts:
        return doubts[0]
    return receipts[-1].detail if receipts and receipts[-1].lost else None


def _is_unclear(receipt: Receipt) -> bool:
    return receipt.status is DeliveryStatus.UNCERTAIN or receipt.lost
