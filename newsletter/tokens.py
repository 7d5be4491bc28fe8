"""Signed links: who may do what, without a login and without an address in a URL.

A token is base64url(key id, subscriber's key, MAC). The MAC is HMAC-SHA-256 over purpose, issue, key id and subscriber,
cut to 128 bits (RFC 2104 §5), so a purpose never opens another. The id of the signing key is part of the token, so keys
can be rotated while old links still work. Unsubscribing stays valid for ever, so a token carries no time.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum

from newsletter.errors import TokenError

_KEY_ID_BYTES = 4
_SUBSCRIBER_BYTES = 16
_MAC_BYTES = 16
_TOKEN = re.compile(r"[A-Za-z0-9_-]{48}")  # 36 bytes, so no padding and no unused bits
SHORTEST_SECRET = 16  # characters


class Purpose(StrEnum):
    """What a signed link lets its holder do; also the first part of its path."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    BROWSER = "browser"


@dataclass(frozen=True, slots=True)
class _Key:
    id: bytes
    secret: bytes


class Signer:
    """Makes tokens with the first secret and accepts those of any. Raises ValueError for a short secret."""

    def __init__(self, secret: str, *earlier: str) -> None:
        self._keys = [_key(text) for text in (secret, *earlier)]

    def sign(self, purpose: Purpose, issue: str, subscriber_key: str) -> str:
        """A token for one reader and one issue. Raises ValueError for a key that is not 32 hexadecimal digits."""
        key = self._keys[0]
        subscriber = bytes.fromhex(subscriber_key)
        if len(subscriber) != _SUBSCRIBER_BYTES:
            raise ValueError("a subscriber's key has 32 hexadecimal digits")
        mac = _mac(key, purpose, issue, subscriber)
        return base64.urlsafe_b64encode(key.id + subscriber + mac).decode("ascii")

    def verify(self, purpose: Purpose, issue: str, token: str) -> str:
        """The subscriber's key. Raises TokenError where the token was not made for this purpose and issue."""
        # b64decode would take "+" and "/" too: each token has one spelling only.
        if not _TOKEN.fullmatch(token) or not issue.isascii():
            raise TokenError("this link is damaged", mend="open it from the message again")
        raw = base64.urlsafe_b64decode(token)
        key_id, rest = raw[:_KEY_ID_BYTES], raw[_KEY_ID_BYTES:]
        subscriber, mac = rest[:_SUBSCRIBER_BYTES], rest[_SUBSCRIBER_BYTES:]
        for key in self._keys:
            if hmac.compare_digest(key.id, key_id) and hmac.compare_digest(_mac(key, purpose, issue, subscriber), mac):
                return subscriber.hex()
        raise TokenError("this link is not one of ours", mend="open it from the message again")

    def links(self, base_url: str, issue: str, subscriber_key: str) -> dict[str, str]:
        """The reader's own links as values of an email's slots."""
        return {
            f"links.{purpose}": f"{base_url}/{purpose}/{issue}/{self.sign(purpose, issue, subscriber_key)}"
            for purpose in Purpose
        }


def _key(secret: str) -> _Key:
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(f"a secret has at least {SHORTEST_SECRET} characters")
    material = hashlib.sha256(secret.encode()).digest()
    return _Key(id=hashlib.sha256(b"key id\0" + material).digest()[:_KEY_ID_BYTES], secret=material)


def _mac(key: _Key, purpose: Purpose, issue: str, subscriber: bytes) -> bytes:
    signed = b"\0".join((purpose.encode(), issue.encode(), key.id)) + subscriber
    return hmac.digest(key.secret, signed, "sha256")[:_MAC_BYTES]
