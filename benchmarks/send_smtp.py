"""A whole send by SMTP against C, Python and Node, in one run: ``python -m benchmarks.send_smtp [--readers 20000]``.

`sending.start` with the ledger on (SQLite, synchronous=FULL), three signed links in each 80 KB message, 10 connections,
all on 127.0.0.1 into Postfix's `smtp-sink`. The peers send messages of the same size over as many connections, the slow
ones fewer of them; each round has them all, one after another, and the medians of the rounds are compared.
"""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.smtp_peers import LINE, LINES, NODEMAILER, PARAGRAPH, PARAGRAPHS, smtplib_and_jinja
from newsletter import sending
from newsletter.domain.addresses import Mailbox
from newsletter.domain.edition import Tailor
from newsletter.domain.issue import Issue
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Subscriber
from newsletter.domain.topics import Topics
from newsletter.message.compiled_issue import CompiledIssue, Part
from newsletter.message.template import Slot
from newsletter.providers import open_provider
from newsletter.store import open_store
from newsletter.tokens import Signer

SIZE = 80_000  # octets of a message
CONNECTIONS = 10
SENDER = "editors@news.example.org"
PATIENCE = 600  # seconds for any one of them
REACH = {"smtp-source": 0.9, "smtplib + EmailMessage + Jinja": 25.0, "nodemailer, pool": 12.0}
_HOW = "apt-get install --no-install-recommends postfix"


def main() -> None:
    """Run the rounds, print a line for each sender, and fail where a ratio is below its bound."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--readers", type=int, default=20_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--batch-size", type=int, default=100)
    arguments.add_argument("--nodemailer", type=Path, default=Path(tempfile.gettempdir()) / "newsletter-bench")
    arguments.add_argument("--only", choices=["newsletter", "smtp-source"], help="one sender, for a profile")
    chosen = arguments.parse_args()
    if not (0 < chosen.readers <= 1_000_000 and 0 < chosen.rounds <= 20):
        sys.exit("error: --readers is at most 1,000,000 and --rounds at most 20")
    senders: dict[str, Callable[[int], float]] = {
        "newsletter": lambda port: whole_send(port, chosen.readers, chosen.batch_size),
        "smtp-source": lambda port: smtp_source(port, chosen.readers),
        "smtplib + EmailMessage + Jinja": lambda port: smtplib_and_jinja(port, max(chosen.readers // 20, 10)),
        "nodemailer, pool": lambda port: nodemailer(port, max(chosen.readers // 10, 10), chosen.nodemailer),
    }
    if chosen.only:
        senders = {chosen.only: senders[chosen.only]}
    else:
        nodemailer_folder(chosen.nodemailer)
    rates: dict[str, list[float]] = {name: [] for name in senders}
    for _ in range(chosen.rounds):
        for name, send in senders.items():
            with smtp_sink() as port:
                rates[name].append(send(port))
    report({name: statistics.median(found) for name, found in rates.items()})


def report(rates: dict[str, float]) -> None:
    """One line for each."""
    own = rates.get("newsletter", 0)
    failed = []
    for name, rate in rates.items():
        bound = REACH.get(name)
        line = f"SMTP, 80 KB, {name}: {rate:,.0f}/s"
        if bound is not None and own:
            line += f" | newsletter is {own / rate:.2f} × that | {bound:g} ×"
            if own / rate < bound:
                failed.append(name)
        print(line, flush=True)
    if failed:
        sys.exit(f"error: not reached against {', '.join(failed)}")


def compiled() -> CompiledIssue:
    """An issue whose message has about 80,000 octets and three of the reader's own links."""
    constant = PARAGRAPH
    name = Slot("subscriber.first_name", "reader")
    text = ("Good morning, ", name, ".\n\n", LINE * LINES, "\n", Slot("links.unsubscribe"), "\n")
    links = (Slot("links.unsubscribe"), '">out</a><a href="', Slot("links.preferences"), '">topics</a><a href="')
    html = ("<p>", name, "</p>\n", constant * PARAGRAPHS, '<a href="', *links, Slot("links.browser"), '">online</a>\n')
    return CompiledIssue(
        issue="2026-11-23",
        newsletter="The Daily Test",
        sender=Mailbox(address=SENDER, name="The Daily Test"),
        reply_to=None,
        list_id="the-daily-test.news.example.org",
        subject=("Good morning",),
        preheader=("",),
        html=(Part(template=html),),
        text=(Part(template=text),),
        titles=("The only entry",),
    )


