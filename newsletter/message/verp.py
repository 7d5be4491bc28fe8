"""Variable envelope return paths: an address for each message to come back to, signed, so that nobody forges bounces.

The local part is ``<own>+<52 characters>``: the subscriber's key and a signature of issue, reader and address, in
base32, since mail servers may change the case. It stays within the 64 octets of RFC 5321 §4.5.3.1.1.

A Message-ID is ``<issue.key.MAC@domain>``: the reader's key alone is in each of their links, so it proves nothing.
No I/O.
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
    """Where a message to a reader comes back to; ``base`` is the address that takes all of them."""
    own, _, domain = base.rpartition("@")
    return f"{own}+{_text(key, next(_signatures(signer, issue, key, address)))}@{domain}"


def unsubscribe_address(base: str, signer: Signer, *, issue: str, key: str) -> str:
    """Return the address that a reader's mail client writes to in order to unsubscribe; its form is a return path's."""
    own, _, domain = base.rpartition("@")
    return f"{own}+{_text(key, next(signer.signatures(Signature.UNSUBSCRIBE, issue, key)))}@{domain}"


def issue_left(signatures: Collection[str], signer: Signer, issues: Iterable[str], *, key: str) -> str:
    """Return for which of these issues an unsubscribe address was made, to this reader; empty for none of them."""
    made = ((issue, mark) for issue in issues for mark in signer.signatures(Signature.UNSUBSCRIBE, issue, key))
    return _issue(signatures, made, key)


def signatures_in(text: str) -> list[str]:
    """What looks like one of ours, in its order, each once."""
    return list(dict.fromkeys(found.lower() for found in _SIGNED.findall(text)))


def reader_of(signature: str) -> str:
    """The subscriber's key that a signature is about, which it does not prove yet."""
    return base64.b32decode(f"{signature.upper()}====")[:_KEY].hex()


def issue_of(signatures: Collection[str], signer: Signer, issues: Iterable[str], *, key: str, address: str) -> str:
    """Return for which of these issues a signature was made, to this reader at this address; empty for none of them."""
    made = ((issue, mark) for issue in issues for mark in _signatures(signer, issue, key, address))
    return _issue(signatures, made, key)


def _issue(signatures: Collection[str], made: Iterable[tuple[str, bytes]], key: str) -> str:
    """Return the issue of the first signature made that is among those given."""
    for issue, expected in made:
        text = _text(key, expected)
        if any(hmac.compare_digest(text, signature) for signature in signatures):
            return issue
    return ""


def is_message_mac(mac: str, signer: Signer, *, issue: str, key: str, address: str) -> bool:
    """Say whether the MAC in a Message-ID was made for this issue, reader and address."""
    made = signer.signatures(Signature.MESSAGE_ID, issue, key, address_key(address))
    return any(hmac.compare_digest(expected.hex(), mac) for expected in made)


def _signatures(signer: Signer, issue: str, key: str, address: str) -> Iterator[bytes]:
    yield from signer.signatures(Signature.RETURN_PATH, issue, key, address_key(address))


def _text(key: str, signature: bytes) -> str:
    return base64.b32encode(bytes.fromhex(key) + signature).decode("ascii").rstrip("=").lower()
