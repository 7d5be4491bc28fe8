"""SMTP: messages on the wire to a real server, and the meaning of each failure for the ledger."""

import base64
import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from newsletter.domain.addresses import Mailbox
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.errors import OutageError, ProviderError, SettingsError
from newsletter.message.mime import Recipient, Wire
from newsletter.providers import Provider, open_provider
from newsletter.providers.smtp.provider import open_smtp
from tests import make
from tests.clock import Clock
from tests.message_checklist import complaints
from tests.providers.conftest import readers, statuses
from tests.smtp_server import CUT, PASSWORD, USERNAME, Certificate, SmtpServer, make_certificate, smtp_server

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # aiosmtpd's advice

SUBMITTED, REFUSED = DeliveryStatus.SUBMITTED, DeliveryStatus.REFUSED
DEFERRED, UNCERTAIN = DeliveryStatus.DEFERRED, DeliveryStatus.UNCERTAIN


@contextmanager
def relay(
    server: SmtpServer, root: Path, environment: dict[str, str] | None = None, **options: Any
) -> Iterator[Provider]:
    """Return the provider for a server."""
    given = {"host": "127.0.0.1", "port": server.port, "security": "none", "timeout": 5} | options
    provider = open_smtp(given, root=root, environment=environment or {}, timer=Clock().timer())
    try:
        yield provider
    finally:
        provider.close()


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    """Start a server without TLS or login."""
    with smtp_server() as running:
        yield running


def test_each_reader_gets_the_exact_bytes_of_their_message(server: SmtpServer, root: Path, wire: Wire) -> None:
    recipients = readers(3)
    with relay(server, root) as provider:
        provider.check_sender(make.SENDER)
        receipts = list(provider.submit(make.letters(wire, recipients)))
    assert statuses(receipts) == {1: SUBMITTED, 2: SUBMITTED, 3: SUBMITTED}
    assert [receipt.provider_id for receipt in receipts] == ["Q1", "Q2", "Q3"]
    assert [got.content for got in server.received] == [wire.message(recipient) for recipient in recipients]
    assert [got.recipients for got in server.received] == [(recipient.address,) for recipient in recipients]
    assert {got.sender for got in server.received} == {"editors@news.example.org"}
    assert [complaint for got in server.received for complaint in complaints(got.content)] == []


def test_dots_and_long_values_arrive_unchanged(server: SmtpServer, root: Path) -> None:
    wire = Wire(make.email(text=(".\n..\n.x\n", "y\n"), html=(".\n",)), make.WHEN)
    recipient = make.recipient(first_name=".\r\n.\r\n" + "é" * 10_000)
    with relay(server, root) as provider:
        list(provider.submit(make.letters(wire, [recipient])))
    (got,) = server.received
    assert got.content == wire.message(recipient)


def test_one_connection_carries_many_batches(server: SmtpServer, root: Path, wire: Wire) -> None:
    with relay(server, root) as provider:
        provider.check_sender(make.SENDER)
        for recipient in readers(5):
            list(provider.submit(make.letters(wire, [recipient])))
    assert {got.connection for got in server.received} == {1}
    assert server.connections == 1


def test_a_connection_carries_at_most_its_limit_of_messages(server: SmtpServer, root: Path, wire: Wire) -> None:
    with relay(server, root, messages_per_connection=2) as provider:
        list(provider.submit(make.letters(wire, readers(5))))
    assert [got.connection for got in server.received] == [1, 1, 2, 2, 3]


def test_each_thread_has_its_own_connection(server: SmtpServer, root: Path, wire: Wire) -> None:
    recipients = readers(40)
    batches = [recipients[start : start + 5] for start in range(0, 40, 5)]
    both = threading.Barrier(2)

    def hand_over(batch: list[Recipient]) -> list[Receipt]:
        receipts: list[Receipt] = []
        for receipt in provider.submit(make.letters(wire, batch)):
            if len(receipts) == 0 and batch in batches[:2]:
                both.wait(10)
            receipts.append(receipt)
        return receipts

    with relay(server, root, connections=2) as provider, ThreadPoolExecutor(provider.concurrency) as pool:
        receipts = [receipt for handed in pool.map(hand_over, batches) for receipt in handed]
    assert set(statuses(receipts).values()) == {SUBMITTED}
    assert len(receipts) == 40
    assert server.connections <= 2
    assert sorted(got.recipients[0] for got in server.received) == sorted(reader.address for reader in recipients)


