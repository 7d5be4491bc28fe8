"""How fast a whole send by SES is, ledger on, against one call a message: ``python -m benchmarks.send_ses``.

20,000 readers, an issue of 80 KB, as one edition, as some dozens, as thousands. SES is a stub in a process of its own
that answers correctly and looks at nothing; it takes the other core. The peer is what most programs do: boto3's
``send_email`` for each message, in as many threads, with this program's messages and ledger, for a twentieth of the
readers.
"""

import argparse
import json
import multiprocessing
import socket
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import boto3

from benchmarks.freeze import WHEN, compiled, fill, tailor
from newsletter import sending
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.segment import EVERYONE
from newsletter.message.mime import Letter
from newsletter.providers import Provider, open_provider
from newsletter.sending import Post
from newsletter.store import open_store
from newsletter.tokens import Signer

READERS = 20_000
FASTER, PER_SECOND = 12, 10_000
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "secret"}
ACCOUNT = {"ProductionAccessEnabled": True, "SendingEnabled": True, "EnforcementStatus": "HEALTHY"}


def serve(port: Any) -> None:
    """SES for any number of connections."""
    server = socket.create_server(("127.0.0.1", 0), backlog=64)
    port.send(server.getsockname()[1])
    while True:
        connection, _ = server.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def answer(connection: socket.socket) -> None:
    """Every request of one connection."""
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
        body = json.dumps(said(head, buffer)).encode()
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        del buffer[: end + 4 + length]


def said(head: bytes, request: bytearray) -> dict[str, Any]:
    """What SES says."""
    path = head.split(b" ", 2)[1]
    if path.endswith(b"/account"):
        return ACCOUNT
    if b"/identities/" in path:
        return {"VerifiedForSendingStatus": True}
    if path.endswith(b"/outbound-bulk-emails"):
        results = [{"Status": "SUCCESS", "MessageId": f"0102-{at}"} for at in range(request.count(b'"ToAddresses"'))]
        return {"BulkEmailEntryResults": results}
    return {"MessageId": "0102"}


class OneCallEach:
    """boto3 as its documentation shows it."""

    batch_size = 50
    deduplicates = False
    reports_within = 0

    def __init__(self, url: str, concurrency: int) -> None:
        self.concurrency = concurrency
        session = boto3.Session("AKIDTEST", "secret", region_name="eu-west-1")
        self._client: Any = session.client("sesv2", endpoint_url=url)

    def check(self, sender: str) -> None:
        """Nothing to look at."""

    def submit(self, letters: Sequence[Letter]) -> Iterable[Receipt]:
        """A call for each."""
        for letter in letters:
            said = self._client.send_email(
                FromEmailAddress=letter.wire.email.sender.address,
                Destination={"ToAddresses": [letter.recipient.address]},
                Content={"Raw": {"Data": letter.message()}},
            )
            yield Receipt(
                subscriber=letter.recipient.subscriber,
                status=DeliveryStatus.SUBMITTED,
                provider_id=said["MessageId"],
            )

    def close(self) -> None:
        """Give connections back."""
        self._client.close()


def send(database: Path, provider: Provider, kind: str) -> tuple[float, float, int]:
    """Recipients a second by the clock and by this process's processor, and the number of editions."""
    chosen = tailor(kind)
    post = Post(
        provider=provider,
        provider_name="ses",
        signer=Signer("a secret of the benchmark"),
        base_url="https://longrun.example.org",
    )
    with open_store(f"sqlite:///{database}") as store:
        wall, processor = time.perf_counter(), time.process_time()
        done = sending.start(
            store,
            post,
            compiled=compiled(chosen.issue),
            tailor=chosen,
            segments=[EVERYONE],
            now=WHEN,
        )
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        if done.counts != {DeliveryStatus.SUBMITTED: done.recipients}:
            raise SystemExit(f"not everything was submitted: {done.counts}")
        editions = len(store.frozen.editions(done.id).readers)
    return done.recipients / wall, done.recipients / processor, editions


def main() -> None:
    """Print a line for each, and fail where one is under its bound."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--readers", type=int, default=READERS)
    arguments.add_argument("--concurrency", type=int, default=4)
    chosen = arguments.parse_args()
    here, there = multiprocessing.Pipe()
    stub = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    stub.start()
    url = f"http://127.0.0.1:{here.recv()}"
    options = {"region": "eu-west-1", "endpoint_url": url, "concurrency": chosen.concurrency}
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder) / "few.db", chosen.readers // 20)
        fill(Path(folder) / "all.db", chosen.readers)
        each, by_processor, _ = send(Path(folder) / "few.db", OneCallEach(url, chosen.concurrency), "not tailored")
        print(f"whole send by SES, one call a message: {each:,.0f}/s ({by_processor:,.0f} by processor)")
        rates = {}
        for kind in ("not tailored", "few editions", "many editions"):
            ses = open_provider("ses", options, root=Path(folder), environment=CREDENTIALS)
            rates[kind], by_processor, editions = send(Path(folder) / "all.db", ses, kind)
            ses.close()
            print(
                f"whole send by SES in bulk, {kind} ({editions:,}): {rates[kind]:,.0f}/s ({by_processor:,.0f} by"
                f" processor) | {rates[kind] / each:.1f} ×"
                + (f" | {PER_SECOND:,}/s, {FASTER:g} ×" if kind == "not tailored" else "")
            )
    stub.terminate()
    if rates["not tailored"] < PER_SECOND or rates["not tailored"] < FASTER * each:
        raise SystemExit(f"under {PER_SECOND:,} recipients/s or {FASTER} × one call a message")


if __name__ == "__main__":
    main()
