"""Envelopes signed like those of Amazon SNS, and a source for its certificate."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests import make

TOPIC = "arn:aws:sns:eu-central-1:123456789012:newsletter"
CERTIFICATE = f"https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-{'0' * 32}.pem"


@lru_cache(maxsize=2)
def signing_key(name: str = "SNS") -> RSAPrivateKey:
    """Return the key of this name, made once."""
    del name
    return generate_private_key(public_exponent=65537, key_size=2048)


@lru_cache(maxsize=4)
def certificate(key: RSAPrivateKey, now: datetime = make.WHEN) -> bytes:
    """Return a certificate of a key, valid around a time."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=10))
        .not_valid_after(now + timedelta(days=300))
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(Encoding.PEM)


@dataclass(slots=True)
class Certificates:
    """A source of certificates that records the URLs requested."""

    files: dict[str, bytes] = field(default_factory=lambda: {CERTIFICATE: certificate(signing_key())})
    requested: list[str] = field(default_factory=list)

    def fetch(self, url: str) -> bytes:
        """Return the file at a URL. Raises OSError if there is none."""
        self.requested.append(url)
        if url not in self.files:
            raise OSError("no such file")
        return self.files[url]


def envelope(
    message: object,
    *,
    kind: str = "Notification",
    number: int = 1,
    at: datetime = make.WHEN,
    key: RSAPrivateKey | None = None,
    sign: Callable[[dict[str, Any]], dict[str, Any]] = lambda signed: signed,
    **changes: Any,
) -> bytes:
    """Return the body of a POST request. ``changes`` replace fields after signing, ``sign`` before it."""
    fields = {
        "Type": kind,
        "MessageId": f"{number:08d}-0000-0000-0000-000000000000",
        "TopicArn": TOPIC,
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
    }
    if kind != "Notification":
        fields |= {"Token": "2336412f37fb687f5d51e6e2425d", "SubscribeURL": "https://sns.example.org/?Action=Confirm"}
    fields = sign(fields)
    signed = "".join(f"{name}\n{fields[name]}\n" for name in sorted(fields))
    signature = (key or signing_key()).sign(signed.encode(), PKCS1v15(), hashes.SHA256())
    signature_fields = {
        "SignatureVersion": "2",
        "Signature": base64.b64encode(signature).decode(),
        "SigningCertURL": CERTIFICATE,
    }
    links = {"UnsubscribeURL": "https://sns.example.org/?Action=Unsubscribe"} if kind == "Notification" else {}
    return json.dumps(
        {name: value for name, value in (fields | signature_fields | links | changes).items() if value is not None}
    ).encode()
