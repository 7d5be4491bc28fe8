"""A circuit breaker: an outage puts at risk only the messages in flight when it began, and a few probes. No I/O.

An answer is *unclear* if messages may or may not have arrived (a timeout, a reset, a 500) or the provider can't be
reached. After the first unclear answer nothing more is handed over until everything in flight is answered. Then one
message goes out alone as a probe. After a clear answer 2, 4, 8 … messages follow together, then batches, until all
threads are busy again: a provider that accepts single messages and fails on batches costs two at a time. After an
unclear answer the next probe follows in 1, 2, 4 … 32 seconds; after that the send is suspended for some minutes.
"""

from collections.abc import Sequence

from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.errors import OutageError

FIRST_WAIT = 1.0  # seconds before the second probe; the wait doubles with each further one
PROBES = 7  # failed probes after which the send is suspended
AGAIN = 5 * 60  # seconds until a suspended send probes again
RECOVERED = 20  # clear answers in a row after which the count of failed probes starts again at 0
RESUMED = PROBES - 1  # failed probes that a resumed send starts with: it has one more probe after the first


class Breaker:
    """A limit on how many messages may be in flight: ``concurrency`` batches of ``batch_size`` if all is well.

    With ``probing``, it starts with a probe, as if ``failed_probes`` probes had failed before.
    """

    def __init__(self, concurrency: int, batch_size: int, *, probing: bool = False, failed_probes: int = 0) -> None:
        self.delay = 0.0
        self.epoch = 0
        """The number of outages so far. An answer to a batch of an earlier epoch says nothing about the present."""
        self.reason = ""
        self.probing = probing
        self._batch_size, self._full = batch_size, concurrency * batch_size
        self._width = 1 if probing else self._full  # messages
        self._failed_probes = failed_probes
        self._clear = 0
        self._checked = probing  # a resumed send has just checked the provider
        self._unclear_readers: set[int] = set()

    @property
    def closed(self) -> bool:
        """Return whether all threads may be busy."""
        return self._width >= self._full

    @property
    def exhausted(self) -> bool:
        """Return whether enough probes have failed to suspend the send."""
        return self.probing and self._failed_probes > PROBES

    @property
    def check_first(self) -> bool:
        """Return whether to check the provider, which costs no message, before the next probe."""
        return self.probing and self._failed_probes > 1 and not self._checked

    def room(self, in_flight: int) -> int:
        """Return the number of messages that may be handed over while ``in_flight`` batches are in flight."""
        if self._width < self._batch_size:
            return 0 if in_flight else self._width
        return max(self._width // self._batch_size - in_flight, 0) * self._batch_size

    def waited(self) -> None:
        """Note that ``delay`` has passed."""
        self.delay = 0.0

    def checked(self) -> None:
        """Note that the provider passed its check."""
        self._checked = True

    def record(self, epoch: int, receipts: Sequence[Receipt], refusal: Exception | None) -> None:
        """Record the answer to a batch that was handed over in ``epoch``."""
        unclear = _unclear(receipts, refusal)
        if unclear is not None:
            self._unclear_readers |= {receipt.subscriber for receipt in receipts if _is_unclear(receipt)}
        if epoch != self.epoch:
            return
        if unclear is not None:
            self._open(unclear)
        elif receipts:
            self._widen()

    def concerns_others(self, subscriber: int) -> bool:
        """Return whether other readers' messages had unclear answers too since the last clear one.

        If so, a lost connection is not the fault of this reader's message.
        """
        return bool(self._unclear_readers - {subscriber})

    def _open(self, reason: str) -> None:
        self.epoch += 1
        self.reason = reason
        self.probing, self._checked = True, False
        self._width, self._clear = 1, 0
        self._failed_probes += 1
        self.delay = FIRST_WAIT * 2 ** (self._failed_probes - 2) if 1 < self._failed_probes <= PROBES else 0.0

    def _widen(self) -> None:
        self._unclear_readers.clear()
        self._width = min(2 * self._width, self._full)
        self.probing = False
        self._clear += 1
        if self._clear >= RECOVERED:
            self._failed_probes = 0


def _unclear(receipts: Sequence[Receipt], refusal: Exception | None) -> str | None:
    """Return why an answer is unclear, or None.

    A connection lost before a message was complete leaves no doubt about that message. It counts only as the last one.
    """
    if isinstance(refusal, OutageError):
        return refusal.what
    doubts = [receipt.detail for receipt in receipts if receipt.status is DeliveryStatus.UNCERTAIN]
    if doubts:
        return doubts[0]
    return receipts[-1].detail if receipts and receipts[-1].lost else None


def _is_unclear(receipt: Receipt) -> bool:
    return receipt.status is DeliveryStatus.UNCERTAIN or receipt.lost
