"""Signed links: who may do what, without a login and without an address in a URL.

A token is base64url(key id, subscriber's key, MAC): 2, 16 and 18 octets. The MACs of all purposes come out of one
HMAC-SHA-512 over issue, key id and subscriber (RFC 2104, RFC 4231): each purpose has 144 of its 512 bits to itself, so
none opens another, and a reader's links cost one signature. The id of the signing key is part of the token, so keys can
be rotated while old links still work. Unsubscribing stays valid for ever, so a token carries no time.

A ticket is for an errand that a reader has now, and carries its time: base64url(key id, subject, seconds, MAC), which
are 2, 16, 6 and 18 octets. Its MAC is over the errand too, behind a NUL, with which no issue begins: no ticket is
a token.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from newsletter.errors import TokenError

_KEY_ID_OCTETS = 2
_SUBSCRIBER_OCTETS = 16
_MAC_OCTETS = 18  # as many as what stands before it, and a multiple of three: either is a base64 text of its own
_HALF = 24  # characters
_TOKEN = re.compile(rf"[A-Za-z0-9_-]{{{2 * _HALF}}}")
SHORTEST_SECRET = 16  # characters


class Purpose(StrEnum):
    """What a signed link lets its holder do; also the first part of its path."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    BROWSER = "browser"


_PURPOSES = tuple(Purpose)


class Errand(StrEnum):
    """What a ticket lets its holder do, for some hours."""

    CONFIRM = "confirm"
    MOVE = "move"
    VISIT = "visit"
    UNDO = "undo"
    FORM = "form"


_TIME_OCTETS = 6
_TICKET_HALF = 32  # characters; the MAC is as long as a token's
_TICKET = re.compile(rf"[A-Za-z0-9_-]{{{_TICKET_HALF + _HALF}}}")


class ExpiredError(TokenError):
    """A ticket was one of ours, too long ago; ``subject`` is whose it was."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        super().__init__("this link has expired", mend="ask for another one")


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
        return _tokens(self._keys[0], issue.encode(), subscriber_key)[_PURPOSES.index(purpose)]

    def verify(self, purpose: Purpose, issue: str, token: str) -> str:
        """The subscriber's key. Raises TokenError where the token was not made for this purpose and issue."""
        at = _PURPOSES.index(purpose)
        return self._named(issue, token, lambda key, of, subscriber: _tokens(key, of, subscriber)[at])

    def verify_reader(self, issue: str, token: str) -> str:
        """The subscriber's key. Raises TokenError where the token does not say who a reader of this issue is."""
        return self._named(issue, token, _reader)

    def _named(self, issue: str, token: str, make: Callable[[_Key, bytes, str], str]) -> str:
        """The subscriber's key in a token that ``make`` makes for it with one of the keys."""
        # b64decode would take "+" and "/" too: each token has one spelling only.
        if not _TOKEN.fullmatch(token) or not issue.isascii():
            raise TokenError("this link is damaged", mend="open it from the message again")
        subscriber = base64.urlsafe_b64decode(token[:_HALF])[_KEY_ID_OCTETS:].hex()
        for key in self._keys:
            if hmac.compare_digest(make(key, issue.encode(), subscriber), token):
                return subscriber
        raise TokenError("this link is not one of ours", mend="open it from the message again")

    def ticket(self, errand: Errand, subject: str, now: datetime) -> str:
        """A ticket for an errand. Raises ValueError for a subject that is not 32 hexadecimal digits."""
        return _ticket(self._keys[0], errand, subject, int(now.timestamp()))

    def redeem(self, errand: Errand, ticket: str, *, now: datetime, lasts: timedelta) -> tuple[str, datetime]:
        """Whose ticket it is, and of when. Raises TokenError, where its time is over ExpiredError."""
        if not _TICKET.fullmatch(ticket):
            raise TokenError("this link is damaged", mend="open it from the message again")
        named = base64.urlsafe_b64decode(ticket[:_TICKET_HALF])[_KEY_ID_OCTETS:]
        subject, seconds = named[:_SUBSCRIBER_OCTETS].hex(), int.from_bytes(named[_SUBSCRIBER_OCTETS:])
        for key in self._keys:
            if hmac.compare_digest(_ticket(key, errand, subject, seconds), ticket):
                made = datetime.fromtimestamp(seconds, UTC)
                if not made - timedelta(minutes=5) <= now <= made + lasts:  # servers' clocks differ a little
                    raise ExpiredError(subject)
                return subject, made
        raise TokenError("this link is not one of ours", mend="open it from the message again")

    def fingerprints(self, text: str) -> Iterator[tuple[str, str]]:
        """What stands for a text that is not to be kept: for each secret, the first before earlier ones, the id of its
        key and a keyed hash, in hexadecimal. Without the secret nobody can tell of which text it is.
        """
        for key in self._keys:
            yield key.id.hex(), hmac.digest(key.secret, b"\0fingerprint\0" + text.encode(), "sha256").hex()

    @property
    def key_ids(self) -> frozenset[str]:
        """The ids of all keys, in hexadecimal."""
        return frozenset(key.id.hex() for key in self._keys)

    @property
    def key(self) -> str:
        """The id of the key that signs, in hexadecimal; the secret does not follow from it."""
        return self._keys[0].id.hex()

    def links(self, base_url: str, issue: str, *, key: str = "", naming: bool = False) -> "Links":
        """What makes the links of an issue's readers, with the first key or the one of this id.

        ``naming`` adds ``links.reader``, which says who a reader is and lets its holder do nothing.

        Raises TokenError where none of the secrets has it.
        """
        for one in self._keys:
            if key in ("", one.id.hex()):
                return Links(one, base_url, issue, naming=naming)
        raise TokenError(
            "the links of this send were signed with another secret",
            mend="put the secret that it began with into NEWSLETTER_EARLIER_SECRETS until it has ended",
        )


