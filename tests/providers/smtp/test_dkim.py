"""DKIM signatures, verified by dkimpy, which shares no code with ours."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.addresses import Mailbox
from newsletter.domain.delivery import DeliveryStatus
from newsletter.errors import SettingsError
from newsletter.message.mime import Wire
from newsletter.providers import open_provider
from tests import make
from tests.message_checklist import complaints, header_lines
from tests.providers.conftest import readers
from tests.smtp_server import smtp_server

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()
KEYS = {"rsa": RSA, "ed25519": ED25519}


def pem(key: Any, encryption: Any = None) -> bytes:
    """Return a private key as a PEM file."""
    raw: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    return raw


def dns(kind: str) -> Callable[..., bytes]:
    """Return a name server's answer for the selector's record."""
    if kind == "rsa":
        public = RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        public = ED25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    record = b"v=DKIM1; k=" + kind.encode() + b"; p=" + base64.b64encode(public)

    def answer(name: bytes, timeout: int = 5) -> bytes:
        assert name == b"2026._domainkey.news.example.org."
        return record

    return answer


def options(root: Path, kind: str, port: int = 1) -> dict[str, Any]:
    """Write a key file and return the provider's options."""
    (root / "dkim.pem").write_bytes(pem(KEYS[kind]))
    dkim_options = {"dkim_domain": "news.example.org", "dkim_selector": "2026", "dkim_key": "dkim.pem"}
    return {"host": "127.0.0.1", "port": port, "security": "none"} | dkim_options


def handed_over(root: Path, wire: Wire, kind: str) -> bytes:
    """Hand over a message and return the bytes that the server received."""
    with smtp_server() as server:
        provider = open_provider("smtp", options(root, kind, server.port), root=root, environment={})
        (receipt,) = provider.submit(make.letters(wire, readers(1)))
        provider.close()
        assert receipt.status is DeliveryStatus.SUBMITTED
        return server.received[0].content


@pytest.mark.parametrize("kind", KEYS)
def test_a_signature_is_verified_by_another_program(root: Path, wire: Wire, kind: str) -> None:
    message = handed_over(root, wire, kind)
    assert dkim.verify(message, dnsfunc=dns(kind))
    assert complaints(message) == []
    name, value = header_lines(message)[0]
    assert name == b"DKIM-Signature"
    assert all(len(line) <= 78 for line in value.split(b"\r\n"))
    assert message.endswith(wire.message(readers(1)[0]))


@pytest.mark.parametrize("kind", KEYS)
def test_both_unsubscribe_headers_are_signed(root: Path, wire: Wire, kind: str) -> None:
    message = handed_over(root, wire, kind)
    signature = header_lines(message)[0][1].replace(b"\r\n", b"").replace(b" ", b"")
    listed = dict(tag.split(b"=", 1) for tag in signature.split(b";"))[b"h"].split(b":")
    assert {b"from", b"to", b"subject", b"date", b"message-id", b"list-unsubscribe", b"list-unsubscribe-post"} <= set(
        listed
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"List-Unsubscribe-Post: ", b"List-Unsubscribe-Post: x"),
        (b"List-Unsubscribe: <https://news", b"List-Unsubscribe: <https://evil"),
        (b"Subject: Good", b"Subject: Bad"),
        (b"From: The", b"From: Another <e@x.example>\r\nFrom: The"),
        (b"Date: ", b"Cc: e@x.example\r\nDate: "),
        (b"Date: ", b"Reply-To: e@x.example\r\nDate: "),
        (b"Date: ", b"Subject: another\r\nDate: "),
        (b"<p>Hello", b"<p>Hullo"),
        (b"MIME-Version", b"List-Unsubscribe: <https://x.example/>\r\nMIME-Version"),
    ],
)
@pytest.mark.parametrize("kind", KEYS)
def test_a_changed_message_is_not_verified(root: Path, wire: Wire, kind: str, old: bytes, new: bytes) -> None:
    message = handed_over(root, wire, kind)
    assert message.count(old) >= 1
    assert not dkim.verify(message.replace(old, new, 1), dnsfunc=dns(kind))


