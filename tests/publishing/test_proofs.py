"""Proofs, through a real outbox and a real mail server."""

from dataclasses import replace
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from newsletter import bootstrap
from newsletter.composing import Composed
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.subscriber import Subscriber
from newsletter.publishing.proofs import ProofError, mail_proof
from newsletter.publishing.sends.send_preparing import compose_issue
from newsletter.settings import Settings
from tests.make import WHEN
from tests.newsletter_folder import write_issue, write_settings
from tests.smtp_server import smtp_server

EDITOR = "editor@example.com"


@pytest.fixture
def composed(settings: Settings) -> Composed:
    """A tailored issue of two entries, which greets its reader."""
    write_issue(settings.root, date(2026, 11, 23), "train", "clock", more="tailored: true\n")
    return compose_issue(settings, "2026-11-23")


def proofs(settings: Settings) -> list[EmailMessage]:
    """Return the messages in the outbox."""
    paths = settings.outbox.glob("*/*.eml")
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(paths)]


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_a_proof_goes_to_the_editor_with_the_whole_issue(settings: Settings, composed: Composed) -> None:
    with bootstrap.open_send_context(settings) as context:
        receipt = mail_proof(context, composed, to=EDITOR, now=WHEN)
    assert receipt.status is DeliveryStatus.SUBMITTED
    (message,) = proofs(settings)
    assert message["To"] == EDITOR
    assert "About train" in text_of(message)
    assert "About clock" in text_of(message)


@pytest.mark.parametrize(
    ("stated", "language", "mark"),
    [
        ("", "en", "[Proof]"),
        ("", "de", "[Probe]"),
        ("", "xx", "[Proof]"),
        ("language: he\n", "de", "[הגהה]"),
        ("language: de\n", "en", "[Probe]"),
    ],
)
def test_a_proofs_subject_is_marked_in_the_issues_language(
    settings: Settings, stated: str, language: str, mark: str
) -> None:
    write_issue(settings.root, date(2026, 11, 23), "train", more=stated)
    settings = replace(settings, newsletter=replace(settings.newsletter, other_languages=("de", "he")))
    composed = compose_issue(settings, "2026-11-23")
    with bootstrap.open_send_context(settings) as context:
        mail_proof(context, composed, to=EDITOR, now=WHEN, language=language)
    (message,) = proofs(settings)
    assert message["Subject"].startswith(f"{mark} ")


def test_a_proof_of_a_readers_copy_goes_to_the_editor(settings: Settings, composed: Composed) -> None:
    ada = Subscriber(address="ada@example.com")
    with bootstrap.open_send_context(settings) as context:
        mail_proof(context, composed, to=EDITOR, now=WHEN, reader=ada, edition=(1,))
    (message,) = proofs(settings)
    assert message["To"] == EDITOR
    assert "About train" not in text_of(message)
    assert "About clock" in text_of(message)


def test_a_proof_that_the_mail_server_refuses_is_an_error_with_its_answer(
    settings: Settings, composed: Composed
) -> None:
    with smtp_server(answers={("RCPT", EDITOR): "550 5.1.1 no such user"}) as server:
        table = f'[provider]\nname = "smtp"\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\n'
        with (
            bootstrap.open_send_context(write_settings(settings.root, table)) as context,
            pytest.raises(ProofError, match=r"was refused: 550 5\.1\.1") as refused,
        ):
            mail_proof(context, composed, to=EDITOR, now=WHEN)
    assert (refused.value.address, refused.value.status) == (EDITOR, DeliveryStatus.REFUSED)
