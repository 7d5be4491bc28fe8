"""How fast a whole send by Amazon SES is, ledger on, against boto3 alone into the same stub.

20,000 readers and an issue of 80 KB: as one edition, as some dozens, as thousands. The yardsticks call boto3 in as many
threads, with no ledger, no editions and no messages to build: once ``send_bulk_email`` with 50 recipients a call, once
``send_email`` with a finished message a call. SES is a stub in a process of its own that answers correctly and looks at
nothing; it takes the other core.
"""

import json
import multiprocessing
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from benchmarks.freeze import WHEN, compiled, fill, freeze_request, tailor
from benchmarks.results import Report, in_turns, parser
from newsletter import sending
from newsletter.domain.delivery import DeliveryStatus
from newsletter.message.mime import Recipient, Wire
from newsletter.providers import Provider, open_provider
from newsletter.store import open_store
from tests import make

READERS, ROUNDS, BULK = 20_000, 3, 50
# Bounds of the ratios to boto3's bulk calls and to its single calls, at least
KINDS: dict[str, tuple[float | None, float | None]] = {
    "not tailored": (0.5, 8),
    "few editions": (0.4, 6),
    "many editions": (None, None),
}
SENDER, LINK = (
    "editors@longrun.example.org",
    "https://longrun.example.org/unsubscribe/not-tailored/aaaaaaaaaaaaaaaaaaaa",
)
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "secret"}
ACCOUNT = {"ProductionAccessEnabled": True, "SendingEnabled": True, "EnforcementStatus": "HEALTHY"}


def serve(port: Any) -> None:
    """Accept any number of connections, each in a thread, and send the port through the pipe."""
    server = socket.create_server(("127.0.0.1", 0), backlog=64)
    port.send(server.getsockname()[1])
    while True:
        connection, _ = server.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def answer(connection: socket.socket) -> None:
    """Answer every request of a connection."""
    buffer = bytearray()
    while True:
        while (end := buffer.find(b"\r\n\r\n")) < 0:
            received = connection.recv(65536)
            if not received:
                return
            buffer += received
        head = bytes(buffer[:end])
        low = head.lower()
        length = int(low.partition(b"\ncontent-length:")[2].partition(b"\r")[0] or 0)
        while len(buffer) < end + 4 + length:
            buffer += connection.recv(1 << 20)
        body = json.dumps(reply(head, buffer)).encode()
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        del buffer[: end + 4 + length]


def reply(head: bytes, request: bytearray) -> dict[str, Any]:
    """Return the body of SES's reply."""
    path = head.split(b" ", 2)[1]
    if path.endswith(b"/account"):
        return ACCOUNT
    if b"/identities/" in path:
        return {"VerifiedForSendingStatus": True}
    if path.endswith(b"/outbound-bulk-emails"):
        results = [{"Status": "SUCCESS", "MessageId": f"0102-{at}"} for at in range(request.count(b'"ToAddresses"'))]
        return {"BulkEmailEntryResults": results}
    return {"MessageId": "0102"}


def boto3_alone(url: str, concurrency: int, calls: int, per_call: int, call: Callable[[Any], object]) -> float:
    """Make ``calls`` calls in as many threads as a send has, and return the recipients a second."""
    session = boto3.Session("AKIDTEST", "secret", region_name="eu-west-1")
    client: Any = session.client("sesv2", endpoint_url=url, config=Config(max_pool_connections=concurrency))
    call(client)  # opens a connection
    began = time.perf_counter()
    with ThreadPoolExecutor(concurrency) as pool:
        list(pool.map(call, [client] * calls))
    seconds = time.perf_counter() - began
    client.close()
    return calls * per_call / seconds