def whole_send(port: int, readers: int, batch_size: int) -> float:
    """What `newsletter send` does after its checks, freezing included; messages a second."""
    options = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "connections": CONNECTIONS,
        "batch_size": batch_size,
        "messages_per_connection": 1_000_000,
    }
    with tempfile.TemporaryDirectory() as folder, open_store(f"sqlite:///{folder}/newsletter.db") as store:
        store.subscribers.merge(
            [[Subscriber(address=f"r{at}@example.com", first_name=f"Reader {at}") for at in range(readers)]],
            now=datetime.now(UTC),
        )
        provider = open_provider("smtp", options, root=Path(folder), environment={})
        signer = Signer("a secret of the benchmark")
        post = sending.Post(provider=provider, provider_name="smtp", signer=signer, base_url="https://news.example.org")
        issue, now = compiled(), datetime.now(UTC)
        everything = Tailor(Issue(slug=issue.issue, date=now.date(), subject=""), Topics(), None)
        before = time.perf_counter()
        send = sending.start(
            store,
            post,
            compiled=issue,
            tailor=everything,
            segments=[EVERYONE],
            now=now,
        )
        seconds = time.perf_counter() - before
        provider.close()
        if send.counts != {"submitted": readers}:
            sys.exit(f"error: not all were submitted: {send.counts}")
    return readers / seconds


def smtp_source(port: int, messages: int) -> float:
    """Postfix's own generator, with connections that are kept as ours are."""
    command = [found("smtp-source"), "-d", "-s", str(CONNECTIONS), "-m", str(messages), "-l", str(SIZE)]
    command += ["-f", SENDER, "-t", "reader@example.com", f"127.0.0.1:{port}"]
    before = time.perf_counter()
    subprocess.run(command, check=True, timeout=PATIENCE)
    return messages / (time.perf_counter() - before)


def nodemailer(port: int, messages: int, folder: Path) -> float:
    """Its pool, with a message composed for each reader; it prints its own time, without node's start."""
    texts = (PARAGRAPH * PARAGRAPHS, LINE * LINES)
    command = ["node", "-e", NODEMAILER, str(port), str(messages), str(CONNECTIONS), *texts]
    environment = {**os.environ, "NODE_PATH": str(nodemailer_folder(folder))}
    ran = subprocess.run(command, check=True, timeout=PATIENCE, env=environment, stdout=subprocess.PIPE, text=True)
    return messages / float(ran.stdout)


def nodemailer_folder(folder: Path) -> Path:
    """Where nodemailer is; ends the program where it is not."""
    modules = folder / "node_modules"
    if shutil.which("node") is None or not (modules / "nodemailer").is_dir():
        sys.exit(f"error: nodemailer is missing: get node and npm, then npm install --prefix {folder} nodemailer")
    return modules


def found(program: str) -> str:
    """A program of Postfix; ends this one where it is missing."""
    path = shutil.which(program, path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")))
    if path is None:
        sys.exit(f"error: {program} is missing, it comes with Postfix: {_HOW}")
    return path


@contextmanager
def smtp_sink() -> Iterator[int]:
    """A new sink on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
    sink = subprocess.Popen([found("smtp-sink"), *as_nobody, f"127.0.0.1:{port}", "128"])
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        else:
            sys.exit("error: smtp-sink does not listen")
        yield port
    finally:
        sink.terminate()
        sink.wait(10)


if __name__ == "__main__":
    main()
