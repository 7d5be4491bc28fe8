"""Variable envelope return paths: a signed bounce address for each message, so that nobody can forge bounces. No I/O.

The local part is ``<own>+<52 characters>``: the subscriber's key and a signature of issue, reader and address, in
base32, since mail servers may change the case. It stays within the 64 octets of RFC 5321 §4.5.3.1.1.

A Message-ID is ``<issue.key.MAC@domain>``. It needs the MAC because the reader's key is in each of their links, so the
key alone proves nothing.
"""

import base64
import hmac
import re
from collections.abc import Collection, Iterable, Iterator

from newsletter.domain.addresses import address_key
from newsletter.tokens import Signature, Signer

_SIGNED = re.compile(r"\+([a-z2-7]{52})(?==?@)", re.IGNORECASE)
_KEY = 16  # octets, as many as the signature has
LONGEST_OWN = 64 - 53  # characters before the plus


def return_path(base: str, signer: Signer, *, issue: str, key: str, address: str) -> str:
    """Return the bounce address of a message to a reader; ``base`` is the mailbox that receives all bounces."""
    own, _, domain = base.rpartition("@")
    return f"{own}+{_text(key, next(_signatures(signer, issue, key, address)))}@{domain}"


def unsubscribe_address(base: str, signer: Signer, *, issue: str, key: str) -> str:
    """Return the address that a reader's mail client writes to in order to unsubscribe, in a return path's form."""
    own, _, domain = base.rpartition("@")
    return f"{own}+{_text(key, next(signer.signatures(Signature.UNSUBSCRIBE, issue, key)))}@{domain}"


def issue_unsubscribed(signatures: Collection[str], signer: Signer, issues: Iterable[str], *, key: str) -> str:
    """Return the issue, of those given, whose message to this reader had the unsubscribe address; empty if none did."""
    made = ((issue, mark) for issue in issues for mark in signer.signatures(Signature.UNSUBSCRIBE, issue, key))
    return _issue(signatures, made, key)


def signatures_in(text: str) -> list[str]:
    """Return the texts that look like our signatures, in order and without repeats."""
    return list(dict.fromkeys(signature.lower() for signature in _SIGNED.findall(text)))


def subscriber_key_in(signature: str) -> str:
    """Return the subscriber's key in a signature that is not verified yet."""
    return base64.b32decode(f"{signature.upper()}====")[:_KEY].hex()


def issue_of(signatures: Collection[str], signer: Signer, issues: Iterable[str], *, key: str, address: str) -> str:
    """Return the issue, of those given, that a signature names for this reader and address; empty if none does."""
    made = ((issue, mark) for issue in issues for mark in _signatures(signer, issue, key, address))
    return _issue(signatures, made, key)


def _issue(signatures: Collection[str], made: Iterable[tuple[str, bytes]], key: str) -> str:
    """Return the issue of the first expected signature that is among those given, or empty text."""
    for issue, expected in made:
        text = _text(key, expected)
        if any(hmac.compare_digest(text, signature) for signature in signatures):
            return issue
    return ""


def is_message_mac(mac: str, signer: Signer, *, issue: str, key: str, address: str) -> bool:
    """Return whether the MAC in a Message-ID was made for this issue, reader and address."""
    made = signer.signatures(Signature.MESSAGE_ID, issue, key, address_key(address))
    return any(hmac.compare_digest(expected.hex(), mac) for expected in made)


def _signatures(signer: Signer, issue: str, key: str, address: str) -> Iterator[bytes]:
    yield from signer.signatures(Signature.RETURN_PATH, issue, key, address_key(address))


def _text(key: str, signature: bytes) -> str:
    return base64.b32encode(bytes.fromhex(key) + signature).decode("ascii").rstrip("=").lower()
