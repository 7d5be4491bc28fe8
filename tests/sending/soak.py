"""`make soak`: sends of 20,000 readers by SMTP and SES, killed 200 times each; the table that docs/sending.md has."""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from newsletter.delivery import Uncertainty
from tests.sending.kills import Outcome, Processes, killed_at_random, new_copy, prepare, ses, smtp
from tests.sending.receiving import Ses, receiver
from tests.ses_stub import ses_stub

READERS, KILLS = 20_000, 200
POLICIES = {Uncertainty.HOLD: "held", Uncertainty.RESEND: "sent again"}


def main() -> None:
    """Print a row for each kind of send; leave with 1 where something was lost, or doubled without being uncertain."""
    table = Table("by", "uncertain ones are", "kills", "lost", "doubled", "silently", "uncertain", "held", "seconds")
    failed = False
    with TemporaryDirectory() as folder:
        template = Path(folder) / "newsletter.db"
        prepare(template, READERS)
        database = template.read_bytes()
        processes = Processes()
        for name in ("smtp", "ses"):
            for policy, word in POLICIES.items():
                seed = time.time_ns()
                _say(f"{name}, uncertain ones {word}: {KILLS} kills over {READERS:,} readers, seed {seed} …")
                began = time.monotonic()
                found = _killed(processes, new_copy(database, Path(folder)), name, policy, seed)
                counts = (found.kills, found.lost, found.doubled, found.silently, found.in_flight, found.held)
                table.add_row(name, word, *(f"{number:,}" for number in counts), f"{time.monotonic() - began:.0f}")
                failed = failed or bool(found.lost or found.silently or found.differing)
    Console(width=110).print(table)
    if failed:
        sys.exit("error: a message was lost, or doubled without having been uncertain, or differed")


def _killed(processes: Processes, url: str, name: str, policy: Uncertainty, seed: int) -> Outcome:
    if name == "smtp":
        with receiver() as server:
            via = smtp(server.port)
            return killed_at_random(processes, url, via, server, readers=READERS, kills=KILLS, policy=policy, seed=seed)
    with ses_stub() as stub:
        via = ses(stub.url)
        return killed_at_random(processes, url, via, Ses(stub), readers=READERS, kills=KILLS, policy=policy, seed=seed)


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")


if __name__ == "__main__":
    main()
