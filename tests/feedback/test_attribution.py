"""Whose address a bounce is about: by its return path, its Message-ID and the reader's former addresses."""

import json
from pathlib import Path

import pytest

from newsletter.domain.consent import (
    Confirmation,
    ConfirmationKind,
    MailRequest,
    ServiceKind,
    ServiceMessage,
    SignUpChoices,
)
from newsletter.settings import load_signer
from newsletter.store import open_store
from tests import incoming_mail
from tests.bounce_mailbox import ADA, BEN, CLEO, Maildir, message_id, suppressed, without_return_path
from tests.command_line import Run
from tests.make import WHEN
from tests.smtp_server import Received


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