@pytest.mark.parametrize("kind", KEYS)
def test_a_signature_survives_refolding_and_changed_spaces(root: Path, wire: Wire, kind: str) -> None:
    message = handed_over(root, wire, kind)
    refolded = message.replace(b"From: The Daily Test", b"FROM:   The\r\n\tDaily   Test", 1)
    refolded = b"Received: from x\r\n by y\r\n" + refolded
    assert dkim.verify(refolded, dnsfunc=dns(kind))
    assert b"; c=relaxed/relaxed;" in header_lines(message)[0][1]
    head, _, body = refolded.partition(b"\r\n\r\n")
    reworked = body.replace(b"\r\n", b" \t\r\n") + b"\r\n \r\n"
    assert dkim.verify(head + b"\r\n\r\n" + reworked, dnsfunc=dns(kind))


@given(st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r\n", b"=", b"."]), max_size=14).map(b"".join))
def test_the_hash_of_any_body_matches_another_program(body: bytes) -> None:
    from newsletter.providers.smtp.dkim import DkimSigner

    signer = DkimSigner(domain="news.example.org", selector="2026", key=ED25519)
    signed = signer.signed(b"From: a@news.example.org\r\nTo: b@example.com\r\n\r\n" + body + b"\r\n")
    assert dkim.verify(signed, dnsfunc=dns("ed25519"))


@given(st.text(st.characters(codec="utf-8"), max_size=80), st.text(st.characters(codec="utf-8"), max_size=80))
def test_any_message_can_be_signed(name: str, subject: str) -> None:
    from newsletter.providers.smtp.dkim import DkimSigner

    email = make.email(
        subject=(subject,),
        sender=Mailbox(address="editors@news.example.org", name=name),
        reply_to=Mailbox(address="letters@news.example.org", name=name),
        html=(subject,),
    )
    message = Wire(email, make.WHEN).message(make.recipient(first_name=name))
    signer = DkimSigner(domain="news.example.org", selector="2026", key=ED25519)
    assert dkim.verify(signer.signed(message), dnsfunc=dns("ed25519"))


@pytest.mark.parametrize("body", [b"", b"\r\n", b"a\r\n", b"a", b"a\r\n\r\n\r\n", b"\r\n\r\n"])
def test_the_end_of_a_body_is_hashed_by_the_standard(body: bytes) -> None:
    from newsletter.providers.smtp.dkim import DkimSigner

    signer = DkimSigner(domain="news.example.org", selector="2026", key=ED25519)
    signed = signer.signed(b"From: a@news.example.org\r\nTo: b@example.com\r\n\r\n" + body)
    assert dkim.verify(signed, dnsfunc=dns("ed25519"))


def test_the_same_message_keeps_the_same_bytes(root: Path, wire: Wire) -> None:
    assert handed_over(root, wire, "rsa") == handed_over(root, wire, "rsa")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        (b"", "not a private key"),
        (b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0IQ==\n-----END PRIVATE KEY-----\n", "not a private key"),
        (pem(ED25519, BestAvailableEncryption(b"passphrase")), "without a passphrase"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "neither an RSA nor an Ed25519"),
        (ED25519.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), "not a private key"),
    ],
)
def test_an_unusable_key_is_reported(root: Path, content: bytes | None, words: str) -> None:
    given_options = options(root, "rsa")
    (root / "dkim.pem").unlink()
    if content is not None:
        (root / "dkim.pem").write_bytes(content)
    with pytest.raises(SettingsError, match=rf"\[provider\] dkim_key: .*{words}") as caught:
        open_provider("smtp", given_options, root=root, environment={})
    assert caught.value.hint
    assert "c2VjcmV0" not in str(caught.value)
