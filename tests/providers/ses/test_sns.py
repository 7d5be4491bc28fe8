"""SNS messages: only recent ones signed by SNS for our own topic are read."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import HookBusyError, HookError
from newsletter.providers.ses.sns import SnsVerifier, certificate_url, fetch
from tests import make
from tests.sns import CERTIFICATE, TOPIC, Certificates, certificate, envelope, signing_key

NOW = make.WHEN


def verifier(certificates: Certificates | None = None) -> SnsVerifier:
    """Return a verifier for one topic."""
    return SnsVerifier([TOPIC], (certificates or Certificates()).fetch)


def test_a_notification_signed_by_sns_is_opened() -> None:
    opened, published = verifier().verify(envelope('{"a": "ä\\n"}'), NOW)
    assert (opened.message, opened.topic, published) == ('{"a": "ä\\n"}', TOPIC, NOW)


def test_the_signature_covers_the_subject() -> None:
    body = envelope("x", sign=lambda fields: fields | {"Subject": "Amazon SES Email Event Notification"})
    assert verifier().verify(body, NOW)[0].subject == "Amazon SES Email Event Notification"
    with pytest.raises(HookError, match="signature"):
        verifier().verify(envelope("x", Subject="added later"), NOW)


@pytest.mark.parametrize("kind", ["SubscriptionConfirmation", "UnsubscribeConfirmation"])
def test_the_signature_of_a_confirmation_covers_its_token(kind: str) -> None:
    assert verifier().verify(envelope("x", kind=kind), NOW)[0].type == kind
    for changed in ({"Token": "another"}, {"SubscribeURL": "https://169.254.169.254/"}, {"Token": None}):
        with pytest.raises(HookError):
            verifier().verify(envelope("x", kind=kind, **changed), NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"Message": "another"},
        {"MessageId": "another"},
        {"Timestamp": "2026-11-23T06:31:00.000Z"},
        {"Signature": "AAAA"},
        {"Signature": "not base64"},
        {"SignatureVersion": "1"},
        {"SignatureVersion": None},
        {"Type": "SubscriptionConfirmation"},
        {"Type": "Telepathy"},
        {"TopicArn": "arn:aws:sns:eu-central-1:999999999999:newsletter"},
        {"TopicArn": None},
        {"Message": ["a list"]},
        {"MessageId": ""},
    ],
)
def test_any_changed_field_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(HookError) as refused:
        verifier().verify(envelope("x", **changes), NOW)
    assert not isinstance(refused.value, HookBusyError)


def test_a_valid_signature_of_another_topic_is_refused() -> None:
    theirs = "arn:aws:sns:eu-central-1:999999999999:newsletter"
    certificates = Certificates()
    with pytest.raises(HookError, match="topic"):
        verifier(certificates).verify(envelope("x", sign=lambda fields: fields | {"TopicArn": theirs}), NOW)
    assert certificates.requested == []


def test_another_key_is_refused() -> None:
    with pytest.raises(HookError, match="signature"):
        verifier().verify(envelope("x", key=signing_key("somebody else")), NOW)


@pytest.mark.parametrize("age", [timedelta(days=1, seconds=1), timedelta(minutes=-16)])
def test_a_message_from_long_ago_or_the_future_is_refused(age: timedelta) -> None:
    with pytest.raises(HookError, match="too old"):
        verifier().verify(envelope("x", at=NOW - age), NOW)


def test_a_message_retried_by_sns_hours_later_is_accepted() -> None:
    verifier().verify(envelope("x", at=NOW - timedelta(hours=23)), NOW)


def test_a_certificate_that_is_not_valid_now_is_refused() -> None:
    later = NOW + timedelta(days=301)
    with pytest.raises(HookError, match="certificate"):
        verifier().verify(envelope("x", at=later), later)


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"[]", b"\xff\xfe", b'{"Type": 1}', b"[" * 100_000])
def test_an_invalid_message_is_refused(body: bytes) -> None:
    with pytest.raises(HookError, match="not an SNS message"):
        verifier().verify(body, NOW)


_FILE = f"SimpleNotificationService-{'0' * 32}.pem"


@pytest.mark.parametrize(
    "url",
    [
        f"http://sns.eu-central-1.amazonaws.com/{_FILE}",
        f"https://sns.eu-west-1.amazonaws.com/{_FILE}",  # another region
        f"https://sns.eu-central-1.amazonaws.com.example.org/{_FILE}",
        f"https://sns.eu-central-1.amazonaws.com@example.org/{_FILE}",
        f"https://sns.eu-central-1.amazonaws.com:8443/{_FILE}",
        f"https://sns.s3-eu-central-1.amazonaws.com/{_FILE}",  # a bucket called sns
        f"https://sns.s3.eu-central-1.amazonaws.com/{_FILE}",
        f"https://s3.amazonaws.com/sns/{_FILE}",
        f"https://sns.eu-central-1.amazonaws.com/bucket/{_FILE}",
        f"https://sns.eu-central-1.amazonaws.com/{_FILE}?x",
        f"https://sns.eu-central-1.amazonaws.com/{_FILE}\n",
        f"https://sns.eu-central-1.amazonaws.com/../{_FILE}",
        "https://sns.eu-central-1.amazonaws.com/other.pem",
        f"file:///etc/{_FILE}",
        f"https://sns.us-east-1.amazonaws.com/?x=/{_FILE}",
        "",
    ],
)
def test_certificates_are_fetched_only_from_the_topics_region(url: str) -> None:
    certificates = Certificates()
    with pytest.raises(HookError, match="the certificate's URL is not that of SNS"):
        verifier(certificates).verify(envelope("x", SigningCertURL=url), NOW)
    assert certificates.requested == []


@given(st.text())
def test_a_message_cannot_choose_the_certificates_host(url: str) -> None:
    try:
        assert certificate_url(TOPIC, url) == url
    except HookError:
        return
    assert url.startswith("https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-")


def test_china_has_its_own_domain() -> None:
    url = f"https://sns.cn-north-1.amazonaws.com.cn/{_FILE}"
    assert certificate_url("arn:aws-cn:sns:cn-north-1:123456789012:newsletter", url) == url


def test_a_certificate_is_fetched_once() -> None:
    certificates = Certificates()
    shared = verifier(certificates)
    for number in range(3):
        shared.verify(envelope("x", number=number), NOW)
    assert certificates.requested == [CERTIFICATE]


def test_an_unavailable_certificate_is_requested_again_after_a_minute() -> None:
    certificates = Certificates(files={})
    shared = verifier(certificates)
    for _ in range(3):
        with pytest.raises(HookBusyError):
            shared.verify(envelope("x"), NOW)
    assert certificates.requested == [CERTIFICATE]
    certificates.files[CERTIFICATE] = certificate(signing_key())
    shared.verify(envelope("x"), NOW + timedelta(minutes=2))


def test_invented_certificate_urls_are_not_all_requested() -> None:
    certificates = Certificates(files={})
    shared = verifier(certificates)
    for number in range(50):
        url = CERTIFICATE.replace("0" * 32, f"{number:032x}")
        with pytest.raises(HookBusyError):
            shared.verify(envelope("x", SigningCertURL=url), NOW)
    assert len(certificates.requested) == 10


@pytest.mark.parametrize("file", [b"", b"<html>", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_file_that_is_not_a_certificate_is_refused(file: bytes) -> None:
    with pytest.raises(HookBusyError):
        verifier(Certificates(files={CERTIFICATE: file})).verify(envelope("x"), NOW)


@contextmanager
def web() -> Iterator[str]:
    """Start a server with a file, a redirect to it, and an endless file."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            moved = self.path == "/moved"
            self.send_response(302 if moved else 200)
            if moved:
                self.send_header("Location", "/file")
            self.end_headers()
            self.wfile.write(b"x" * (200_000 if self.path == "/endless" else 10))

        def log_message(self, *args: Any) -> None:
            """Keep requests out of the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def test_a_file_is_fetched_completely_up_to_a_limit_and_without_redirects() -> None:
    with web() as at:
        assert fetch(f"{at}/file") == b"x" * 10
        assert len(fetch(f"{at}/endless")) == 65_536
        with pytest.raises(OSError, match="302"):
            fetch(f"{at}/moved")