# Encryption and login ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_messages_are_sent_encrypted_and_after_login(
    root: Path, wire: Wire, certificate: Certificate, security: str
) -> None:
    with (
        smtp_server(certificate=certificate, implicit_tls=security == "tls", login=True) as server,
        relay(
            server,
            root,
            {"NEWSLETTER_SMTP_PASSWORD": PASSWORD},
            security=security,
            host="localhost",
            username=USERNAME,
            ca_file=str(certificate.certificate),
        ) as provider,
    ):
        provider.check_sender(make.SENDER)
        assert statuses(list(provider.submit(make.letters(wire, readers(2))))) == {1: SUBMITTED, 2: SUBMITTED}
        assert [(got.encrypted, got.login) for got in server.received] == [(True, USERNAME)] * 2


def test_a_wrong_password_stops_everything_and_is_not_printed(root: Path, certificate: Certificate) -> None:
    with (
        smtp_server(certificate=certificate, login=True) as server,
        relay(
            server,
            root,
            {"NEWSLETTER_SMTP_PASSWORD": "hunter2 or so"},
            security="starttls",
            username=USERNAME,
            ca_file=str(certificate.certificate),
        ) as provider,
        pytest.raises(ProviderError, match="refused the login of editor: 535") as caught,
    ):
        provider.check_sender(make.SENDER)
    assert "NEWSLETTER_SMTP_PASSWORD" in caught.value.hint
    assert "hunter2" not in repr(caught.value) + str(caught.value)
    assert caught.value.__cause__ is None
    assert server.received == []


@pytest.mark.parametrize("step", ["AUTH", "RCPT"])
def test_a_password_repeated_by_the_server_is_not_printed(root: Path, step: str) -> None:
    plain = base64.b64encode(f"\0{USERNAME}\0{PASSWORD}".encode()).decode()
    with (
        smtp_server(login=True, answers={step: f"535 no: {PASSWORD} {plain}"}) as server,
        relay(server, root, {"NEWSLETTER_SMTP_PASSWORD": PASSWORD}, username=USERNAME) as provider,
        pytest.raises(ProviderError, match=r"535 no: \*\*\* \*\*\*"),
    ):
        list(provider.submit(make.letters(Wire(make.email(), make.WHEN), readers(1))))


def test_a_non_ascii_password_is_reported(root: Path) -> None:
    with (
        smtp_server(login=True) as server,
        relay(server, root, {"NEWSLETTER_SMTP_PASSWORD": "pässwörd"}, username=USERNAME) as provider,
        pytest.raises(ProviderError, match="non-ASCII") as caught,
    ):
        provider.check_sender(make.SENDER)
    assert "pässwörd" not in str(caught.value)


def test_a_server_without_login_is_reported(server: SmtpServer, root: Path) -> None:
    with (
        relay(server, root, {"NEWSLETTER_SMTP_PASSWORD": PASSWORD}, username=USERNAME) as provider,
        pytest.raises(ProviderError, match="offers no login"),
    ):
        provider.check_sender(make.SENDER)


def test_a_server_without_starttls_gets_no_messages(server: SmtpServer, root: Path, wire: Wire) -> None:
    with (
        relay(server, root, security="starttls") as provider,
        pytest.raises(ProviderError, match=r"does not offer STARTTLS.*unencrypted"),
    ):
        list(provider.submit(make.letters(wire, readers(1))))
    assert server.received == []


def test_a_refused_starttls_stops_everything(root: Path, wire: Wire, certificate: Certificate) -> None:
    with smtp_server(certificate=certificate) as server:
        server.script.answers = {"STARTTLS": "454 4.7.0 TLS not available"}
        with (
            relay(server, root, security="starttls") as provider,
            pytest.raises(ProviderError, match="refused STARTTLS: 454"),
        ):
            provider.check_sender(make.SENDER)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_untrusted_certificate_stops_everything(root: Path, certificate: Certificate, security: str) -> None:
    with (
        smtp_server(certificate=certificate, implicit_tls=security == "tls") as server,
        relay(server, root, security=security) as provider,
        pytest.raises(ProviderError, match=r"certificate of 127.0.0.1:\d+ is not valid") as caught,
    ):
        provider.check_sender(make.SENDER)
    assert "ca_file" in caught.value.hint


