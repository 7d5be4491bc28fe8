"""Bounces and complaints of a real send, collected from a real Maildir: which of them have an effect."""

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.events import EventKind, Outcome
from newsletter.store import open_store
from tests import incoming_mail
from tests.bounce_mailbox import (
    ADA,
    BEN,
    CLEO,
    Maildir,
    complaint,
    message_id,
    suppressed,
    unsubscribe_mail,
    without_return_path,
)
from tests.command_line import Run
from tests.rows import execute, stored_events
from tests.smtp_server import Received


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
