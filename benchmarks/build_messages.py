"""How fast messages of 80 KB are built on one core, against joining as many constant pieces of the same size.

Each message has a name and three signed links, in text and HTML. The join is what memory allows.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from benchmarks.results import Report, in_turns, parser
from benchmarks.send_smtp import compiled
from newsletter.message.mime import Recipient, Wire
from newsletter.tokens import Signer

MESSAGES, ROUNDS = 20_000, 7
SIGNED, UNSIGNED = 0.11, 0.18  # of the join's rate, at least
BASE = "https://news.example.org"


def main() -> None:
    """Measure all three in turns."""
    chosen = parser(__doc__)
    chosen.add_argument("--messages", type=int, default=MESSAGES)
    chosen.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = chosen.parse_args()
    count = arguments.messages
    issue = compiled()
    wire = Wire(issue.email(), datetime.now(UTC))
    links = Signer("a secret of the benchmark").links(BASE, issue.issue)
    keys = [f"{at:032x}" for at in range(count)]
    ready = links(keys[0])

    def recipient(at: int, values: dict[str, str]) -> Recipient:
        values["subscriber.first_name"] = f"Reader {at}"
        return Recipient(subscriber=at, key=keys[at], address=f"r{at}@example.com", values=values)

    def signed() -> None:
        for at in range(count):
            wire.message(recipient(at, links(keys[at])))

    def unsigned() -> None:
        for at in range(count):
            wire.message(recipient(at, ready.copy()))

    whole = wire.message(recipient(0, ready.copy()))
    pieces = cut(whole, len(wire._pieces))  # noqa: SLF001  as many pieces as a message is joined from

    def joined() -> None:
        for _ in range(count):
            b"".join(pieces.copy())

    tasks = {"signed": signed, "unsigned": unsigned, "joined": joined}
    rates = in_turns(arguments.rounds, {name: rate(build, count) for name, build in tasks.items()})
    report = Report(as_json=arguments.json)
    rows = {
        "signed": (f"messages of {len(whole) / 1000:.0f} KB with three signed links, one core", SIGNED),
        "unsigned": ("the same with links signed before", UNSIGNED),
    }
    for name, (what, bound) in rows.items():
        report.add(
            what,
            f"{rates[name]:,.0f}/s",
            yardstick=f"joining the same octets: {rates['joined']:,.0f}/s",
            ratio=rates[name] / rates["joined"],
            at_least=bound,
        )
    report.finish()


def cut(whole: bytes, pieces: int) -> list[bytes]:
    """Cut a message into that many pieces."""
    step = len(whole) // pieces + 1
    return [whole[first : first + step] for first in range(0, len(whole), step)]


def rate(build: Callable[[], None], count: int) -> Callable[[], float]:
    """Return a function that builds all messages and returns how many it built in a second of processor time."""

    def measured() -> float:
        before = time.process_time()
        build()
        return count / (time.process_time() - before)

    return measured


if __name__ == "__main__":
    main()
