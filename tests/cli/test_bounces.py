"""`newsletter bounces`: returned messages of real sends, in a real Maildir."""

import base64
import fcntl
import json
import os
import re
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from newsletter import bootstrap
from newsletter.domain.consent import (
    Confirmation,
    ConfirmationKind,
    MailRequest,
    ServiceKind,
    ServiceMessage,
    SignUpChoices,
)
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.events import EventKind, Outcome
from newsletter.message.verp import return_path
from newsletter.rendering import load_theme
from newsletter.settings import load, load_signer
from newsletter.store import open_store
from tests import incoming_mail
from tests.cli.conftest import Run, edit
from tests.imap_server import PASSWORD, imap_server
from tests.make import WHEN
from tests.message_checklist import complaints
from tests.rows import execute, stored_events
from tests.smtp_server import Received, SmtpServer, smtp_server

ADA, BEN, CLEO = "ada@example.com", "ben@example.net", "cleo@example.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Maildir:
    """A Maildir to which tests add mail."""

    path: Path

    def put(self, name: str, message: bytes) -> None:
        """Add a new message."""
        (self.path / "new" / name).write_bytes(message)

    def flags(self) -> dict[str, str]:
        """Return the flags of each message, by the name it was added with."""
        return {
            name: flags for path in (self.path / "cur").iterdir() for name, _, flags in [path.name.partition(":2,")]
        }

    def waiting(self) -> list[str]:
        """Return the unread messages."""
        return sorted(path.name for path in (self.path / "new").iterdir())


@pytest.fixture
def maildir(tmp_path: Path) -> Maildir:
    """Return an empty Maildir."""
    for folder in ("new", "cur", "tmp"):
        (tmp_path / "Maildir" / folder).mkdir(parents=True)
    return Maildir(path=tmp_path / "Maildir")


@pytest.fixture
def sent(readers: Path, run: Run, maildir: Maildir) -> Iterator[dict[str, Received]]:
    """Send the issue by SMTP with our own return paths, and return the messages by address."""
    with smtp_server() as server:
        _by_smtp(readers, server, maildir)
        assert run("send", "latest", "--yes").status == 0
        yield {got.recipients[0]: got for got in server.received}


def _by_smtp(root: Path, server: SmtpServer, maildir: Maildir) -> None:
    toml = root / "newsletter.toml"
    text = toml.read_text()
    provider = f'[provider]\nname = "smtp"\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\n'
    text = re.sub(r"\[provider\]\n(?:[^\[].*\n|\n)*", provider + "\n", text)
    toml.write_text(f'{text}\n[feedback]\nreturn_path = "bounces@news.daily.example"\nmailbox = "{maildir.path}"\n')


def header(message: Received, name: str) -> str:
    match = re.search(rf"^{name}: (.*)\r$".encode(), message.content, re.MULTILINE)
    assert match
    return match[1].decode()


def message_id(message: Received) -> str:
    return header(message, "Message-ID")


def complaint(message: Received, *, feedback: str = "abuse") -> bytes:
    """Return a complaint with the headers of a message and a redacted recipient."""
    path = f"X-Return-Path: {header(message, 'X-Return-Path')}\n"
    return incoming_mail.complaint(message_id(message), feedback=feedback, headers=path)


def without_return_path(root: Path) -> None:
    """Remove the return path from newsletter.toml."""
    edit(str(root / "newsletter.toml"), 'return_path = "bounces@news.daily.example"\n', "")


def forged(message: Received, address: str) -> dict[str, bytes]:
    """Return forged reports by a person who has a reader's link or reply but not the message itself."""
    match = re.search(rb"/unsubscribe/2026-11-23/([A-Za-z0-9_-]{48})>", message.content)
    assert match
    key = base64.urlsafe_b64decode(match[1])[2:18].hex()
    ids = {"key": f"<2026-11-23.{key}@evil.example>", "MAC": f"<2026-11-23.{key}.{'0' * 32}@evil.example>"}
    return {
        f"{kind} {name}": mail
        for name, id_ in ids.items()
        for references in [f"References: {id_}\n".encode()]
        for kind, mail in {
            "complaint": incoming_mail.complaint(id_, address=address),
            "bounce": references + incoming_mail.notification("bounces@news.daily.example", address),
            "words": references + incoming_mail.in_words("bounces@news.daily.example", address),
        }.items()
    }


def suppressed(root: Path) -> dict[str, str]:
    with open_store(f"sqlite:///{root / 'newsletter.db'}") as store:
        return {suppression.address_key: suppression.reason.value for suppression in store.suppressions.stream()}


