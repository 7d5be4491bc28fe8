"""DKIM signatures (RFC 6376; Ed25519: RFC 8463) for relays that do not sign.

Headers and body are canonicalised as "relaxed", so relays may change white space. Signatures have no timestamp, so a
message always has the same bytes.
"""

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from newsletter.errors import SettingsError
from newsletter.files import library_errors

SHORTEST_RSA = 1024  # bits (RFC 8301 §3.2); receivers recommend 2048

_SIGNED = (
    b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"mime-version", b"content-type", b"list-id",
    b"list-unsubscribe", b"list-unsubscribe-post", b"list-help", b"list-archive", b"feedback-id",
)  # fmt: skip
# Listed once more than they occur, so that adding another one breaks the signature (RFC 6376 §5.4.2).
_SEALED = (b"from", b"to", b"cc", b"subject", b"date", b"reply-to", b"list-unsubscribe", b"list-unsubscribe-post")


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimSigner:
    """A signer for ``domain``; the public key is at ``<selector>._domainkey.<domain>``."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey

    def signed(self, message: bytes) -> bytes:
        """Return the message with a DKIM-Signature header in front. It must end with exactly one line end."""
        head, _, body = message.partition(b"\r\n\r\n")
        fields = _fields(head)
        names = [name for name, _ in fields]
        listed = [name for name in _SIGNED for _ in range(names.count(name))] + list(_SEALED)
        body_hash = base64.b64encode(hashlib.sha256(_relaxed_body(body)).digest()).decode("ascii")
        unsigned = (
            f"DKIM-Signature: v=1; a={self._algorithm}; c=relaxed/relaxed;\r\n"
            f" d={self.domain}; s={self.selector};\r\n"
            f"{_folded_names(listed)}\r\n"
            f" bh={body_hash};\r\n"
            " b="
        ).encode("ascii")
        hashed = b"".join([*_canonical(fields, listed), _relaxed(unsigned)])
        encoded = base64.b64encode(self._signature(hashed))
        lines = b"\r\n ".join(encoded[start : start + 72] for start in range(0, len(encoded), 72))
        return b"".join((unsigned, b"\r\n ", lines, b"\r\n", message))

    @property
    def _algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.key, RSAPrivateKey) else "ed25519-sha256"

    def _signature(self, hashed: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(hashed, PKCS1v15(), SHA256())
        return self.key.sign(hashlib.sha256(hashed).digest())  # RFC 8463 §3: the hash is what Ed25519 signs


def read_key(path: Path) -> RSAPrivateKey | Ed25519PrivateKey:
    """Read a private key from a PEM file without a passphrase. Raise SettingsError, without the file's content."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as err:
        raise SettingsError(
            f"[provider] dkim_key: {path} cannot be read: {library_errors.of_system(err)}",
            hint="name the file of the private key",
        ) from err
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SettingsError(
            f"[provider] dkim_key: {path} is not a private key in PEM form without a passphrase", hint=_HINT
        ) from None
    if isinstance(key, RSAPrivateKey) and key.key_size < SHORTEST_RSA:
        raise SettingsError(
            f"[provider] dkim_key: {path} has {key.key_size} bits, and receivers require at least {SHORTEST_RSA}",
            hint=_HINT,
        )
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise SettingsError(f"[provider] dkim_key: {path} is neither an RSA nor an Ed25519 key", hint=_HINT)
    return key


_HINT = "create a key with `openssl genrsa -out dkim.pem 2048`"


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    fields = re.split(rb"\r\n(?![ \t])", head)
    return [(field.partition(b":")[0].strip().lower(), field) for field in fields]


def _canonical(fields: list[tuple[bytes, bytes]], listed: list[bytes]) -> Iterator[bytes]:
    """Yield the listed fields, canonicalised, from the bottom up (RFC 6376 §5.4.2); missing ones are skipped."""
    waiting = list(fields)
    for name in listed:
        for index in range(len(waiting) - 1, -1, -1):
            if waiting[index][0] == name:
                yield _relaxed(waiting.pop(index)[1]) + b"\r\n"
                break


def _relaxed(field: bytes) -> bytes:
    """Return a header field in relaxed form (RFC 6376 §3.4.2), without the line end."""
    name, _, value = field.partition(b":")
    return name.strip().lower() + b":" + re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip(b" \t")


def _relaxed_body(body: bytes) -> bytes:
    """Return a body in relaxed form (RFC 6376 §3.4.4): runs of white space become one space, and trailing white space
    and empty lines at the end are removed.

    ``replace`` is many times faster here than a regular expression over 100 KB.
    """
    if b"\t" in body:
        body = body.replace(b"\t", b" ")
    while b"  " in body:
        body = body.replace(b"  ", b" ")
    body = body.replace(b" \r\n", b"\r\n")
    if body.endswith(b" "):
        body = body[:-1]
    if body.endswith(b"\r\n\r\n") or not body.endswith(b"\r\n"):
        body = re.sub(rb"(?:\r\n)*\Z", b"", body)
        return body + b"\r\n" if body else b""
    return b"" if body == b"\r\n" else body


def _folded_names(names: list[bytes]) -> str:
    lines = [" h="]
    for index, name in enumerate(names):
        word = name.decode("ascii") + (":" if index < len(names) - 1 else ";")
        if len(lines[-1]) + len(word) > 76:
            lines.append("  ")
        lines[-1] += word
    return "\r\n".join(lines)
