"""`make soak`: sends of 20,000 readers by SMTP and SES, killed 200 times each; the table that docs/sending.md has."""

import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from newsletter.delivery import Uncertainty
from tests.sending.kills import Outcome, Processes, Ses, killed_at_random, prepare, receiver, ses, smtp
from tests.ses_stub import ses_stub

READERS, KILLS = 20_000, 200


def main() -> None:
    """Print a row for each kind of send as it ends; leave with 1 where something was lost or silently doubled."""
    table = Table("by", "uncertain ones are", "kills", "lost", "doubled", "silently", "uncertain", "held", "seconds")
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template.db"
        prepare(template, READERS)
        processes = Processes()
        for name in ("smtp", "ses"):
            for policy in Uncertainty:
                database = Path(folder) / f"{name}-{policy}.db"
                database.write_bytes(template.read_bytes())
                say(f"{name}, {policy}: {KILLS} kills over {READERS:,} readers …")
                before = time.monotonic()
                found = _killed(processes, f"sqlite:///{database}", name, policy)
                seconds = f"{time.monotonic() - before:.0f}"
                cells = (found.kills, found.lost, found.doubled, found.silently, found.uncertain, found.held)
                table.add_row(name, "held" if policy is Uncertainty.HOLD else "sent again", *map(str, cells), seconds)
                failed = failed or bool(found.lost or found.silently or found.differing)
    Console(width=110).print(table)
    if failed:
        sys.exit("error: a message was lost, or doubled without having been uncertain, or differed")


def say(words: str) -> None:
    """What is going on."""
    sys.stderr.write(f"{words}\n")


def _killed(processes: Processes, url: str, name: str, policy: Uncertainty) -> Outcome:
    seed = time.time_ns()
    say(f"seed {seed}")
    if name == "smtp":
        with receiver() as server:
            via = smtp(server.port)
            return killed_at_random(processes, url, via, server, readers=READERS, kills=KILLS, policy=policy, seed=seed)
    with ses_stub() as stub:
        via = ses(stub.url)
        return killed_at_random(processes, url, via, Ses(stub), readers=READERS, kills=KILLS, policy=policy, seed=seed)


if __name__ == "__main__":
    main()