def test_each_message_has_its_own_return_path(sent: dict[str, Received]) -> None:
    paths = {address: got.sender for address, got in sent.items()}
    assert sorted(paths) == [ADA, BEN, CLEO]
    assert len(set(paths.values())) == 3
    assert all(re.fullmatch(r"bounces\+[a-z2-7]{52}@news\.daily\.example", path) for path in paths.values())
    assert all(len(path.partition("@")[0]) <= 64 for path in paths.values())


def test_only_proven_reports_have_an_effect(
    readers: Path, run: Run, maildir: Maildir, sent: dict[str, Received]
) -> None:
    forged = sent[CLEO].sender.replace("+", "+" + "a" * 52, 1)[: len("bounces+") + 52] + "@news.daily.example"
    maildir.put("1.ada", incoming_mail.notification(sent[ADA].sender.upper(), ADA))
    maildir.put("2.ben", complaint(sent[BEN]))
    maildir.put("3.cleo", incoming_mail.absent(sent[CLEO].sender))
    maildir.put("4.letter", incoming_mail.letter("bounces@news.daily.example"))
    maildir.put("5.forged", incoming_mail.notification(forged, CLEO))
    maildir.put("6.garbage", b"\xff\x00 no mail at all")
    came = json.loads(run("bounces", "--json").stdout)
    assert (came["report"], came["automatic_reply"]) == (2, 1)
    assert came["not_understood"] == 2
    assert came["unproven"] + came["unknown_reader"] == 1
    assert (came["new"], came["suppressed"]) == (2, 2)
    assert suppressed(readers) == {ADA: "bounced", BEN: "complained"}
    flags = maildir.flags()
    assert maildir.waiting() == []
    assert {name: flags[name] for name in ("1.ada", "2.ben", "3.cleo")} == {
        "1.ada": "S",
        "2.ben": "S",
        "3.cleo": "S",
    }
    assert (flags["4.letter"], flags["6.garbage"]) == ("F", "F")
    with open_store("sqlite:///newsletter.db") as store:
        assert store.events.outcomes("2026-11-23") == {Outcome.BOUNCED: 1, Outcome.COMPLAINED: 1, Outcome(0): 1}
        (bounce,) = stored_events(store, address=ADA)
        assert (bounce.kind, bounce.status, bounce.detail) == (EventKind.BOUNCED, "5.1.1", "550 5.1.1 no such user")
        assert "Final-Recipient" in bounce.raw
    again = json.loads(run("bounces", "--json").stdout)
    assert (again["report"], again["new"]) == (0, 0)


def test_a_readers_link_is_not_enough_to_forge_a_report(
    readers: Path, run: Run, maildir: Maildir, sent: dict[str, Received]
) -> None:
    for name, mail in forged(sent[ADA], ADA).items():
        maildir.put(f"with {name}", mail)
    answered = message_id(sent[ADA])
    maildir.put(
        "an answer",
        f"References: {answered}\n".encode() + incoming_mail.notification("bounces@news.daily.example", ADA),
    )
    maildir.put("passed on", incoming_mail.complaint(answered, address=ADA))
    came = json.loads(run("bounces", "--json").stdout)
    assert (came["report"], came["unproven"], came["new"]) == (0, 8, 0)
    without_return_path(readers)
    for name, mail in forged(sent[ADA], ADA).items():
        maildir.put(f"without {name}", mail)
    came = json.loads(run("bounces", "--json").stdout)
    assert (came["report"], came["unproven"], came["new"]) == (0, 6, 0)
    assert set(maildir.flags().values()) == {"F"}
    assert suppressed(readers) == {}


def test_without_a_return_path_the_signed_message_id_proves_a_report(
    readers: Path, run: Run, maildir: Maildir, sent: dict[str, Received]
) -> None:
    without_return_path(readers)
    maildir.put("1", incoming_mail.complaint(message_id(sent[BEN])))
    maildir.put("2", incoming_mail.complaint(message_id(sent[ADA]).replace("2026-11-23", "2026-11-22")))
    came = json.loads(run("bounces", "--json").stdout)
    assert (came["report"], came["unproven"]) == (1, 1)
    assert suppressed(readers) == {BEN: "complained"}


def test_a_bounce_after_a_move_never_suppresses_another_readers_address(
    readers: Path, run: Run, maildir: Maildir, sent: dict[str, Received]
) -> None:
    without_return_path(readers)
    move(ADA, "ada@new.example.com")
    maildir.put("1", incoming_mail.complaint(message_id(sent[ADA]), address=CLEO))
    assert json.loads(run("bounces", "--json").stdout)["unproven"] == 1
    assert suppressed(readers) == {}


