"""How much memory a whole send takes, 10,000 and a million readers: ``python -m benchmarks.send_million``.

`sending.start` with the ledger on, for 1.25 readers a delivery and 10,000 editions, each send a process of its own. The
provider is in that process, makes every message of 80 KB and throws it away.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.freeze import READERS, WHEN, compiled, fill, tailor
from benchmarks.processes import Figures, alone, memory_row, peak
from newsletter import sending
from newsletter.__main__ import collect_rarely
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.segment import EVERYONE
from newsletter.message.mime import Letter
from newsletter.store import open_store
from newsletter.tokens import Signer


class Scales:
    """A provider that weighs messages."""

    batch_size = 100
    concurrency = 4
    deduplicates = False
    reports_within = 0

    def __init__(self, pause: float = 0.0) -> None:
        self._pause = pause

    def check(self, sender: str) -> None:
        """Nothing to look at."""

    def submit(self, letters: Sequence[Letter]) -> Iterator[Receipt]:
        """Each message once, after a pause that stands for a server that takes the batch."""
        time.sleep(self._pause)
        for letter in letters:
            yield Receipt(
                subscriber=letter.recipient.subscriber,
                status=DeliveryStatus.SUBMITTED,
                provider_id=f"<{len(letter.message())}>",
            )

    def close(self) -> None:
        """Nothing to give back."""


def sent(database: Path, pause: float = 0.0) -> Figures:
    """Send to everybody in a database, as the command does; ``pause`` is what a batch of 100 takes."""
    collect_rarely()
    chosen = tailor("many editions")
    signer = Signer("a secret of the benchmark")
    post = sending.Post(
        provider=Scales(pause), provider_name="x", signer=signer, base_url="https://longrun.example.org"
    )
    with open_store(f"sqlite:///{database}") as store:
        began = time.perf_counter()
        done = sending.start(store, post, compiled=compiled(chosen.issue), tailor=chosen, segments=[EVERYONE], now=WHEN)
        seconds = time.perf_counter() - began
        editions = len(store.frozen.editions(done.id).readers)
    if done.counts != {DeliveryStatus.SUBMITTED: done.recipients}:
        sys.exit(f"error: not everything was submitted: {done.counts}")
    return {"readers": done.recipients, "editions": editions, "seconds": seconds, "peak": peak()}


def main() -> None:
    """Print the rows, and fail where memory is over its bound."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--readers", type=int, default=READERS)
    arguments.add_argument("--database", type=Path)
    chosen = arguments.parse_args()
    if chosen.database:
        print(json.dumps(sent(chosen.database)))
        return
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.db", Path(folder) / "large.db"
        fill(small, max(chosen.readers // 100, 100))
        fill(large, chosen.readers)
        few, many = (alone("send_million", "--database", database) for database in (small, large))
    print(
        f"whole send of {many['readers']:,.0f} messages of {many['editions']:,.0f} editions, made and thrown away:"
        f" {many['seconds']:.0f} s, {many['readers'] / many['seconds']:,.0f}/s"
    )
    if memory_row("a whole send", few, many):
        sys.exit("error: a send takes too much memory")


if __name__ == "__main__":
    main()
