"""Unsubscribing by mail to the address that a message offers."""

import json
from pathlib import Path

from newsletter.store import open_store
from tests import incoming_mail
from tests.bounce_mailbox import ADA, BEN, CLEO, Maildir, by_smtp, header, suppressed, unsubscribe_mail
from tests.command_line import Run, edit
from tests.message_checklist import complaints
from tests.smtp_server import Received, smtp_server


def statuses(root: Path) -> dict[str, str]:
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
    assert statuses(readers) == {ADA: "unsubscribed", BEN: "unsubscribed", CLEO: "confirmed"}
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
    assert statuses(readers)[BEN] == statuses(readers)[CLEO] == "confirmed"
    assert came["unsubscribe_request"] == 0  # the last one went to the bounce address
    assert statuses(readers)[ADA] == "confirmed"
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
    assert (came["unsubscribe_request"], statuses(readers)[ADA]) == (0, "confirmed")
    maildir.put(
        "client", b"Auto-Submitted: auto-generated\nReturn-Path: <ada@example.com>\n" + incoming_mail.apple_mail(to)
    )
    assert json.loads(run("bounces", "--json").stdout)["unsubscribed"] == 1


def test_a_separate_address_receives_unsubscribe_requests(readers: Path, run: Run, maildir: Maildir) -> None:
    with smtp_server() as server:
        by_smtp(readers, server, maildir)
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
        by_smtp(readers, server, maildir)
        edit("newsletter.toml", "mailbox = ", "# mailbox = ")
        assert run("send", "latest", "--yes").status == 0
    offers = [header(message, "List-Unsubscribe") for message in server.received]
    assert len(offers) == 3
    assert [offer for offer in offers if "mailto" in offer] == []
