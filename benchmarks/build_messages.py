"""How fast messages of 80 KB are built, on one core: ``python -m benchmarks.build_messages``.

With a name and three signed links in each, in text and HTML; the same with links that are there already; and the mere
joining of as many constant pieces, which is what memory allows. Rounds of each in turn, medians are compared.
"""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from benchmarks.send_smtp import compiled
from newsletter.message.mime import Recipient, Wire
from newsletter.tokens import Signer

MESSAGES, ROUNDS = 20_000, 7
PER_SECOND, OF_JOINING = 60_000, 0.25
BASE = "https://news.example.org"


def main() -> None:
    """Print a line for each, and fail below a bound."""
    issue = compiled()
    wire = Wire(issue.email(), datetime.now(UTC))
    links = Signer("a secret of the benchmark").links(BASE, issue.issue)
    keys = [f"{at:032x}" for at in range(MESSAGES)]
    ready = links(keys[0])

    def recipient(at: int, values: dict[str, str]) -> Recipient:
        values["subscriber.first_name"] = f"Reader {at}"
        return Recipient(subscriber=at, key=keys[at], address=f"r{at}@example.com", values=values)

    def signed() -> None:
        for at in range(MESSAGES):
            wire.message(recipient(at, links(keys[at])))

    def unsigned() -> None:
        for at in range(MESSAGES):
            wire.message(recipient(at, ready.copy()))

    whole = wire.message(recipient(0, ready.copy()))
    count = len(wire._pieces)  # noqa: SLF001  as many pieces as a message is joined of
    step = len(whole) // count + 1
    pieces = [whole[first : first + step] for first in range(0, len(whole), step)]

    def joined() -> None:
        for _ in range(MESSAGES):
            b"".join(pieces.copy())

    rates = _rates({"signed": signed, "unsigned": unsigned, "joined": joined})
    ratio = rates["unsigned"] / rates["joined"]
    print(
        f"personalised messages of {len(whole) / 1000:.0f} KB with signed links, one core: {rates['signed']:,.0f}/s"
        f" | | {PER_SECOND:,}/s"
    )
    print(
        f"the same without signing, against joining the same octets: {rates['unsigned']:,.0f}/s to"
        f" {rates['joined']:,.0f}/s | {ratio:.2f} × | {OF_JOINING} ×"
    )
    if rates["signed"] < PER_SECOND or ratio < OF_JOINING:
        sys.exit("error: below the bound")


def _rates(ways: dict[str, Callable[[], None]]) -> dict[str, float]:
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, build in ways.items():
            before = time.process_time()
            build()
            seconds[name].append(time.process_time() - before)
    return {name: MESSAGES / statistics.median(taken) for name, taken in seconds.items()}


if __name__ == "__main__":
    main()