def test_a_bounce_without_a_recipient_is_attributed_by_its_return_path(
    readers: Path, run: Run, maildir: Maildir, sent: dict[str, Received]
) -> None:
    maildir.put("1", incoming_mail.in_words(sent[ADA].sender, "").replace(b"<>:\n", b""))
    assert run("bounces").status == 0
    assert suppressed(readers) == {ADA: "bounced"}


def test_a_plain_text_bounce_to_a_signed_return_path_counts(
    readers: Path, run: Run, maildir: Maildir, sent: dict[str, Received]
) -> None:
    maildir.put("1", incoming_mail.in_words(sent[ADA].sender, "ada@forwarded.example.net"))
    assert run("bounces").status == 0
    assert suppressed(readers) == {ADA: "bounced"}


@pytest.mark.parametrize(
    ("action", "status", "words"),
    [
        ("delayed", "4.4.1", "451 4.4.1 will be tried again"),
        ("failed", "5.2.2", "552 5.2.2 mailbox full"),
        ("failed", "5.7.1", "550 5.7.1 looks like spam"),
        ("delivered", "2.0.0", "250 2.0.0 Ok"),
    ],
)
def test_a_temporary_bounce_does_not_suppress_at_once(
    readers: Path, run: Run, maildir: Maildir, sent: dict[str, Received], action: str, status: str, words: str
) -> None:
    maildir.put("1", incoming_mail.notification(sent[ADA].sender, ADA, action=action, status=status, words=words))
    came = json.loads(run("bounces", "--json").stdout)
    assert (came["report"], came["new"], came["suppressed"]) == (1, 1, 0)
    assert suppressed(readers) == {}


def test_a_not_spam_report_does_not_suppress(
    readers: Path, run: Run, maildir: Maildir, sent: dict[str, Received]
) -> None:
    maildir.put("1", complaint(sent[BEN], feedback="not-spam"))
    assert json.loads(run("bounces", "--json").stdout)["new"] == 1
    assert run("bounces").status == 0
    assert suppressed(readers) == {}


def test_a_bounce_settles_an_uncertain_delivery(
    readers: Path, run: Run, maildir: Maildir, sent: dict[str, Received]
) -> None:
    with open_store("sqlite:///newsletter.db") as store:
        execute(store, "UPDATE delivery SET status = 'uncertain'")
    maildir.put("1", incoming_mail.notification(sent[ADA].sender, ADA))
    assert json.loads(run("bounces", "--json").stdout)["settled"] == 1
    with open_store("sqlite:///newsletter.db") as store:
        statuses = {address: status for address, status, _ in store.deliveries.stream(1)}
    assert statuses == {ADA: DeliveryStatus.SUBMITTED, BEN: DeliveryStatus.UNCERTAIN, CLEO: DeliveryStatus.UNCERTAIN}


def test_an_mbox_is_not_changed_and_counts_once(
    readers: Path, run: Run, sent: dict[str, Received], tmp_path: Path
) -> None:
    file = tmp_path / "mbox"
    mail = incoming_mail.notification(sent[ADA].sender, ADA) + b"\n"
    file.write_bytes(b"From MAILER-DAEMON Mon Nov 23 07:00:00 2026\n" + mail)
    before = file.read_bytes()
    assert json.loads(run("bounces", str(file), "--json").stdout)["new"] == 1
    again = json.loads(run("bounces", str(file), "--json").stdout)
    assert (again["new"], again["already_known"], again["report"]) == (0, 1, 0)
    assert file.read_bytes() == before
    assert suppressed(readers) == {ADA: "bounced"}


@pytest.mark.parametrize(
    ("mailbox", "message"),
    [
        ("nowhere", "no mailbox at"),
        (".", "is not a Maildir"),
        ("imap://ada@mail.example.org/INBOX", "write imaps://"),
        ("imaps://mail.example.org/INBOX", "imaps://user@host/folder"),
        ("imaps://ada@mail.example.org/INBOX", "NEWSLETTER_IMAP_PASSWORD is not set"),
    ],
)
def test_an_unreadable_mailbox_is_reported_with_a_hint(readers: Path, run: Run, mailbox: str, message: str) -> None:
    refused = run("bounces", mailbox)
    assert refused.status != 0
    assert message in refused.stderr