def test_a_certificate_for_another_name_stops_everything(root: Path) -> None:
    other = make_certificate(root, name="other.example", address="192.0.2.1")
    with (
        smtp_server(certificate=other) as server,
        relay(server, root, security="starttls", ca_file=str(other.certificate)) as provider,
        pytest.raises(ProviderError, match=r"the certificate of .* is not valid: "),
    ):
        provider.check_sender(make.SENDER)


def test_a_file_without_certificates_is_named(server: SmtpServer, root: Path, certificate: Certificate) -> None:
    (root / "words.pem").write_text("no certificate")
    with smtp_server(certificate=certificate) as encrypted:
        for file, why in (
            ("none.pem", "can't be read: there is no such file"),
            ("words.pem", "contains no certificates$"),
        ):
            with (
                relay(encrypted, root, security="starttls", ca_file=file) as provider,
                pytest.raises(ProviderError, match=r"ca_file: ") as refused,
            ):
                provider.check_sender(make.SENDER)
            assert re.search(why, refused.value.what)


def test_tls_to_a_plain_server_gets_a_hint(server: SmtpServer, root: Path) -> None:
    with (
        relay(server, root, security="tls") as provider,
        pytest.raises(ProviderError, match=r"no connection to 127\.0\.0\.1") as caught,
    ):
        provider.check_sender(make.SENDER)
    assert "security" in caught.value.hint


