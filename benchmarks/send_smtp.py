"""How fast a whole send by SMTP is, against C, Python and Node: into Postfix's smtp-sink, all on 127.0.0.1.

Ours is ``sending.start`` with the ledger on (SQLite, synchronous=FULL), with three signed links in each 80 KB message
and 10 connections. The yardsticks send messages of the same size over as many connections, the slow ones fewer of them.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks import requirements
from benchmarks.results import Report, in_turns, parser
from benchmarks.smtp_peers import LINE, LINES, NODEMAILER, PARAGRAPH, PARAGRAPHS, smtplib_and_jinja
from newsletter import sending
from newsletter.domain.addresses import Mailbox
from newsletter.domain.edition import Tailor
from newsletter.domain.issue import Issue
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Subscriber
from newsletter.domain.topics import Topics
from newsletter.message.compiled_issue import CompiledIssue, IssuePart
from newsletter.message.template import Slot
from newsletter.providers import open_provider
from newsletter.store import open_store
from tests import make

SIZE = 80_000  # octets of a message
CONNECTIONS = 10
SENDER = "editors@news.example.org"
TIMEOUT = 600  # seconds for one of them
BOUNDS = {"smtp-source": 0.7, "smtplib + EmailMessage + Jinja": 12.0, "nodemailer, pool": 4.5}


def main() -> None:
    """Measure all senders in turns."""
    chosen = parser(__doc__)
    chosen.add_argument("--readers", type=int, default=20_000)
    chosen.add_argument("--rounds", type=int, default=3)
    chosen.add_argument("--batch-size", type=int, default=100)
    chosen.add_argument("--only", choices=["newsletter", "smtp-source"], help="one sender, for a profile")
    arguments = chosen.parse_args()
    readers = arguments.readers
    modules = requirements.nodemailer()
    senders: dict[str, Callable[[int], float]] = {
        "newsletter": lambda port: whole_send(port, readers, arguments.batch_size),
        "smtp-source": lambda port: smtp_source(port, readers),
        "smtplib + EmailMessage + Jinja": lambda port: smtplib_and_jinja(port, max(readers // 20, 10)),
    }
    if modules:
        senders["nodemailer, pool"] = lambda port: nodemailer(port, max(readers // 10, 10), modules)
    if arguments.only:
        senders = {arguments.only: senders[arguments.only]}
    rates = in_turns(arguments.rounds, {name: partial(into_sink, send) for name, send in senders.items()})
    report = Report(as_json=arguments.json)
    for name in BOUNDS:
        what = f"whole send by SMTP, {readers:,} messages of 80 KB, {CONNECTIONS} connections"
        if name in rates and "newsletter" in rates:
            report.add(
                what,
                f"{rates['newsletter']:,.0f}/s",
                yardstick=f"{name}: {rates[name]:,.0f}/s",
                ratio=rates["newsletter"] / rates[name],
                at_least=BOUNDS[name],
            )
        elif arguments.only:
            report.add(what, f"{rates[arguments.only]:,.0f}/s")
            break
        else:
            report.fault(f"{what}, against {name}", "not measured: not installed")
    report.finish()


def into_sink(send: Callable[[int], float]) -> float:
    """Start a sink, send to it and return the rate."""
    with smtp_sink() as port:
        return send(port)


def compiled() -> CompiledIssue:
    """Return an issue whose message has about 80,000 octets and three signed links."""
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
        html=(IssuePart(template=html),),
        text=(IssuePart(template=text),),
        titles=("The only entry",),
    )


def whole_send(port: int, readers: int, batch_size: int) -> float:
    """Freeze and send, as the command does after its checks; return the messages a second."""
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
        context = make.send_context(provider, "smtp")
        issue, now = compiled(), datetime.now(UTC)
        everything = Tailor(Issue(slug=issue.issue, date=now.date(), subject=""), Topics(), None)
        before = time.perf_counter()
        send = sending.start(
            store,
            context,
            sending.FreezeRequest(
                compiled=issue,
                tailor=everything,
                segments=[EVERYONE],
                now=now,
            ),
        ).result()
        seconds = time.perf_counter() - before
        provider.close()
        if send.counts != {"submitted": readers}:
            sys.exit(f"error: not all were submitted: {send.counts}")
    return readers / seconds


def smtp_source(port: int, messages: int) -> float:
    """Send with Postfix's own generator, which keeps its connections as ours does; return the messages a second."""
    command = [postfix("smtp-source"), "-d", "-s", str(CONNECTIONS), "-m", str(messages), "-l", str(SIZE)]
    command += ["-f", SENDER, "-t", "reader@example.com", f"127.0.0.1:{port}"]
    before = time.perf_counter()
    subprocess.run(command, check=True, timeout=TIMEOUT)
    return messages / (time.perf_counter() - before)


def nodemailer(port: int, messages: int, modules: Path) -> float:
    """Send with nodemailer's pool, a message composed for each reader; it prints its own time, without node's start."""
    texts = (PARAGRAPH * PARAGRAPHS, LINE * LINES)
    command = ["node", "-e", NODEMAILER, str(port), str(messages), str(CONNECTIONS), *texts]
    environment = {**os.environ, "NODE_PATH": str(modules)}
    ran = subprocess.run(command, check=True, timeout=TIMEOUT, env=environment, stdout=subprocess.PIPE, text=True)
    return messages / float(ran.stdout)


def postfix(program: str) -> str:
    """Return the path of a program of Postfix; exit if it isn't installed."""
    path = requirements.postfix(program)
    if path is None:
        sys.exit(f"error: {program} isn't installed; it comes with Postfix: apt-get install postfix")
    return path


@contextmanager
def smtp_sink() -> Iterator[int]:
    """Start a sink on a free port, and yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
    sink = subprocess.Popen([postfix("smtp-sink"), *as_nobody, f"127.0.0.1:{port}", "128"])
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        else:
            sys.exit("error: smtp-sink isn't listening")
        yield port
    finally:
        sink.terminate()
        sink.wait(10)


if __name__ == "__main__":
    main()
