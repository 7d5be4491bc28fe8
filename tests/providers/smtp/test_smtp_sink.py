"""Postfix's `smtp-sink` with its options for errors: receipts agree with its dump files.

It comes with Postfix, which these tests don't install; without it they are skipped.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.errors import ProviderError
from newsletter.message.mime import Wire
from newsletter.providers.smtp.provider import open_smtp
from tests import make
from tests.clock import Clock
from tests.providers.conftest import readers, statuses
from tests.sending.faults import folder_in_memory

PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/usr/libexec/postfix"))
SINK = shutil.which("smtp-sink", path=PATH)
pytestmark = pytest.mark.skipif(SINK is None, reason="smtp-sink is missing: it comes with Postfix")

SUBMITTED, REFUSED = DeliveryStatus.SUBMITTED, DeliveryStatus.REFUSED
DEFERRED, UNCERTAIN = DeliveryStatus.DEFERRED, DeliveryStatus.UNCERTAIN


@contextmanager
def sink(dumps: Path, *options: str) -> Iterator[int]:
    """Run `smtp-sink` on a free port; it writes each message to a file in a folder."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    as_nobody = ("-u", "nobody") if os.geteuid() == 0 else ()
    dumps.chmod(0o777)
    command = [SINK or "", *as_nobody, "-4", *options, "-d", f"{dumps}/message.", f"127.0.0.1:{port}", "16"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            while process.poll() is None:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except ConnectionRefusedError:
                    continue
            assert process.poll() is None, process.stderr and process.stderr.read().decode()
            yield port
        finally:
            process.terminate()


def hand_over(port: int, wire: Wire) -> tuple[list[Receipt], str]:
    """Hand over messages to three readers; return the receipts, and the error if some are missing."""
    given = {"host": "127.0.0.1", "port": port, "security": "none", "timeout": 20}
    provider = open_smtp(given, root=Path(), environment={}, timer=Clock().timer())
    receipts: list[Receipt] = []
    try:
        receipts.extend(provider.submit(make.letters(wire, readers(3))))
    except ProviderError as err:
        return receipts, str(err)
    finally:
        provider.close()
    return receipts, ""


def taken(dumps: Path) -> list[bytes]:
    """Return the messages in the dump files, without the envelope and the added Received line."""
    messages = []
    for file in sorted(dumps.iterdir()):
        _, begun, content = file.read_bytes().partition(b"To: ")
        if begun:
            messages.append(begun + content.removesuffix(b"\n"))
    return messages


@pytest.mark.parametrize("options", [(), ("-p",), ("-e",), ("-8",), ("-E", "-a", "-N")])
def test_every_message_arrives_with_any_extensions_of_the_server(options: tuple[str, ...], wire: Wire) -> None:
    with folder_in_memory() as dumps, sink(dumps, *options) as port:
        receipts, stopped = hand_over(port, wire)
        assert (statuses(receipts), stopped) == (dict.fromkeys((1, 2, 3), SUBMITTED), "")
        expected = [wire.message(reader).replace(b"\r\n", b"\n").rstrip() for reader in readers(3)]
        assert sorted(message.rstrip() for message in taken(dumps)) == sorted(expected)


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (("-r", "MAIL"), DEFERRED, "450 4.3.0 Error: command failed (to MAIL FROM)"),
        (("-r", "RCPT"), DEFERRED, "450 4.3.0 Error: command failed (to RCPT TO)"),
        (("-r", "RCPT", "-b", "452 4.2.2 full"), DEFERRED, "452 4.2.2 full (to RCPT TO)"),
        (("-r", "DATA"), DEFERRED, "450 4.3.0 Error: command failed (to DATA)"),
        (("-r", "."), DEFERRED, "450 4.3.0 Error: command failed (to the answer to the message)"),
        (("-f", "RCPT", "-B", "550 5.1.1 nobody"), REFUSED, "550 5.1.1 nobody (to RCPT TO)"),
        (("-f", "DATA"), REFUSED, "500 5.3.0 Error: command failed (to DATA)"),
        (("-f", "."), REFUSED, "500 5.3.0 Error: command failed (to the answer to the message)"),
        (("-r", "RSET,QUIT"), SUBMITTED, "2.0.0 Ok"),
        (("-f", "RSET,QUIT"), SUBMITTED, "2.0.0 Ok"),
        (("-q", "QUIT"), SUBMITTED, "2.0.0 Ok"),
        (("-Q", "QUIT"), SUBMITTED, "2.0.0 Ok"),
    ],
)
def test_each_failure_has_its_status_and_detail(
    options: tuple[str, ...], status: DeliveryStatus, words: str, wire: Wire
) -> None:
    with folder_in_memory() as dumps, sink(dumps, *options) as port:
        receipts, stopped = hand_over(port, wire)
    assert statuses(receipts) == dict.fromkeys((1, 2, 3), status)
    assert ({receipt.detail for receipt in receipts}, stopped) == ({words}, "")