def test_an_unreachable_server_gets_a_hint(root: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        options = {"host": "127.0.0.1", "port": taken.getsockname()[1], "security": "none"}
        provider = open_provider("smtp", options, root=root, environment={})
        with pytest.raises(ProviderError, match=r"no connection to 127.0.0.1:\d+.*nothing is listening there"):
            provider.check_sender(make.SENDER)


def test_a_server_that_never_answers_is_abandoned(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        options = {"host": "127.0.0.1", "port": silent.getsockname()[1], "security": "none", "timeout": 1}
        provider = open_provider("smtp", options, root=root, environment={})
        with pytest.raises(ProviderError, match=r"no answer in time|timed out"):
            provider.check_sender(make.SENDER)


# Answers -------------------------------------------------------------------------------------------------------------

STEPS = ["RCPT", "DATA", "END"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("answer", "status"), [("550 5.1.1 no such user", REFUSED), ("451 4.7.1 later", DEFERRED)])
def test_an_answer_about_one_reader_does_not_affect_others(
    server: SmtpServer, root: Path, wire: Wire, step: str, answer: str, status: DeliveryStatus
) -> None:
    server.script.answers = {(step, "reader2@example.com"): answer}
    with relay(server, root) as provider:
        receipts = list(provider.submit(make.letters(wire, readers(3))))
    assert statuses(receipts) == {1: SUBMITTED, 2: status, 3: SUBMITTED}
    assert answer.partition(" ")[2] in receipts[1].detail
    assert [got.recipients for got in server.received] == [("reader1@example.com",), ("reader3@example.com",)]
    assert server.connections == 1


@pytest.mark.parametrize(
    ("step", "answer", "gone"),
    [
        ("RCPT", "550 5.1.1 <reader2@example.com>: User unknown", True),
        ("RCPT", "550 no such user", False),
        ("RCPT", "552 5.2.2 mailbox full", False),
        ("END", "550 5.1.1 no such user", False),
    ],
)
def test_a_nonexistent_address_is_gone(
    server: SmtpServer, root: Path, wire: Wire, step: str, answer: str, gone: bool
) -> None:
    server.script.answers = {(step, "reader2@example.com"): answer}
    with relay(server, root) as provider:
        receipts = list(provider.submit(make.letters(wire, readers(3))))
    assert [(receipt.status, receipt.gone) for receipt in receipts] == [
        (SUBMITTED, False),
        (REFUSED, gone),
        (SUBMITTED, False),
    ]


def test_a_temporary_refusal_of_the_sender_defers_the_reader(server: SmtpServer, root: Path, wire: Wire) -> None:
    server.script.answers = {"MAIL": "452 4.3.1 no room"}
    server.script.times = {"MAIL": 1}
    with relay(server, root) as provider:
        assert statuses(list(provider.submit(make.letters(wire, readers(2))))) == {1: DEFERRED, 2: SUBMITTED}


@pytest.mark.parametrize(
    ("step", "answer", "hint"),
    [
        ("MAIL", "550 5.7.1 sender is not yours", "verify the sender"),
        ("MAIL", "530 5.7.0 authentication required", "NEWSLETTER_SMTP_PASSWORD"),
        ("RCPT", "554 5.7.1 <reader2@example.com>: Relay access denied", "log in"),
        ("RCPT", "550 5.7.1 relaying not permitted", "log in"),
        ("RCPT", "553 5.7.1 <editors@news.example.org>: Sender address rejected: not owned by user x", "sender"),
        ("END", "554 Message rejected: Email address is not verified.", "verify the sender"),
        ("END", "554 5.7.0 Daily message quota exceeded", "limit"),
        ("RCPT", "530 5.7.0 must issue STARTTLS first", "username"),
    ],
)
def test_an_answer_about_all_readers_stops_the_send(
    server: SmtpServer, root: Path, wire: Wire, step: str, answer: str, hint: str
) -> None:
    key = step if step == "MAIL" else (step, "reader2@example.com")
    receipts: list[Receipt] = []
    with relay(server, root) as provider:
        receipts.extend(provider.submit(make.letters(wire, readers(1))))
        server.script.answers = {key: answer}
        later = iter(provider.submit(make.letters(wire, readers(3)[1:])))
        with pytest.raises(ProviderError, match="refuses: 5") as caught:
            receipts.extend(later)
    assert hint in caught.value.hint
    assert "reader2@" not in str(caught.value)  # the send keeps the detail, even after an erasure
    assert statuses(receipts) == {1: SUBMITTED}
    assert len(server.received) == 1


@pytest.mark.parametrize("words", ["552 5.2.2 mailbox quota exceeded", "452 4.2.2 over quota"])
def test_a_full_mailbox_affects_only_its_owner(server: SmtpServer, root: Path, wire: Wire, words: str) -> None:
    server.script.answers = {("RCPT", "reader1@example.com"): words}
    with relay(server, root) as provider:
        by_reader = statuses(list(provider.submit(make.letters(wire, readers(2)))))
    assert by_reader == {1: REFUSED if words.startswith("5") else DEFERRED, 2: SUBMITTED}


# Lost connections ----------------------------------------------------------------------------------------------------


def test_a_message_is_not_handed_over_if_the_connection_is_lost_within_it(
    server: SmtpServer, root: Path, wire: Wire
) -> None:
    long = Wire(make.email(html=(("x" * 70 + "\n") * 150_000,)), make.WHEN)  # more than the sockets' buffers hold
    server.script.answers = {("BODY", "reader1@example.com"): CUT}
    with relay(server, root) as provider:
        receipts = [
            *provider.submit(make.letters(long, readers(1))),
            *provider.submit(make.letters(wire, readers(2)[1:])),
        ]
    assert statuses(receipts) == {1: DEFERRED, 2: SUBMITTED}
    assert "lost" in receipts[0].detail
    assert [got.recipients for got in server.received] == [("reader2@example.com",)]


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_message_is_not_handed_over_if_the_connection_is_lost_before_the_final_dot(
    server: SmtpServer, root: Path, wire: Wire, step: str
) -> None:
    server.script.answers = {step: CUT}
    server.script.times = {step: 1}
    with relay(server, root) as provider:
        receipts = list(provider.submit(make.letters(wire, readers(2))))
    assert statuses(receipts) == {1: DEFERRED, 2: SUBMITTED}
    assert "lost" in receipts[0].detail
    assert server.connections == 2


def test_a_message_is_uncertain_if_the_connection_is_lost_after_the_final_dot(
    server: SmtpServer, root: Path, wire: Wire
) -> None:
    server.script.answers = {("END", "reader2@example.com"): CUT}
    receipts: list[Receipt] = []
    with relay(server, root) as provider:
        with pytest.raises(OutageError, match="no clear answer"):  # the rest of the batch is sent later
            receipts.extend(provider.submit(make.letters(wire, readers(3))))
        receipts.extend(provider.submit(make.letters(wire, readers(3)[2:])))
    assert statuses(receipts) == {1: SUBMITTED, 2: UNCERTAIN, 3: SUBMITTED}
    assert "the answer to the message" in receipts[1].detail
    assert server.connections == 2


def test_a_message_is_uncertain_without_an_answer_to_the_final_dot(root: Path, wire: Wire) -> None:
    with scripted_socket([b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"]) as port:
        options = {"host": "127.0.0.1", "port": port, "security": "none", "timeout": 1}
        provider = open_smtp(options, root=root, environment={}, timer=Clock().timer())
        (receipt,) = provider.submit(make.letters(wire, readers(1)))
        provider.close()
    assert receipt.status is UNCERTAIN


@pytest.mark.parametrize(
    ("replies", "status"),
    [
        ([b"220 hi\r\n", b"250 hi\r\n", b"HTTP/1.1 400\r\n"], DEFERRED),
        ([b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 what\r\n"], DEFERRED),
        ([b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b"garbage\r\n"], UNCERTAIN),
        ([b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b"354 go\r\n"], UNCERTAIN),
    ],
)
def test_a_server_that_does_not_speak_smtp_stops_the_send(
    root: Path, wire: Wire, replies: list[bytes], status: DeliveryStatus
) -> None:
    with scripted_socket(replies) as port:
        options = {"host": "127.0.0.1", "port": port, "security": "none", "timeout": 1}
        provider = open_smtp(options, root=root, environment={}, timer=Clock().timer())
        (receipt,) = provider.submit(make.letters(wire, readers(1)))
        provider.close()
    assert receipt.status is status


@contextmanager
def scripted_socket(replies: list[bytes]) -> Iterator[int]:
    """Start a server that sends fixed replies regardless of commands, and then stays silent."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as lines:
                for index, reply in enumerate(replies):
                    connection.sendall(reply)
                    if index >= 4 and replies[4].startswith(b"354") and index + 1 < len(replies):
                        for line in lines:
                            if line == b".\r\n":
                                break
                    else:
                        lines.readline()
                while lines.readline():
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(10)


@pytest.mark.parametrize("goodbye", [CUT, "421 4.4.2 idle too long"])
def test_a_kept_connection_that_the_server_closed_is_replaced(
    server: SmtpServer, root: Path, wire: Wire, goodbye: str
) -> None:
    with relay(server, root) as provider:
        provider.check_sender(make.SENDER)
        server.script.answers = {"MAIL": goodbye}
        server.script.times = {"MAIL": 1}
        assert statuses(list(provider.submit(make.letters(wire, readers(2))))) == {1: SUBMITTED, 2: SUBMITTED}
    assert [got.connection for got in server.received] == [2, 2]


@pytest.mark.parametrize("step", ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "END"])
def test_a_server_that_closes_down_stops_the_send(server: SmtpServer, root: Path, wire: Wire, step: str) -> None:
    server.script.answers = {step: "421 4.3.2 closing down"}
    receipts: list[Receipt] = []
    with relay(server, root) as provider, pytest.raises(ProviderError, match=r"421 4\.3\.2 closing down") as caught:
        receipts.extend(provider.submit(make.letters(wire, readers(3))))
    assert "try again later" in caught.value.hint
    assert receipts == []
    assert server.received == []


def test_the_reason_of_a_server_that_refuses_all_mail_is_reported(server: SmtpServer, root: Path) -> None:
    server.script.answers = {"greeting": "554 5.7.1 your network is listed"}
    with relay(server, root) as provider, pytest.raises(ProviderError, match=r"554 5\.7\.1 your network is listed"):
        provider.check_sender(make.SENDER)


# Addresses and values ------------------------------------------------------------------------------------------------


def international() -> Recipient:
    return Recipient(subscriber=9, key=make.KEY, address="grüße@bücher.example", values=make.recipient().values)


def test_an_international_address_is_sent_with_smtputf8(server: SmtpServer, root: Path, wire: Wire) -> None:
    with relay(server, root) as provider:
        assert statuses(list(provider.submit(make.letters(wire, [*readers(1), international()])))) == {
            1: SUBMITTED,
            9: SUBMITTED,
        }
    plain, utf8 = server.received
    assert plain.parameters == ()
    assert utf8.parameters == ("SMTPUTF8", "BODY=8BITMIME")
    assert utf8.recipients == ("grüße@xn--bcher-kva.example",)
    assert utf8.content == wire.message(international())


def test_an_international_address_is_refused_if_the_server_lacks_smtputf8(root: Path, wire: Wire) -> None:
    with smtp_server(smtputf8=False) as server, relay(server, root) as provider:
        receipts = list(provider.submit(make.letters(wire, [international(), *readers(1)])))
        assert statuses(receipts) == {9: REFUSED, 1: SUBMITTED}
        assert "beyond ASCII (SMTPUTF8)" in receipts[0].detail
        assert server.connections == 1


def test_an_international_domain_needs_no_smtputf8(root: Path, wire: Wire) -> None:
    reader = Recipient(subscriber=1, key=make.KEY, address="a@bücher.example", values=make.recipient().values)
    with smtp_server(smtputf8=False) as server, relay(server, root) as provider:
        assert statuses(list(provider.submit(make.letters(wire, [reader])))) == {1: SUBMITTED}
        assert server.received[0].recipients == ("a@xn--bcher-kva.example",)


def test_a_value_that_cannot_be_encoded_refuses_only_its_reader(server: SmtpServer, root: Path, wire: Wire) -> None:
    bad = make.recipient(2, first_name="\ud800")
    with relay(server, root) as provider:
        receipts = list(provider.submit(make.letters(wire, [make.recipient(1), bad, make.recipient(3)])))
    assert statuses(receipts) == {1: SUBMITTED, 2: REFUSED, 3: SUBMITTED}
    assert "the message can't be built" in next(receipt.detail for receipt in receipts if receipt.subscriber == 2)


def test_an_address_that_injects_a_command_is_refused(server: SmtpServer, root: Path, wire: Wire) -> None:
    address = "a@example.com>\r\nRCPT TO:<e@x.example"
    bad = Recipient(subscriber=2, key=make.KEY, address=address, values=make.recipient().values)
    with relay(server, root) as provider:
        assert statuses(list(provider.submit(make.letters(wire, [bad])))) == {2: REFUSED}
    assert server.received == []
    assert server.connections == 0


def test_a_non_ascii_sender_domain_is_sent_in_ascii(server: SmtpServer, root: Path) -> None:
    wire = Wire(make.email(sender=Mailbox(address="editors@bücher.example")), make.WHEN)
    with relay(server, root) as provider:
        list(provider.submit(make.letters(wire, readers(1))))
    assert server.received[0].sender == "editors@xn--bcher-kva.example"


# Options -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, r"\[provider\] host: is missing"),
        ({"host": "a b"}, r"\[provider\] host: "),
        (
            {"host": "mail.example.org", "port": "587"},
            r"\[provider\] port: write a whole number, without quotes, not '587'",
        ),
        ({"host": "mail.example.org", "port": 0}, r"\[provider\] port: "),
        ({"host": "mail.example.org", "security": "ssl"}, r'\[provider\] security: write "starttls", "tls" or "none"'),
        ({"host": "mail.example.org", "security": "none"}, "allow_unencrypted"),
        ({"host": "mail.example.org", "conections": 3}, "no such option; did you mean connections"),
        ({"host": "mail.example.org", "password": "hunter2"}, "a secret belongs in the environment"),
        ({"host": "mail.example.org", "username": "me"}, "NEWSLETTER_SMTP_PASSWORD is not"),
        ({"host": "mail.example.org", "dkim_key": "k.pem"}, "set all of"),
        ({"host": "mail.example.org", "connections": 0}, r"\[provider\] connections"),
        ({"host": "mail.example.org", "timeout": True}, r"\[provider\] timeout"),
    ],
)
def test_a_wrong_option_is_reported_with_its_hint(root: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        open_provider("smtp", options, root=root, environment={})
    assert "hunter2" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_a_local_server_needs_no_encryption(root: Path, host: str) -> None:
    open_provider("smtp", {"host": host, "security": "none"}, root=root, environment={}).close()


def test_a_remote_server_without_encryption_must_be_allowed_explicitly(root: Path) -> None:
    options = {"host": "mail.example.org", "security": "none", "allow_unencrypted": True}
    open_provider("smtp", options, root=root, environment={}).close()


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465)])
def test_the_default_port_depends_on_the_security(root: Path, security: str, port: int) -> None:
    options = {"host": "nowhere.invalid", "security": security, "timeout": 1}
    with pytest.raises(ProviderError, match=f"nowhere.invalid:{port}"):
        open_provider("smtp", options, root=root, environment={}).check_sender(make.SENDER)


def test_batch_size_and_concurrency_follow_the_options(root: Path) -> None:
    options = {"host": "localhost", "connections": 7, "batch_size": 33}
    provider = open_provider("smtp", options, root=root, environment={})
    assert (provider.concurrency, provider.batch_size, provider.deduplicates) == (7, 33, False)
