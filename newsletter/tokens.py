"""Signed links, which let readers act without a login and without an address in the URL. No I/O.

A token is base64url(key id, subscriber's key, MAC): 2, 16 and 18 octets. Each purpose has its own key, derived from
the secret with HMAC-SHA-512 (RFC 2104, RFC 4231). The MAC is a keyed BLAKE2b (RFC 7693) of the key id and subscriber's
key, which have a fixed length, and of the issue, which is a slug; in a vote, a slash and the answer's number follow.
So a token for one purpose, issue, answer or reader is not valid for another. The token contains the id of the signing
key, so secrets can be rotated while old links still work. Unsubscribe links never expire, so a token has no time.

A ticket is in a link that a reader follows soon, and expires. It is base64url(key id, subject, seconds, MAC): 2, 16, 6
and 18 octets.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from newsletter.domain.addresses import address_key
from newsletter.domain.topics import SLUG
from newsletter.errors import TokenError

_KEY_ID_OCTETS = 2
_SUBSCRIBER_OCTETS = 16
_MAC_OCTETS = 18  # as long as the octets before it, and a multiple of three, so that either half is valid base64
_HALF = 24  # characters
_SIGNATURE_OCTETS = 16
_TOKEN = re.compile(rf"[A-Za-z0-9_-]{{{2 * _HALF}}}")
_ISSUE = re.compile(f"{SLUG.pattern}(?:-proof)?")
SHORTEST_SECRET = 16  # characters
FEWEST_CHARACTERS = 6  # different characters: 1 in 30,000 texts of 16 random hexadecimal digits has fewer


LINK_SLOT = "links."  # the prefix of the names of all slots for links


class Purpose(StrEnum):
    """A purpose of signed links; also the first segment of their path."""

    UNSUBSCRIBE = "unsubscribe"  # leave with one click
    PREFERENCES = "preferences"  # choose topics and frequency
    BROWSER = "browser"  # the issue as a web page

    @property
    def slot(self) -> str:
        """Return the name of the slot for such a link."""
        return f"{LINK_SLOT}{self}"


_PURPOSES = tuple(Purpose)
_READER = "reader"  # identifies a reader, and gives no rights
READER_SLOT = f"{LINK_SLOT}{_READER}"
_VOTE = "vote"  # gives one answer in an issue's poll; also the first segment of the path


class TicketPurpose(StrEnum):
    """A purpose of tickets, which are valid for some hours."""

    CONFIRM = "confirm"  # confirm a sign-up
    MOVE = "move"  # confirm a new address
    UNDO_MOVE = "undo-move"  # return to the address before
    VISIT = "visit"  # open the reader's own page
    UNDO = "undo"  # undo an unsubscription, from the page that reports it
    FORM = "form"  # submit the sign-up form; people take longer to fill it in than programs


class Signature(StrEnum):
    """A place for a signature in mail that may come back."""

    RETURN_PATH = "return path"  # proves that a bounce is about a message of ours
    MESSAGE_ID = "Message-ID"  # the same, for complaints, which don't come to the return path
    UNSUBSCRIBE = "unsubscribe by mail"  # proves that the reader's own mail client asks


_TIME_OCTETS = 6
_TICKET_HALF = 32  # characters; the MAC is as long as a token's
_TICKET = re.compile(rf"[A-Za-z0-9_-]{{{_TICKET_HALF + _HALF}}}")


class ExpiredError(TokenError):
    """A ticket of ours that has expired; ``subject`` is its subject."""

    code = "link-expired"

    def __init__(self, subject: str) -> None:
        self.subject = subject
        super().__init__("this link has expired", hint="request a new one")


@dataclass(frozen=True, slots=True)
class _Key:
    """A secret's id, its hash, and a derived key for each kind of token, ticket and signature."""

    id: bytes
    secret: bytes
    derived: Mapping[str, bytes]