class Links:
    """The links of one issue's readers, as values of an email's slots."""

    def __init__(self, key: _Key, base_url: str, issue: str, *, naming: bool = False) -> None:
        self._key, self._issue, self._naming = key, issue.encode(), naming
        self._unsubscribe, self._preferences, self._browser = (f"{base_url}/{one}/{issue}/" for one in _PURPOSES)

    def __call__(self, subscriber_key: str) -> dict[str, str]:
        """A reader's. Raises ValueError for a key that is not 32 hexadecimal digits."""
        unsubscribe, preferences, browser = _tokens(self._key, self._issue, subscriber_key)
        reader = {"links.reader": _reader(self._key, self._issue, subscriber_key)} if self._naming else {}
        return reader | {
            "links.unsubscribe": self._unsubscribe + unsubscribe,
            "links.preferences": self._preferences + preferences,
            "links.browser": self._browser + browser,
        }


def _key(secret: str) -> _Key:
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(f"a secret has at least {SHORTEST_SECRET} characters")
    material = hashlib.sha256(secret.encode()).digest()
    return _Key(id=hashlib.sha256(b"key id\0" + material).digest()[:_KEY_ID_OCTETS], secret=material)


def _tokens(key: _Key, issue: bytes, subscriber_key: str) -> tuple[str, str, str]:
    """A token for each purpose, in their order."""
    subscriber = bytes.fromhex(subscriber_key)
    if len(subscriber) != _SUBSCRIBER_OCTETS:
        raise ValueError("a subscriber's key has 32 hexadecimal digits")
    named = key.id + subscriber
    macs = hmac.digest(key.secret, issue + b"\0" + named, "sha512")[: 3 * _MAC_OCTETS]
    text = base64.b64encode(named + macs, b"-_").decode("ascii")
    who = text[:_HALF]
    return who + text[_HALF : 2 * _HALF], who + text[2 * _HALF : 3 * _HALF], who + text[3 * _HALF :]


def _reader(key: _Key, issue: bytes, subscriber_key: str) -> str:
    """A token that names a reader: as long as the others, its MAC behind a NUL, with which no issue begins."""
    named = key.id + bytes.fromhex(subscriber_key)
    mac = hmac.digest(key.secret, b"\0reader\0" + issue + b"\0" + named, "sha512")[:_MAC_OCTETS]
    return base64.b64encode(named + mac, b"-_").decode("ascii")


def _ticket(key: _Key, errand: Errand, subject: str, seconds: int) -> str:
    who = bytes.fromhex(subject)
    if len(who) != _SUBSCRIBER_OCTETS:
        raise ValueError("a subject has 32 hexadecimal digits")
    named = key.id + who + seconds.to_bytes(_TIME_OCTETS)
    mac = hmac.digest(key.secret, b"\0ticket\0" + errand.encode() + b"\0" + named, "sha512")[:_MAC_OCTETS]
    return base64.b64encode(named + mac, b"-_").decode("ascii")
