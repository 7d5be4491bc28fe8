"""How much memory a whole send takes for a million readers, against a hundredth of them.

``sending.start`` with the ledger on, 1.25 readers a delivery and 10,000 editions, each send in a process of its own.
The provider is in that process; it builds every message of 80 KB and throws it away.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.freeze import READERS, fill, freeze_request, tailor
from benchmarks.processes import Figures, add_memory, alone, peak
from benchmarks.results import Report, parser
from newsletter import sending
from newsletter.__main__ import collect_rarely
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.message.mime import Letter
from newsletter.store import open_store
from tests import make


class DiscardingProvider:
    """A provider that builds every message and throws it away."""

    batch_size = 100
    concurrency = 4
    deduplicates = False
    reports_within = 0

    def __init__(self, pause: float = 0.0) -> None:
        self._pause = pause

    def check_sender(self, sender: str) -> None:
        """Accept any sender."""

    def submit(self, letters: Sequence[Letter]) -> Iterator[Receipt]:
        """Build each message once, after the pause in which a server would accept the batch."""
        time.sleep(self._pause)
        for letter in letters:
            yield Receipt(
                subscriber=letter.recipient.subscriber,
                status=DeliveryStatus.SUBMITTED,
                provider_id=f"<{len(letter.message())}>",
            )

    def close(self) -> None:
        """Do nothing: there are no connections."""


def sent(database: Path, pause: float = 0.0) -> Figures:
    """Send to everybody in a database, as the command does; each batch of 100 takes ``pause`` seconds."""
    collect_rarely()
    chosen = tailor("many editions")
    context = make.send_context(DiscardingProvider(pause), "discarding", base_url="https://longrun.example.org")
    with open_store(f"sqlite:///{database}") as store:
        began = time.perf_counter()
        done = sending.start(store, context, freeze_request(chosen)).result()
        seconds = time.perf_counter() - began
        editions = len(store.frozen.editions(done.id).readers)
    if done.counts != {DeliveryStatus.SUBMITTED: done.recipients}:
        sys.exit(f"error: not everything was submitted: {done.counts}")
    return {"readers": done.recipients, "editions": editions, "seconds": seconds, "peak": peak()}


def main() -> None:
    """Measure a small and a large send."""
    chosen = parser(__doc__)
    chosen.add_argument("--readers", type=int, default=READERS)
    chosen.add_argument("--database", type=Path, help="send to everybody in this database, and print JSON")
    arguments = chosen.parse_args()
    if arguments.database:
        print(json.dumps(sent(arguments.database)))
        return
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.db", Path(folder) / "large.db"
        fill(small, max(arguments.readers // 100, 100))
        fill(large, arguments.readers)
        few, many = (alone("send_million", "--database", database) for database in (small, large))
    report = Report(as_json=arguments.json)
    report.add(
        f"whole send of {many['readers']:,.0f} messages, {many['editions']:,.0f} editions, built and thrown away",
        f"{many['seconds']:.0f} s, {many['readers'] / many['seconds']:,.0f}/s",
    )
    add_memory(report, "a whole send", few, many)
    report.finish()


if __name__ == "__main__":
    main()