class Signer:
    """A signer that makes tokens with the first secret and accepts those made with any.

    Raise ValueError if a secret is short, or the first one has few different characters or repeats a short text.
    """

    def __init__(self, secret: str, *earlier: str) -> None:
        self._keys = [_key(text) for text in (secret, *earlier)]
        if len(set(secret)) < FEWEST_CHARACTERS:
            raise ValueError(f"can be guessed: it has fewer than {FEWEST_CHARACTERS} different characters")
        if any(secret[at:] == secret[:-at] for at in range(1, min(SHORTEST_SECRET, len(secret) // 2 + 1))):
            raise ValueError("can be guessed: it is a short text, repeated")

    def sign(self, purpose: Purpose, issue: str, subscriber_key: str) -> str:
        """Return a token for one reader and one issue.

        Raise ValueError if the issue isn't a slug or the key isn't 32 hexadecimal digits.
        """
        return _token(self._keys[0], purpose, _octets(issue), subscriber_key)

    def verify(self, purpose: Purpose, issue: str, token: str) -> str:
        """Return the subscriber's key. Raise TokenError if the token was not made for this purpose and issue."""
        return self._named(purpose, issue, token)

    def verify_reader(self, issue: str, token: str) -> str:
        """Return the subscriber's key. Raise TokenError if the token does not identify a reader of this issue."""
        return self._named(_READER, issue, token)

    def verify_vote(self, issue: str, answer: int, token: str) -> str:
        """Return the subscriber's key. Raise TokenError if the token isn't a vote for the answer with this number."""
        return self._named(_VOTE, issue, token, f"/{answer}")

    def _named(self, purpose: str, issue: str, token: str, detail: str = "") -> str:
        """Return the subscriber's key in a token that one of the secrets signed for this purpose, issue and detail."""
        # b64decode would accept "+" and "/" too, but each token must have only one spelling.
        if not _TOKEN.fullmatch(token) or not _ISSUE.fullmatch(issue):
            raise TokenError("this link is damaged", hint="open it from the message again")
        subscriber = base64.urlsafe_b64decode(token[:_HALF])[_KEY_ID_OCTETS:].hex()
        for key in self._keys:
            if hmac.compare_digest(_token(key, purpose, f"{issue}{detail}".encode(), subscriber), token):
                return subscriber
            if purpose == Purpose.UNSUBSCRIBE and hmac.compare_digest(
                _undivided(key, issue.encode(), subscriber), token
            ):
                return subscriber
        raise TokenError("this link is not one of ours", hint="open it from the message again")

    def ticket(self, purpose: TicketPurpose, subject: str, now: datetime) -> str:
        """Return a ticket for a purpose. Raise ValueError if the subject isn't 32 hexadecimal digits."""
        return _ticket(self._keys[0], purpose, subject, int(now.timestamp()))

    def redeem(self, purpose: TicketPurpose, ticket: str, *, now: datetime, lasts: timedelta) -> tuple[str, datetime]:
        """Return a ticket's subject and time. Raise ExpiredError if it has expired, TokenError if it is invalid."""
        if not _TICKET.fullmatch(ticket):
            raise TokenError("this link is damaged", hint="open it from the message again")
        named = base64.urlsafe_b64decode(ticket[:_TICKET_HALF])[_KEY_ID_OCTETS:]
        subject, seconds = named[:_SUBSCRIBER_OCTETS].hex(), int.from_bytes(named[_SUBSCRIBER_OCTETS:])
        for key in self._keys:
            if hmac.compare_digest(_ticket(key, purpose, subject, seconds), ticket):
                made = datetime.fromtimestamp(seconds, UTC)
                if not made - timedelta(minutes=5) <= now <= made + lasts:  # servers' clocks differ a little
                    raise ExpiredError(subject)
                return subject, made
        raise TokenError("this link is not one of ours", hint="open it from the message again")

    def fingerprints(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield (key id, keyed hash) of a text that must not be stored, in hexadecimal, for each secret, newest first.

        Without the secret nobody can find out the text.
        """
        for key in self._keys:
            yield key.id.hex(), hmac.digest(key.secret, b"\0fingerprint\0" + text.encode(), "sha256").hex()

    def fingerprint(self, text: str) -> str:
        """Return the keyed hash of a text that must not be stored, in hexadecimal, with the newest secret."""
        return next(hashed for _, hashed in self.fingerprints(text))

    def signatures(self, kind: Signature, *fields: str) -> Iterator[bytes]:
        """Yield a signature of 16 octets over fields of any length and content for each secret, newest first.

        It is valid for this kind and this division into fields only.
        """
        for key in self._keys:
            yield _signature(key, kind, fields)

    @property
    def key_ids(self) -> frozenset[str]:
        """Return the ids of all keys, in hexadecimal."""
        return frozenset(key.id.hex() for key in self._keys)

    @property
    def key(self) -> str:
        """Return the id of the signing key, in hexadecimal; it doesn't reveal the secret."""
        return self._keys[0].id.hex()

    def links(
        self, base_url: str, issue: str, *, key: str = "", naming: bool = False, votes: Sequence[str] = ()
    ) -> "LinkMaker":
        """Return a maker of links for an issue's readers, with the first key or the key with this id.

        ``naming`` adds ``links.reader``, which identifies the reader and gives no rights. ``votes`` are the names of
        the slots for the answers of the issue's poll; a link has the number of its answer, from 1.

        Raise TokenError if none of the secrets has this id.
        """
        for own in self._keys:
            if key in ("", own.id.hex()):
                return LinkMaker(own, base_url, issue, naming=naming, votes=votes)
        raise TokenError(
            "the links of this send were signed with another secret",
            hint="put the secret that it began with into NEWSLETTER_EARLIER_SECRETS until it has finished",
        )


def throwaway_signer() -> Signer:
    """Return a signer for links that open nothing, as builds, previews and rehearsals have them."""
    return Signer("signs links that open nothing")


class LinkMaker:
    """A maker of the links for one issue's readers, as values for an email's slots."""

    def __init__(
        self, key: _Key, base_url: str, issue: str, *, naming: bool = False, votes: Sequence[str] = ()
    ) -> None:
        self._key, self._issue, self._naming = key, _octets(issue), naming
        self._votes = tuple(
            (name, f"{base_url}/{_VOTE}/{issue}/{number}/", f"{issue}/{number}".encode())
            for number, name in enumerate(votes, 1)
        )
        self._urls = tuple((purpose.slot, f"{base_url}/{purpose}/{issue}/", purpose) for purpose in _PURPOSES)

    def __call__(self, subscriber_key: str) -> dict[str, str]:
        """Return a reader's links. Raise ValueError if the key isn't 32 hexadecimal digits."""
        links = {
            name: url + _token(self._key, purpose, self._issue, subscriber_key) for name, url, purpose in self._urls
        }
        if self._naming:
            links[READER_SLOT] = _token(self._key, _READER, self._issue, subscriber_key)
        for name, url, subject in self._votes:
            links[name] = url + _token(self._key, _VOTE, subject, subscriber_key)
        return links

    def message_mac(self, subscriber_key: str, address: str) -> str:
        """Return the MAC for a message's Message-ID, which lets a report about the message be verified."""
        fields = (self._issue.decode(), subscriber_key, address_key(address))
        return _signature(self._key, Signature.MESSAGE_ID, fields).hex()


def _key(secret: str) -> _Key:
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(f"is too short: it needs at least {SHORTEST_SECRET} characters")
    material = hashlib.sha256(secret.encode()).digest()
    kinds = (*_PURPOSES, _READER, _VOTE, *TicketPurpose, *Signature)
    return _Key(
        id=hashlib.sha256(b"key id\0" + material).digest()[:_KEY_ID_OCTETS],
        secret=material,
        derived={kind: _derived(material, kind) for kind in kinds},
    )


def _derived(material: bytes, kind: str) -> bytes:
    return hmac.digest(material, b"\0key\0" + kind.encode(), "sha512")


def _octets(issue: str) -> bytes:
    if not _ISSUE.fullmatch(issue):
        raise ValueError("the issue must be a slug")
    return issue.encode()


def _token(key: _Key, purpose: str, subject: bytes, subscriber_key: str) -> str:
    """Return a token; its ``subject`` is the issue, and for a vote also the answer's number."""
    named = key.id + _subscriber(subscriber_key)
    mac = hashlib.blake2b(named + subject, key=key.derived[purpose], digest_size=_MAC_OCTETS).digest()
    return base64.b64encode(named + mac, b"-_").decode("ascii")


def _undivided(key: _Key, issue: bytes, subscriber_key: str) -> str:
    """Return the unsubscribe token as made before each purpose had its own key, since those links never expire."""
    named = key.id + _subscriber(subscriber_key)
    mac = hmac.digest(key.secret, issue + b"\0" + named, "sha512")[:_MAC_OCTETS]
    return base64.b64encode(named + mac, b"-_").decode("ascii")


def _subscriber(key: str) -> bytes:
    subscriber = bytes.fromhex(key)
    if len(subscriber) != _SUBSCRIBER_OCTETS:
        raise ValueError("a subscriber's key has 32 hexadecimal digits")
    return subscriber


def _ticket(key: _Key, purpose: TicketPurpose, subject: str, seconds: int) -> str:
    octets = bytes.fromhex(subject)
    if len(octets) != _SUBSCRIBER_OCTETS:
        raise ValueError("a subject has 32 hexadecimal digits")
    named = key.id + octets + seconds.to_bytes(_TIME_OCTETS)
    mac = hashlib.blake2b(named, key=key.derived[purpose], digest_size=_MAC_OCTETS).digest()
    return base64.b64encode(named + mac, b"-_").decode("ascii")


def _signature(key: _Key, kind: Signature, fields: Sequence[str]) -> bytes:
    octets = [field.encode("utf-8", "surrogatepass") for field in fields]
    text = b"".join(len(field).to_bytes(4) + field for field in octets)
    return hashlib.blake2b(text, key=key.derived[kind], digest_size=_SIGNATURE_OCTETS).digest()