@pytest.mark.parametrize(
    ("options", "answered", "words"),
    [
        (("-q", "MAIL"), {1: DEFERRED, 2: DEFERRED}, "the connection was lost: the server closed it (at MAIL FROM)"),
        (("-q", "RCPT"), {1: DEFERRED, 2: DEFERRED}, "the connection was lost: the server closed it (at RCPT TO)"),
        (("-q", "DATA"), {1: DEFERRED, 2: DEFERRED}, "the connection was lost: the server closed it (at DATA)"),
        (("-q", "."), {1: UNCERTAIN}, "the connection was lost: the server closed it (at the answer to the message)"),
    ],
)
def test_a_server_that_disconnects_affects_only_messages_in_flight(
    options: tuple[str, ...], answered: dict[int, DeliveryStatus], words: str, wire: Wire
) -> None:
    with folder_in_memory() as dumps, sink(dumps, *options) as port:
        receipts, stopped = hand_over(port, wire)
    assert statuses(receipts) == answered
    assert {receipt.detail for receipt in receipts} == {words}
    assert f"gives no clear answer: {words}" in stopped


def test_a_server_that_refuses_early_gets_no_message(wire: Wire) -> None:
    with folder_in_memory() as dumps, sink(dumps, "-A", "0") as port:  # 354, and 550 at once
        receipts, _ = hand_over(port, wire)
        assert taken(dumps) == []
    assert set(statuses(receipts).values()) <= {DEFERRED, REFUSED}  # the 550 comes before the message, or meets it


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-r", "CONNECT"), "rejects this connection: 450 4.3.0 Error: command failed"),
        (("-r", "EHLO"), "rejects this connection: 450 4.3.0 Error: command failed"),
        (("-f", "CONNECT"), "rejects this connection: 500 5.3.0 Error: command failed"),
        (("-f", "EHLO,HELO"), "rejects this connection: 500 5.3.0 Error: command failed"),
        (("-f", "MAIL"), "refuses: 500 5.3.0 Error: command failed (to MAIL FROM): verify the sender"),
        (("-q", "CONNECT"), "Connection unexpectedly closed"),
        (("-q", "EHLO"), "Connection unexpectedly closed"),
        (("-Q", "CONNECT"), "rejects this connection: 421 4.0.0 Server closing connection"),
        (("-Q", "MAIL"), "refuses: 421 4.0.0 Server closing connection (to MAIL FROM)"),
        (("-Q", "RCPT"), "refuses: 421 4.0.0 Server closing connection (to RCPT TO)"),
        (("-Q", "DATA"), "refuses: 421 4.0.0 Server closing connection (to DATA)"),
        (("-Q", "."), "refuses: 421 4.0.0 Server closing connection (to the answer to the message)"),
    ],
)
def test_a_server_that_refuses_all_mail_stops_the_batch_without_receipts(
    options: tuple[str, ...], words: str, wire: Wire
) -> None:
    with folder_in_memory() as dumps, sink(dumps, *options) as port:
        receipts, stopped = hand_over(port, wire)
    assert receipts == []
    assert words in stopped
