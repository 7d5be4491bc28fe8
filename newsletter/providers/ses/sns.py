"""Amazon SNS over HTTPS: whether a message is SNS's own and of a topic of ours.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html. A valid signature alone proves nothing,
since anyone's topic may be pointed here: only the topics that newsletter.toml names are listened to.
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

# SNS tries again for hours where it gets no answer, always with the time of the first try.
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
    """What SNS posts; fields that are not known are ignored, and an older one may not be there."""

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
        """What the signature is of: names and values in their order, a line each; a missing subject is left out."""
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


class Inbox:
    """Opens what SNS posts for some topics. ``fetch`` gets a certificate's file from an address of AWS."""

    def __init__(self, topics: Collection[str], fetch: Callable[[str], bytes]) -> None:
        self._topics = frozenset(topics)
        self._certificates = _Certificates(fetch)

    def open(self, body: bytes, now: datetime) -> tuple[Envelope, datetime]:
        """The message, and when it was published. Raises HookError for whatever SNS did not sign for us, or long ago.

        Raises HookBusyError if the certificate can't be fetched right now.
        """
        try:
            envelope = Envelope.model_validate_json(body)
        except ValidationError:
            raise HookError("this is no message of SNS") from None
        if envelope.topic not in self._topics:
            raise HookError("the topic is not one of [provider] topics")
        if envelope.type not in _SIGNED:
            raise HookError("SNS has no messages of this type")
        if envelope.signature_version != "2":
            raise HookError("the signature is not of version 2", hint="set the topic's SignatureVersion to 2")
        published = _time(envelope.timestamp)
        if published is None or not now - OLDEST <= published <= now + _AHEAD:
            raise HookError("the message is too old, or of no time")
        self._verify(envelope, now)
        return envelope, published

    def _verify(self, envelope: Envelope, now: datetime) -> None:
        certificate = self._certificates.get(certificate_url(envelope.topic, envelope.certificate), now)
        key = certificate.public_key()
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise HookError("the certificate is not valid at this time")
        if not isinstance(key, RSAPublicKey):
            raise HookError("the certificate has another kind of key")
        try:
            signature = base64.b64decode(envelope.signature, validate=True)
            key.verify(signature, envelope.signed, PKCS1v15(), SHA256())
        except (binascii.Error, InvalidSignature):
            raise HookError("the signature is not SNS's") from None


def certificate_url(topic: str, said: str) -> str:
    """The address of the certificate, built from the topic's own region. Raises HookError where a message says another.

    Only the file's name is the message's. A pattern for the host would not do: a bucket may be called ``sns``.
    """
    arn, name = _ARN.fullmatch(topic), _CERTIFICATE.search(said)
    if arn and name:
        suffix = "amazonaws.com.cn" if arn[1] == "aws-cn" else "amazonaws.com"
        built = f"https://sns.{arn[2]}.{suffix}/{name[1]}"
        if said == built:
            return built
    raise HookError("the certificate is not at SNS's own address for the topic's region")


class _Certificates:
    """Certificates by address, each fetched once. A failed download is not retried for a minute."""

    def __init__(self, fetch: Callable[[str], bytes]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._known: dict[str, Certificate] = {}
        self._failed: dict[str, float] = {}

    def get(self, url: str, now: datetime) -> Certificate:
        """Return a certificate. Raise HookBusyError if it can't be fetched right now."""
        found = self._known.get(url)
        if found is not None:
            return found
        with self._lock:
            if url not in self._known:
                self._known[url] = self._fetched(url, now.timestamp())
            return self._known[url]

    def _fetched(self, url: str, now: float) -> Certificate:
        self._failed = {failed: at for failed, at in self._failed.items() if at > now - 60}
        # Whoever invents names must not make this machine ask AWS for each.
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
        """A certificate is where it is."""


def fetch(url: str) -> bytes:
    """A small file over HTTPS, without redirects. Raises OSError or HTTPException."""
    with build_opener(_NoRedirect).open(Request(url), timeout=5) as answer:  # noqa: S310  built by certificate_url
        found: bytes = answer.read(_LARGEST)
    return found


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
