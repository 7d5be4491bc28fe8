"""The built-in providers keep the contract that every provider keeps. test_docs.py has the example of a third party."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.errors import SettingsError, StoppedError
from newsletter.message.mime import Letter
from newsletter.providers import Provider, open_provider
from newsletter.providers.contract import ProviderContract, ServiceUnderTest
from newsletter.providers.smtp.provider import open_smtp
from tests.clock import Clock
from tests.ses_stub import SesStub, ses_stub
from tests.smtp_server import CUT, SmtpServer, smtp_server


class OutboxFolder(ServiceUnderTest):
    """An outbox in a folder, where a file takes its place to refuse all mail."""

    def __init__(self, root: Path, format_: str) -> None:
        self._root, self._format = root, format_

    def open(self, **options: Any) -> Provider:
        return open_provider("outbox", {"format": self._format} | options, root=self._root, environment={})

    def arrived(self) -> Sequence[str]:
        files = [path for path in (self._root / "outbox").rglob("*") if path.is_file()]
        return [str(message_from_bytes(path.read_bytes())["To"]) for path in files]

    def refuse(self) -> None:
        (self._root / "outbox").write_text("")

    def accept(self) -> None:
        (self._root / "outbox").unlink()


class SmtpRelay(ServiceUnderTest):
    """A real SMTP server in the process."""

    def __init__(self, server: SmtpServer, root: Path) -> None:
        self._server, self._root = server, root

    def open(self, **options: Any) -> Provider:
        given = {"host": "127.0.0.1", "port": self._server.port, "security": "none", "timeout": 5} | options
        return open_smtp(given, root=self._root, environment={}, timer=Clock().timer())

    def arrived(self) -> Sequence[str]:
        return [address for message in self._server.received for address in message.recipients]

    def refuse(self) -> None:
        self._server.script.answers = {"MAIL": "550 5.7.1 this sender is not yours"}

    def accept(self) -> None:
        self._server.script.answers = {}

    def disappear(self) -> None:
        self._server.script.answers = {"greeting": CUT}


class SesAccount(ServiceUnderTest):
    """An account of the stub."""

    def __init__(self, stub: SesStub, stack: ExitStack) -> None:
        self._stub, self._stack = stub, stack

    def open(self, **options: Any) -> Provider:
        given = {"region": "eu-west-1", "endpoint_url": self._stub.url, "timeout": 5} | options
        credentials = {"AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "never-to-be-printed"}
        return open_provider("ses", given, root=Path(), environment=credentials)

    def arrived(self) -> Sequence[str]:
        return [message.to for message in self._stub.mailed]

    def refuse(self) -> None:
        self._stub.verified.clear()

    def accept(self) -> None:
        self._stub.verified.add("news.example.org")

    def disappear(self) -> None:
        self._stack.close()


@pytest.mark.parametrize("format_", ["eml", "maildir"])
class TestOutbox(ProviderContract):
    @pytest.fixture
    def service(self, tmp_path: Path, format_: str) -> OutboxFolder:
        return OutboxFolder(tmp_path, format_)


class TestSmtp(ProviderContract):
    @pytest.fixture
    def service(self, tmp_path: Path) -> Iterator[SmtpRelay]:
        with smtp_server() as server:
            yield SmtpRelay(server, tmp_path)


class TestSes(ProviderContract):
    @pytest.fixture
    def service(self, tmp_path: Path) -> Iterator[SesAccount]:
        with ExitStack() as stack:
            yield SesAccount(stack.enter_context(ses_stub()), stack)


# The suite itself ----------------------------------------------------------------------------------------------------


class Careful:
    """A provider that keeps the contract, in memory."""

    batch_size, concurrency, deduplicates, reports_within = 10, 2, False, 0

    def __init__(self, accepted: list[str]) -> None:
        self.accepted = accepted
        self.closed = False

    def check_sender(self, sender: str) -> None:
        return None

    def submit(self, letters: Sequence[Letter]) -> Iterable[Receipt]:
        for letter in letters:
            try:
                letter.message()
            except ValueError:
                yield self.receipt(letter, DeliveryStatus.REFUSED)
            else:
                self.accepted.append(letter.recipient.address)
                yield self.receipt(letter, DeliveryStatus.SUBMITTED)

    def close(self) -> None:
        self.closed = True

    def receipt(self, letter: Letter, status: DeliveryStatus) -> Receipt:
        return Receipt(subscriber=letter.recipient.subscriber, status=status)


class Forgetful(Careful):
    def submit(self, letters: Sequence[Letter]) -> Iterable[Receipt]:
        return list(super().submit(letters))[:-1]


class Repeating(Careful):
    def submit(self, letters: Sequence[Letter]) -> Iterable[Receipt]:
        for receipt in super().submit(letters):
            self.accepted.append(self.accepted[-1])
            yield receipt


class Hasty(Careful):
    def submit(self, letters: Sequence[Letter]) -> Iterable[Receipt]:
        for letter in letters:
            self.accepted.append(letter.recipient.address)
            letter.ask()
            yield self.receipt(letter, DeliveryStatus.SUBMITTED)


class Headstrong(Careful):
    def submit(self, letters: Sequence[Letter]) -> Iterable[Receipt]:
        try:
            yield from super().submit(letters)
        except StoppedError:
            return


class Perishable(Careful):
    def submit(self, letters: Sequence[Letter]) -> Iterable[Receipt]:
        if self.closed:
            raise ConnectionError("closed")
        return super().submit(letters)


class Talkative(Careful):
    def check_sender(self, sender: str) -> None:
        self.accepted.append(sender)


class Memory(ServiceUnderTest):
    def __init__(self, kind: Callable[[list[str]], Careful]) -> None:
        self._kind, self._accepted = kind, list[str]()

    def open(self, **options: Any) -> Provider:
        if options:
            raise SettingsError(f"{min(options)}: no such option")
        return self._kind(self._accepted)

    def arrived(self) -> Sequence[str]:
        return self._accepted


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Forgetful, "test_each_recipient_of_a_full_batch_gets_one_message_and_one_receipt"),
        (Repeating, "test_it_can_be_used_again_and_again"),
        (Hasty, "test_a_batch_that_is_stopped_has_receipts_for_what_was_handed_over"),
        (Headstrong, "test_nothing_is_handed_over_once_the_send_is_stopped"),
        (Perishable, "test_it_can_be_used_after_close"),
        (Talkative, "test_a_check_sends_nothing"),
    ],
)
def test_the_suite_notices_a_provider_that_breaks_the_contract(kind: Callable[[list[str]], Careful], name: str) -> None:
    arguments = {"allowed": 1} if "stopped" in name else {}
    right, wrong = Memory(Careful), Memory(kind)
    getattr(ProviderContract(), name)(right, right.open(), **arguments)
    with pytest.raises((AssertionError, ConnectionError, pytest.fail.Exception)):
        getattr(ProviderContract(), name)(wrong, wrong.open(), **arguments)
