"""Bounces in an mbox file, a Maildir and a folder on an IMAP server."""

import json
import tracemalloc
from pathlib import Path

import pytest

from tests import incoming_mail
from tests.bounce_mailbox import ADA, Maildir, suppressed
from tests.command_line import Run
from tests.imap_server import PASSWORD, imap_server
from tests.smtp_server import Received


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
