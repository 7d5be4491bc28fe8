"""Verification of Amazon SNS messages: they must be signed by SNS and belong to one of our topics.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html. A valid signature alone proves nothing,
since anyone can point a topic of their own here: only the topics named in newsletter.toml are accepted.
"""

import base64
import binascii
import re
import threading
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from typing import Any
from urllib.request import HTTPRedirectHandler, Request, build_opener

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate, load_pem_x509_certificate
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from newsletter.errors import HookBusyError, HookError
from newsletter.providers.options import TOPIC

# SNS retries for hours, and every retry has the timestamp of the first attempt.
OLDEST = timedelta(days=1)
_AHEAD = timedelta(minutes=15)
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_ARN = re.compile(TOPIC, re.ASCII)
_CERTIFICATE = re.compile(r"/(SimpleNotificationService-[0-9a-f]{32}\.pem)\Z", re.ASCII)


class Envelope(BaseModel):
    """A message as SNS posts it. Unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: str = Field(alias="Type")
    message_id: str = Field(alias="MessageId", min_length=1, max_length=100)
    topic: str = Field(alias="TopicArn", max_length=400)
    message: str = Field(alias="Message")
    subject: str | None = Field(default=None, alias="Subject")
    timestamp: str = Field(alias="Timestamp")
    signature: str = Field(alias="Signature", max_length=2000)
    signature_version: str = Field(alias="SignatureVersion")
    certificate: str = Field(alias="SigningCertURL", max_length=400)
    token: str | None = Field(default=None, alias="Token")
    subscribe_url: str | None = Field(default=None, alias="SubscribeURL")

    @property
    def signed(self) -> bytes:
        """Return the signed bytes: names and values in SNS's order, one per line, without missing fields."""
        values = {
            "Message": self.message,
            "MessageId": self.message_id,
            "Subject": self.subject,
            "SubscribeURL": self.subscribe_url,
            "Timestamp": self.timestamp,
            "Token": self.token,
            "TopicArn": self.topic,
            "Type": self.type,
        }
        return "".join(f"{name}\n{values[name]}\n" for name in _SIGNED[self.type] if values[name] is not None).encode(
            "utf-8", "surrogatepass"
        )


class SnsVerifier:
    """A verifier for the messages of some topics. ``fetch`` downloads a certificate from AWS."""

    def __init__(self, topics: Collection[str], fetch: Callable[[str], bytes]) -> None:
        self._topics = frozenset(topics)
        self._certificates = _Certificates(fetch)

    def verify(self, body: bytes, now: datetime) -> tuple[Envelope, datetime]:
        """Verify a message, and return it with the time it was published.

        Raise HookError if SNS did not sign it for one of our topics or it is too old, HookBusyError if the certificate
        can't be fetched right now.
        """
        try:
            envelope = Envelope.model_validate_json(body)
        except ValidationError:
            raise HookError("this is not an SNS message") from None
        if envelope.topic not in self._topics:
            raise HookError("the topic is not one of [provider] topics")
        if envelope.type not in _SIGNED:
            raise HookError("unknown type of SNS message")
        if envelope.signature_version != "2":
            raise HookError("the signature version is not 2", hint="set the topic's SignatureVersion to 2")
        published = _time(envelope.timestamp)
        if published is None or not now - OLDEST <= published <= now + _AHEAD:
            raise HookError("the message's timestamp is too old, in the future or unreadable")
        self._verify_signature(envelope, now)
        return envelope, published

    def _verify_signature(self, envelope: Envelope, now: datetime) -> None:
        certificate = self._certificates.get(certificate_url(envelope.topic, envelope.certificate), now)
        key = certificate.public_key()
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise HookError("the certificate has expired or is not valid yet")
        if not isinstance(key, RSAPublicKey):
            raise HookError("the certificate's key is not RSA")
        try:
            signature = base64.b64decode(envelope.signature, validate=True)
            key.verify(signature, envelope.signed, PKCS1v15(), SHA256())
        except (binascii.Error, InvalidSignature):
            raise HookError("the signature is not valid") from None


def certificate_url(topic: str, claimed: str) -> str:
    """Return the certificate's URL, built from the topic's own region. Raise HookError if the message claims another.

    Only the file name is taken from the message. Matching the host by a pattern would be unsafe, since anyone may call
    a bucket ``sns``.
    """
    arn, name = _ARN.fullmatch(topic), _CERTIFICATE.search(claimed)
    if arn and name:
        suffix = "amazonaws.com.cn" if arn[1] == "aws-cn" else "amazonaws.com"
        built = f"https://sns.{arn[2]}.{suffix}/{name[1]}"
        if claimed == built:
            return built
    raise HookError("the certificate's URL is not that of SNS in the topic's region")


class _Certificates:
    """A cache of certificates by URL. A failed download is not retried for a minute."""

    def __init__(self, fetch: Callable[[str], bytes]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._known: dict[str, Certificate] = {}
        self._failed: dict[str, float] = {}

    def get(self, url: str, now: datetime) -> Certificate:
        """Return a certificate. Raise HookBusyError if it can't be fetched right now."""
        known = self._known.get(url)
        if known is not None:
            return known
        with self._lock:
            if url not in self._known:
                self._known[url] = self._fetched(url, now.timestamp())
            return self._known[url]

    def _fetched(self, url: str, now: float) -> Certificate:
        self._failed = {failed: at for failed, at in self._failed.items() if at > now - 60}
        # Invented file names must not make this machine send AWS a request for each.
        if url not in self._failed and len(self._failed) < _FAILURES:
            try:
                return load_pem_x509_certificate(self._fetch(url))
            except (OSError, HTTPException, ValueError):
                self._failed[url] = now
        raise HookBusyError("the SNS certificate can't be fetched right now")


_FAILURES = 10
_LARGEST = 65_536


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Refuse all redirects."""


def fetch(url: str) -> bytes:
    """Download a small file over HTTPS, without redirects. Raise OSError or HTTPException."""
    with build_opener(_NoRedirect).open(Request(url), timeout=5) as response:  # noqa: S310  built by certificate_url
        content: bytes = response.read(_LARGEST)
    return content


def _time(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