def test_a_second_run_is_refused_until_the_first_ends_or_is_killed(readers: Path, run: Run, maildir: Maildir) -> None:
    message, empty = maildir.path / "new" / "1", readers / "empty"
    os.mkfifo(message)  # a reader of it waits for a writer
    for folder in ("new", "cur"):
        (empty / folder).mkdir(parents=True)
    command = [sys.executable, "-m", "newsletter", "-C", str(readers), "bounces", str(maildir.path)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as first:
        try:
            writing = _open_once_it_is_read(message, first)
            settings = readers / "newsletter.toml"
            saved = settings.with_name("saved")  # as an editor does
            saved.write_bytes(settings.read_bytes())
            saved.replace(settings)
            refused = run("bounces", str(empty))
        finally:
            first.kill()
    os.close(writing)
    assert refused.status != 0
    assert "bounce collection is already running" in refused.stderr
    assert "wait until the other `newsletter bounces` has finished" in refused.stderr
    message.unlink()
    with (readers / "newsletter.toml").open() as held_by_another:  # that isn't our lock
        fcntl.flock(held_by_another, fcntl.LOCK_EX)
        assert run("bounces", str(maildir.path)).status == 0


def _open_once_it_is_read(pipe: Path, by: subprocess.Popen[bytes]) -> int:
    while by.poll() is None:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # it isn't read yet
            time.sleep(0.02)
    pytest.fail("the process ended before it had read the mailbox")


def test_large_messages_are_read_one_at_a_time(readers: Path, run: Run, maildir: Maildir) -> None:
    large = incoming_mail.letter("bounces@news.daily.example") + b"x" * 6_000_000
    for number in range(10):
        maildir.put(str(number), large)
    tracemalloc.start()
    try:
        answer = run("bounces", str(maildir.path), "--json")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert json.loads(answer.stdout)["not_understood"] == 10
    assert most < 5 * len(large)


def test_a_missing_mailbox_is_an_error_with_a_hint(readers: Path, run: Run) -> None:
    refused = run("bounces")
    assert refused.status == 2
    assert "[feedback] mailbox" in refused.stderr


def test_a_return_path_that_would_be_too_long_is_refused(root: Path, run: Run) -> None:
    edit("newsletter.toml", "[provider]", '[feedback]\nreturn_path = "bounces-of-ours@daily.example"\n[provider]')
    refused = run("check")
    assert refused.status != 0
    assert "at most 11" in refused.stderr


# A folder on a server ------------------------------------------------------------------------------------------------


def test_a_folder_on_an_imap_server_is_read_and_marked(
    readers: Path, run: Run, sent: dict[str, Received], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_IMAP_PASSWORD", PASSWORD)
    with imap_server() as box:
        where = f"imap://bounces@127.0.0.1:{box.port}/INBOX/Bounces"
        ada = box.put(incoming_mail.notification(sent[ADA].sender, ADA))
        letter = box.put(incoming_mail.letter("bounces@news.daily.example"))
        came = json.loads(run("bounces", where, "--json").stdout)
        assert (came["report"], came["not_understood"], came["new"]) == (1, 1, 1)
        assert box.flags == {ada: {"\\Seen"}, letter: {"\\Flagged"}}
        again = json.loads(run("bounces", where, "--json").stdout)
        assert (again["report"], again["not_understood"]) == (0, 0)
    assert suppressed(readers) == {ADA: "bounced"}


@pytest.mark.parametrize(
    ("folder", "password", "message"),
    [
        ("INBOX/Bounces", "wrong", "wrong password"),
        ("Elsewhere", PASSWORD, "no folder Elsewhere: no such folder"),
    ],
)
def test_a_servers_refusal_is_reported_without_the_password(
    readers: Path, run: Run, monkeypatch: pytest.MonkeyPatch, folder: str, password: str, message: str
) -> None:
    monkeypatch.setenv("NEWSLETTER_IMAP_PASSWORD", password)
    with imap_server() as box:
        refused = run("bounces", f"imap://bounces@127.0.0.1:{box.port}/{folder}")
    assert refused.status == 1
    assert message in refused.stderr
    assert PASSWORD not in refused.stdout + refused.stderr


def test_an_unreachable_mail_server_is_reported(readers: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_IMAP_PASSWORD", PASSWORD)
    refused = run("bounces", "imap://bounces@127.0.0.1:9/INBOX")
    assert refused.status == 1
    assert "nothing is listening there" in refused.stderr


# Messages about a sign-up --------------------------------------------------------------------------------------------


def sign_up(root: Path, address: str, key: str, *, now: datetime = WHEN, handed: int = 1) -> None:
    """Sign up an address, and hand over due service mail as `serve` does."""
    settings = load(root)
    pending = Confirmation(
        kind=ConfirmationKind.SIGN_UP, key=key, address=address, requested=now, how="form", choices=SignUpChoices()
    )
    with bootstrap.open_store(settings) as store, bootstrap.open_send_context(settings) as context:
        about = ServiceMessage(kind=ServiceKind.CONFIRM, address=address, created=now, about=pending.key)
        assert store.confirmations.request([MailRequest(message=about, about=pending)]) == [None]
        newsletter = settings.newsletter
        mailer = bootstrap.service_mailer(
            newsletter, store, context, load_theme(root, newsletter), print, clock=lambda: now
        )
        assert mailer.send_batch() == handed


def test_a_bounced_confirmation_is_the_last_one(readers: Path, run: Run, maildir: Maildir) -> None:
    with smtp_server() as server:
        _by_smtp(readers, server, maildir)
        sign_up(readers, "typo@example.com", "e" * 32)
        (first,) = server.received
        maildir.put("1", incoming_mail.notification(first.sender, "typo@example.com"))
        maildir.put("2", incoming_mail.notification(first.sender, BEN))  # without proof
        came = json.loads(run("bounces", "--json").stdout)
        assert (came["report"], came["unknown_reader"], came["suppressed"]) == (1, 1, 1)
        assert suppressed(readers) == {"typo@example.com": "bounced"}
        sign_up(readers, "typo@example.com", "f" * 32)
        assert len(server.received) == 1
        sign_up(readers, "typo@example.com", "d" * 32, now=datetime.now(UTC) + timedelta(days=31))
        assert len(server.received) == 2


def test_a_bounced_reader_can_confirm_again_and_returns(
    readers: Path, run: Run, maildir: Maildir, sent: dict[str, Received]
) -> None:
    maildir.put("1", incoming_mail.notification(sent[ADA].sender, ADA))
    maildir.put("2", complaint(sent[BEN]))
    assert json.loads(run("bounces", "--json").stdout)["suppressed"] == 2
    with smtp_server() as server:
        edit("newsletter.toml", "port = ", f"port = {server.port}  # ")
        sign_up(readers, ADA, "e" * 32)
        sign_up(readers, BEN, "d" * 32, handed=1)
        assert [got.recipients for got in server.received] == [(ADA,)]
        assert b"/confirm/" in server.received[0].content
    with open_store("sqlite:///newsletter.db") as store:
        given = store.confirmations.get("e" * 32)
        assert given is not None
        store.self_service.confirm(given, SignUpChoices(), WHEN)
    assert suppressed(readers) == {BEN: "complained"}


# Unsubscribing by mail ----------------------------------------------------------------------------------------------


def unsubscribe_mail(message: Received) -> str:
    """Return the address in a message's List-Unsubscribe."""
    match = re.fullmatch(
        r"<https://[^>]+>, <mailto:([^?>]+)\?subject=unsubscribe>", header(message, "List-Unsubscribe")
    )
    assert match
    return match[1]


def standing(root: Path) -> dict[str, str]:
    with open_store(f"sqlite:///{root / 'newsletter.db'}") as store:
        return {reader.address: reader.status.value for reader in store.subscribers.stream()}


def test_apple_mails_unsubscribe_messages_are_understood(
    readers: Path, run: Run, maildir: Maildir, sent: dict[str, Received]
) -> None:
    assert complaints(sent[ADA].content) == []
    maildir.put("1", incoming_mail.apple_mail(unsubscribe_mail(sent[ADA])))
    maildir.put("2", incoming_mail.apple_mail(f"Bounces <{unsubscribe_mail(sent[BEN]).upper()}>", subject=""))
    came = json.loads(run("bounces", "--json").stdout)
    assert (came["unsubscribe_request"], came["unsubscribed"], came["suppressed"]) == (2, 2, 0)
    assert standing(readers) == {ADA: "unsubscribed", BEN: "unsubscribed", CLEO: "confirmed"}
    assert maildir.flags() == {"1": "S", "2": "S"}
    with open_store("sqlite:///newsletter.db") as store:
        ada = store.subscribers.get(ADA)
        assert ada is not None
        last = store.self_service.consents(ada.id)[-1]
        assert (last.event, last.how, last.issue) == ("unsubscribed", "mail", "2026-11-23")


def test_a_forged_unsubscribe_address_unsubscribes_no_reader(
    readers: Path, run: Run, maildir: Maildir, sent: dict[str, Received]
) -> None:
    good = unsubscribe_mail(sent[ADA])
    at = good.index("@")
    maildir.put("changed", incoming_mail.apple_mail(good[: at - 1] + ("a" if good[at - 1] != "a" else "b") + good[at:]))
    maildir.put("return path", incoming_mail.apple_mail(sent[ADA].sender))
    maildir.put("quoted", f"References: <{good}>\n".encode() + incoming_mail.letter("bounces@news.example.org"))
    maildir.put("a bounce of it", incoming_mail.notification(good, BEN))
    came = json.loads(run("bounces", "--json").stdout)
    assert standing(readers)[BEN] == standing(readers)[CLEO] == "confirmed"
    assert came["unsubscribe_request"] == 0  # the last one went to the bounce address
    assert standing(readers)[ADA] == "confirmed"
    assert suppressed(readers) == {}
    maildir.put("bounces of the address", incoming_mail.notification(f"{good.replace('+', '-')}", ADA))
    assert json.loads(run("bounces", "--json").stdout)["suppressed"] == 0


def test_automatic_messages_unsubscribe_no_reader(
    readers: Path, run: Run, maildir: Maildir, sent: dict[str, Received]
) -> None:
    to = unsubscribe_mail(sent[ADA])
    headers = [
        "Auto-Submitted: auto-replied (vacation)",
        "Auto-Submitted: auto-generated",
        "X-Autoreply: yes",
        "Precedence: bulk",
        "Precedence: auto_reply",
        "Return-Path: <>",
        "Content-Type: multipart/report; boundary=b",
    ]
    for number, header_ in enumerate(headers):
        subject = "Re: Good morning" if "generated" in header_ else "unsubscribe"
        maildir.put(f"{number}", f"{header_}\n".encode() + incoming_mail.apple_mail(to, subject=subject))
    maildir.put("absent", incoming_mail.apple_mail(to, subject="Out of office: Good morning"))
    maildir.put(
        "system", incoming_mail.apple_mail(to).replace(b"From: ada@example.com", b"From: MAILER-DAEMON@example.com")
    )
    came = json.loads(run("bounces", "--json").stdout)
    assert (came["unsubscribe_request"], standing(readers)[ADA]) == (0, "confirmed")
    maildir.put(
        "client", b"Auto-Submitted: auto-generated\nReturn-Path: <ada@example.com>\n" + incoming_mail.apple_mail(to)
    )
    assert json.loads(run("bounces", "--json").stdout)["unsubscribed"] == 1


def test_messages_older_than_the_retention_of_events_change_nothing(
    readers: Path, run: Run, maildir: Maildir, sent: dict[str, Received]
) -> None:
    old = f"Received: from mx by us; {format_datetime(datetime.now(UTC) - timedelta(days=366))}\n".encode()
    maildir.put("bounce", old + incoming_mail.notification(sent[ADA].sender, ADA))
    maildir.put("leaves", old + incoming_mail.apple_mail(unsubscribe_mail(sent[BEN])))
    new = f"Received: from mx by us; {format_datetime(datetime.now(UTC))}\nDate: Thu, 1 Jan 1970 00:00:00 +0000\n"
    maildir.put("new", new.encode() + incoming_mail.notification(sent[CLEO].sender, CLEO))
    came = json.loads(run("bounces", "--json").stdout)
    assert (came["too_old"], came["new"], came["unsubscribed"]) == (2, 1, 0)
    assert suppressed(readers) == {CLEO: "bounced"}


def test_a_separate_address_receives_unsubscribe_requests(readers: Path, run: Run, maildir: Maildir) -> None:
    with smtp_server() as server:
        _by_smtp(readers, server, maildir)
        edit("newsletter.toml", "return_path = ", 'unsubscribe_mail = "leave@news.example.org"\n# ')
        assert run("send", "latest", "--yes").status == 0
        got = {message.recipients[0]: message for message in server.received}
    assert "bounces+" not in got[ADA].sender
    assert unsubscribe_mail(got[ADA]).startswith("leave+")
    maildir.put("1", incoming_mail.apple_mail(unsubscribe_mail(got[ADA])))
    assert json.loads(run("bounces", "--json").stdout)["unsubscribed"] == 1
    edit("newsletter.toml", "mailbox = ", "# mailbox = ")
    refused = run("check")
    assert "unsubscribe_mail is set without a mailbox to read it from" in refused.stderr


def test_without_a_mailbox_no_unsubscribe_address_is_offered(readers: Path, run: Run, maildir: Maildir) -> None:
    with smtp_server() as server:
        _by_smtp(readers, server, maildir)
        edit("newsletter.toml", "mailbox = ", "# mailbox = ")
        assert run("send", "latest", "--yes").status == 0
    offers = [header(message, "List-Unsubscribe") for message in server.received]
    assert len(offers) == 3
    assert [offer for offer in offers if "mailto" in offer] == []


# Too many at once ----------------------------------------------------------------------------------------------------


@pytest.fixture
def flood(readers: Path, run: Run, maildir: Maildir) -> Maildir:
    """Send an issue to twelve readers at two domains, of whom six at one domain are reported as nonexistent."""
    more = [f"r{number}@{'strict' if number < 6 else 'lenient'}.example" for number in range(12)]
    (readers / "more.csv").write_text("\n".join(["address", *more]) + "\n")
    assert run("subscribers", "import", "more.csv").status == 0
    with smtp_server() as server:
        _by_smtp(readers, server, maildir)
        assert run("send", "latest", "--yes").status == 0
        paths = {got.recipients[0]: got.sender for got in server.received}
    for address in more[:6]:
        maildir.put(address, incoming_mail.notification(paths[address], address))
    maildir.put(more[6], incoming_mail.notification(paths[more[6]], more[6]))
    return maildir


def held(run: Run) -> list[str]:
    return [bounce["address"] for bounce in json.loads(run("suppressions", "held", "--json").stdout)]


def test_bounces_of_a_whole_domain_are_held_until_an_operator_decides(readers: Path, run: Run, flood: Maildir) -> None:
    strict = [f"r{number}@strict.example" for number in range(6)]
    counted = json.loads(run("bounces", "--json").stdout)
    assert (counted["report"], counted["suppressed"], counted["held"]) == (7, 1, 6)
    assert suppressed(readers) == {"r6@lenient.example": "bounced"}
    assert held(run) == strict
    shown = run("suppressions", "held")
    assert "strict.example" in shown.stdout
    assert "the address does not exist" in shown.stdout
    assert "discard" in shown.stderr
    for command in ("suppressions list", "sends", "sends show 1", "send 2026-11-23 --rehearse", "bounces"):
        assert "Held: 6 hard bounces" in run(*command.split()).stderr
    (finding,) = [item for item in json.loads(run("check", "--json").stdout) if item["rule"] == "bounces-held"]
    assert finding["what"] == "6 hard bounces at strict.example held: 550 5.1.1: the address does not exist"
    report = run("report", "2026-11-23")
    assert "Held: 6 hard bounces of this issue" in report.stderr
    assert "r6@lenient.example" in report.stdout
    assert "550 5.1.1: the address does not exist" in report.stdout
    facts = json.loads(run("report", "2026-11-23", "--json").stdout)
    assert facts["held"] == 6
    assert [item["address"] for item in facts["suppressed"]] == ["r6@lenient.example"]
    assert run("report", "2026-11-23", "--html", "r.html", "--csv", "r.csv").status == 0
    assert "hard bounces are held" in (readers / "r.html").read_text()
    assert "@" not in (readers / "r.html").read_text().partition("</style>")[2]
    assert "2026-11-23,suppressed,bounced,550 5.1.1: the address does not exist,1" in (readers / "r.csv").read_text()


def test_the_notify_addresses_are_mailed_once_when_a_hold_begins(readers: Path, run: Run, flood: Maildir) -> None:
    edit("newsletter.toml", "addresses = []", 'addresses = ["editor@daily.example"]')
    with smtp_server() as server:
        edit("newsletter.toml", "port = ", f"port = {server.port}  # ")
        for command in ("bounces", "bounces", "worker --once"):
            assert run(*command.split()).status == 0
        (told,) = server.received
        assert told.recipients == ("editor@daily.example",)
        assert header(told, "Subject") == "[The Daily Test] Issue 2026-11-23 has too many bounces: they are held"
        text = told.content.decode()
        assert "strict.example: 6, since 20" in text
        assert "newsletter suppressions discard" in text
        assert "r1@" not in text
        assert run("suppressions", "discard").status == 0
        for number in range(6):
            late = f"r{number}@strict.example"
            flood.put(
                f"late{number}", incoming_mail.notification(sender_of(late), late, words="550 5.1.1 still nobody")
            )
        assert run("bounces").status == 0
        assert len(server.received) == 2  # the next hold


def test_held_bounces_can_be_applied_or_discarded_by_domain(readers: Path, run: Run, flood: Maildir) -> None:
    assert run("bounces").status == 0
    assert run("suppressions", "apply", "nowhere.example").status == 1
    assert run("suppressions", "apply", "STRICT.example").stdout == "Suppressed addresses: 6.\n"
    assert len(suppressed(readers)) == 7
    assert held(run) == []
    late = incoming_mail.notification(sender_of("r7@lenient.example"), "r7@lenient.example")
    flood.put("late", late)
    assert json.loads(run("bounces", "--json").stdout)["suppressed"] == 1
    assert run("suppressions", "discard").status == 1


def test_addresses_of_discarded_bounces_get_the_next_issue(readers: Path, run: Run, flood: Maildir) -> None:
    assert run("bounces").status == 0
    assert run("suppressions", "remove", "r0@strict.example").stdout == "r0@strict.example can be mailed again.\n"
    again = run("suppressions", "remove", "r0@strict.example")
    assert (again.status, "is not suppressed" in again.stderr) == (1, True)
    assert run("suppressions", "discard").stdout == "Discarded bounces: 5.\n"
    assert suppressed(readers) == {"r6@lenient.example": "bounced"}
    assert held(run) == []


def sender_of(address: str) -> str:
    """Return the return path of our message to an address."""
    with open_store("sqlite:///newsletter.db") as store:
        reader = store.subscribers.get(address)
        assert reader is not None
        base = "bounces@news.example.org"
        return return_path(base, load_signer(), issue="2026-11-23", key=reader.key, address=address)


# Whose address it is -------------------------------------------------------------------------------------------------


def move(address: str, to: str) -> None:
    """Confirm another address for a reader."""
    with open_store("sqlite:///newsletter.db") as store:
        reader = store.subscribers.get(address)
        assert reader is not None
        given = Confirmation(
            kind=ConfirmationKind.MOVE,
            key="f" * 32,
            address=to,
            subscriber=reader.key,
            requested=WHEN,
            how="form",
            wording="",
            choices=SignUpChoices(),
        )
        about = ServiceMessage(kind=ServiceKind.CONFIRM, address=to, created=WHEN, about=given.key)
        assert store.confirmations.request([MailRequest(message=about, about=given)]) == [None]
        assert store.address_changes.change(given, WHEN, load_signer().fingerprints)


@pytest.mark.parametrize("signed", [True, False], ids=["return path", "Message-ID"])
def test_a_bounce_after_a_move_suppresses_the_former_address(
    readers: Path, run: Run, maildir: Maildir, sent: dict[str, Received], signed: bool
) -> None:
    move(ADA, "ada@new.example.com")
    if signed:
        maildir.put("1", incoming_mail.notification(sent[ADA].sender, ADA))
    else:
        without_return_path(readers)
        maildir.put("1", incoming_mail.complaint(message_id(sent[ADA]), address=ADA))
    assert json.loads(run("bounces", "--json").stdout)["report"] == 1
    assert list(suppressed(readers)) == [ADA]


def test_a_bounce_of_a_forwarded_message_is_the_readers_own(
    readers: Path, run: Run, maildir: Maildir, sent: dict[str, Received]
) -> None:
    maildir.put("1", incoming_mail.notification(sent[ADA].sender, "ada@elsewhere.example.net"))
    run("bounces")
    assert list(suppressed(readers)) == [ADA]


def test_reports_about_removed_readers_are_not_kept(
    readers: Path, run: Run, maildir: Maildir, sent: dict[str, Received]
) -> None:
    run("subscribers", "remove", ADA)
    maildir.put("1", incoming_mail.notification(sent[ADA].sender, ADA))
    assert json.loads(run("bounces", "--json").stdout)["unknown_reader"] == 1
    assert maildir.flags() == {"1": "S"}
    assert suppressed(readers) == {}


def test_bounces_of_earlier_messages_count_after_a_change_of_secret(
    readers: Path, run: Run, maildir: Maildir, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("NEWSLETTER_SECRET", "the-secret-of-yesterday")
    sent: dict[str, Received] = request.getfixturevalue("sent")
    monkeypatch.setenv("NEWSLETTER_EARLIER_SECRETS", "the-secret-of-yesterday")
    monkeypatch.setenv("NEWSLETTER_SECRET", "another secret, of today")
    maildir.put("1", incoming_mail.notification(sent[ADA].sender, ADA))
    assert json.loads(run("bounces", "--json").stdout)["report"] == 1
    monkeypatch.delenv("NEWSLETTER_EARLIER_SECRETS")
    maildir.put("2", incoming_mail.notification(sent[BEN].sender, BEN))
    assert json.loads(run("bounces", "--json").stdout)["unproven"] == 1
    assert maildir.flags() == {"1": "S", "2": "F"}
