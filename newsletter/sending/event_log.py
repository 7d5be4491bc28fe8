"""A send's log for operators: one JSON object on each line (https://jsonlines.org).

Every tool can parse it, and JSON escapes line ends and control characters in a mail server's answer, so that it can
neither begin a line nor steer a terminal.
"""

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from newsletter.domain.bounce_reasons import explain
from newsletter.domain.delivery import ClaimedDelivery, DeliveryStatus, Receipt
from newsletter.domain.send import Send
from newsletter.files.private_files import open_privately
from newsletter.message.encoding import ascii_domain

Fact = str | int | float | datetime | None | Mapping[str, int]


class LogEvent(StrEnum):
    """An event that the log records."""

    BEGAN = "send.began"  # its audience and content are frozen
    RESUMED = "send.resumed"  # a process continues a send that was frozen before
    WAITS = "send.waits"  # it resumes automatically
    PAUSED = "send.paused"  # a person has to resume it
    FINISHED = "send.finished"  # it is over; ``status`` tells whether it was cancelled or had failures
    RECORDED = "batch.recorded"  # the answers to a batch are in the ledger
    # Deliveries that were submitted have no event of their own: a log line for each reader would be too many.
    REFUSED = "delivery.refused"  # for good; a person can retry it
    DEFERRED = "delivery.deferred"  # the reader's server or the provider asks to try again later
    UNCERTAIN = "delivery.uncertain"  # no answer came back, so the message may have arrived
    LEASE_LOST = "lease.lost"  # another process has taken the send over
    DATABASE_BUSY = "database.busy"  # the database didn't answer; the send tries again
    OUTAGE = "provider.outage"  # the circuit breaker has opened
    RECOVERED = "provider.recovered"  # it has closed again
    SILENT = "provider.silent"  # no answer for a while, which may be an outage or a slow server


_SEND_FACTS: Mapping[LogEvent, Callable[[Send], Mapping[str, Fact]]] = {
    LogEvent.BEGAN: lambda send: {"provider": send.provider, "recipients": send.recipients},
    LogEvent.RESUMED: lambda send: {"provider": send.provider, "recipients": send.recipients, "settled": send.settled},
    LogEvent.WAITS: lambda send: {"until": send.waits_until, "reason": send.reason},
    LogEvent.PAUSED: lambda send: {"reason": send.reason},
    LogEvent.FINISHED: lambda send: {"status": send.status, "counts": _by_name(send.counts)},
    LogEvent.LEASE_LOST: lambda send: {"holder": send.holder},
}
_DELIVERY_EVENTS = {
    DeliveryStatus.REFUSED: LogEvent.REFUSED,
    DeliveryStatus.DEFERRED: LogEvent.DEFERRED,
    DeliveryStatus.UNCERTAIN: LogEvent.UNCERTAIN,
}


class EventLog:
    """A log that writes each event to ``out`` as one line, at once. Without ``out`` it does nothing.

    It hides readers' addresses unless ``addresses`` is true. A line that can't be written doesn't stop the send:
    ``unwritten`` counts such lines, and the caller reports them at the end. Threads may share a log.
    """

    def __init__(
        self,
        out: BinaryIO | None = None,
        *,
        addresses: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.unwritten = 0
        self._out = out
        self._addresses = addresses
        self._clock = clock
        self._torn = False  # whether the last line was written in part
        self._lock = threading.Lock()  # guards the counter, and whether the last line is torn

    def write(self, event: LogEvent, send: Send | None = None, **facts: Fact) -> None:
        """Log an event with the facts of the send that belong to it, and further facts."""
        send_facts = _SEND_FACTS[event](send) if send and event in _SEND_FACTS else {}
        self._write(event, send, {**send_facts, **facts}, ())

    def write_batch(self, send: Send, batch: Sequence[ClaimedDelivery], receipts: Sequence[Receipt]) -> None:
        """Log the receipts of a batch: their counts by status, and a line for each delivery that was not submitted."""
        if self._out is None:
            return
        counts = Counter(receipt.status for receipt in receipts)
        self._write(LogEvent.RECORDED, send, {"deliveries": len(batch), "counts": _by_name(counts)}, ())
        readers = {claimed.subscriber: claimed for claimed in batch}
        for receipt in receipts:
            claimed = readers.get(receipt.subscriber)
            if receipt.status in _DELIVERY_EVENTS and claimed is not None:
                facts: dict[str, Fact] = {
                    "reader": receipt.subscriber,
                    **({"address": claimed.address} if self._addresses else {}),
                    "attempt": claimed.attempt,
                    "reason": explain(receipt.detail).words,
                    "said": receipt.detail,
                }
                self._write(_DELIVERY_EVENTS[receipt.status], send, facts, _address_forms(claimed.address))

    def _write(self, event: LogEvent, send: Send | None, facts: Mapping[str, Fact], names: Sequence[str]) -> None:
        if self._out is None:
            return
        values = {
            "time": self._clock(),
            "event": event,
            **({"send": send.id, "issue": send.issue} if send else {}),
            **{name: value if self._addresses else _hide_addresses(value, names) for name, value in facts.items()},
        }
        line = json.dumps(values, default=_to_json).encode() + b"\n"
        with self._lock:
            # One write, so that the lines of several processes don't mingle in a file opened for appending.
            whole = b"\n" + line if self._torn else line
            written = _write_line(self._out, whole)
            self._torn = 0 < written < len(whole) or (self._torn and not written)
            self.unwritten += written < len(whole)


def _write_line(out: BinaryIO, line: bytes) -> int:
    try:
        written = out.write(line)
        out.flush()
    except OSError:
        return 0
    return written


@contextmanager
def open_event_log(path: Path, *, addresses: bool = False) -> Iterator[EventLog]:
    """Yield a log that appends to a file. A new file is readable by its owner only. Raise OSError if it can't."""
    with open(path, "ab", buffering=0, opener=open_privately) as out:
        yield EventLog(out, addresses=addresses)


def _to_json(value: object) -> str:
    return value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else str(value)


def _by_name(counts: Mapping[DeliveryStatus, int]) -> Mapping[str, int]:
    return {status.value: counts[status] for status in DeliveryStatus if counts.get(status)}


_MOST = 1000  # characters of a server's answer
_HIDDEN = "<address>"
_WORD = re.compile(r"[^\s<>()\[\],;]+")
_AT = re.compile("@|%40", re.IGNORECASE)
_SHORT = 3  # letters: a shorter mailbox name would match parts of ordinary text


def _address_forms(address: str) -> Sequence[str]:
    """Return the forms in which servers repeat an address: as it is, with an ASCII domain, and the mailbox alone."""
    mailbox = address.rpartition("@")[0]
    names = [address, *([mailbox] if len(mailbox) >= _SHORT else [])]
    with suppress(ValueError):  # the domain has no ASCII form
        names.insert(0, ascii_domain(address))
    return names


def _hide_addresses(value: Fact, names: Sequence[str]) -> Fact:
    """Return a value with these names of an address, and everything else that looks like an address, hidden."""
    if not isinstance(value, str):
        return value
    for name in names:
        value = re.sub(rf"(?<![\w.+-]){re.escape(name)}(?![\w+-])", _HIDDEN, value, flags=re.IGNORECASE)
    words = _WORD.sub(lambda word: _HIDDEN if _AT.search(word[0]) else word[0], value)
    return words.replace(f"<{_HIDDEN}>", _HIDDEN)[:_MOST]
