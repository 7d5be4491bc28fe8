"""Bounces and complaints about the messages of a sign-up."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from newsletter import bootstrap
from newsletter.domain.consent import (
    Confirmation,
    ConfirmationKind,
    MailRequest,
    ServiceKind,
    ServiceMessage,
    SignUpChoices,
)
from newsletter.rendering import load_theme
from newsletter.settings import load
from newsletter.store import open_store
from tests import incoming_mail
from tests.bounce_mailbox import ADA, BEN, Maildir, by_smtp, complaint, suppressed
from tests.command_line import Run, edit
from tests.make import WHEN
from tests.smtp_server import Received, smtp_server


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
        by_smtp(readers, server, maildir)
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