def bulk_call(html: str, text: str) -> Callable[[Any], object]:
    """Return a call of ``send_bulk_email`` with 50 recipients, as boto3's documentation shows it."""
    entries = [
        {
            "Destination": {"ToAddresses": [f"r{number}@example.com"]},
            "ReplacementEmailContent": {
                "ReplacementTemplate": {"ReplacementTemplateData": json.dumps({"name": f"Ada{number}", "out": LINK})}
            },
            "ReplacementHeaders": [
                {"Name": "List-Unsubscribe", "Value": f"<{LINK}>"},
                {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
            ],
        }
        for number in range(BULK)
    ]
    content = {"Subject": "About", "Html": html, "Text": text}
    return lambda client: client.send_bulk_email(
        FromEmailAddress=SENDER,
        DefaultContent={"Template": {"TemplateContent": content, "TemplateData": "{}"}},
        BulkEmailEntries=entries,
    )


def single_call(message: bytes) -> Callable[[Any], object]:
    """Return a call of ``send_email`` with a finished message."""
    return lambda client: client.send_email(
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": ["r1@example.com"]},
        Content={"Raw": {"Data": message}},
    )


def send(database: Path, provider: Provider, kind: str) -> tuple[float, int]:
    """Send to everybody in the database; return the recipients a second and the number of editions."""
    chosen = tailor(kind)
    context = make.send_context(provider, "ses", base_url="https://longrun.example.org")
    with open_store(f"sqlite:///{database}") as store:
        began = time.perf_counter()
        done = sending.start(store, context, freeze_request(chosen)).result()
        seconds = time.perf_counter() - began
        if done.counts != {DeliveryStatus.SUBMITTED: done.recipients}:
            sys.exit(f"error: not everything was submitted: {done.counts}")
        editions = len(store.frozen.editions(done.id).readers)
    return done.recipients / seconds, editions


@contextmanager
def stub() -> Iterator[str]:
    """Run the stub in a process of its own, and yield its URL."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()


def main() -> None:
    """Measure the sends and both yardsticks in turns."""
    chosen = parser(__doc__)
    chosen.add_argument("--readers", type=int, default=READERS)
    chosen.add_argument("--rounds", type=int, default=ROUNDS)
    chosen.add_argument("--concurrency", type=int, default=4)
    arguments = chosen.parse_args()
    readers, concurrency = arguments.readers, arguments.concurrency
    everything = compiled(tailor("not tailored").issue).email()
    message = Wire(everything, WHEN).message(
        Recipient(subscriber=1, key=f"{1:032x}", address="r1@example.com", values={"links.unsubscribe": LINK})
    )
    html, text = (
        "".join(part for part in parts if isinstance(part, str)) for parts in (everything.html, everything.text)
    )
    editions: dict[str, int] = {}
    with stub() as url, tempfile.TemporaryDirectory() as folder:
        filled, copy = Path(folder) / "filled.db", Path(folder) / "newsletter.db"
        fill(filled, readers)
        options = {"region": "eu-west-1", "endpoint_url": url, "concurrency": concurrency}

        def ours(kind: str) -> float:
            for old in Path(folder).glob("newsletter.db*"):
                old.unlink()
            shutil.copyfile(filled, copy)
            ses = open_provider("ses", options, root=Path(folder), environment=CREDENTIALS)
            rate, editions[kind] = send(copy, ses, kind)
            ses.close()
            return rate

        rates = in_turns(
            arguments.rounds,
            {
                "bulk": lambda: boto3_alone(url, concurrency, max(readers // BULK, 1), BULK, bulk_call(html, text)),
                "single": lambda: boto3_alone(url, concurrency, max(readers // 20, 1), 1, single_call(message)),
                **{kind: partial(ours, kind) for kind in KINDS},
            },
        )
    report = Report(as_json=arguments.json)
    for kind, (against_bulk, against_single) in KINDS.items():
        what = f"whole send by SES, {editions[kind]:,} editions"
        for name, bound in (("bulk", against_bulk), ("single", against_single)):
            call = {"bulk": f"send_bulk_email, {BULK} recipients a call", "single": "send_email"}[name]
            report.add(
                what,
                f"{rates[kind]:,.0f}/s",
                yardstick=f"boto3 alone, {call}: {rates[name]:,.0f}/s",
                ratio=rates[kind] / rates[name],
                at_least=bound,
            )
    report.finish()


if __name__ == "__main__":
    main()
