"""The rate limits on requests that anybody can make by entering an address: by address, by mailbox and by client.

Requests are counted under keyed hashes, so neither an address nor a client's IP address is stored.
"""

from newsletter.domain.addresses import address_key
from newsletter.domain.clients import Client
from newsletter.domain.consent import RequestLimit
from newsletter.errors import NewsletterError
from newsletter.tokens import Signer

A_DAY, A_WEEK = 24, 24 * 7  # hours; counts are kept for a week


class TooOftenError(NewsletterError):
    """A client or its network has made too many requests; it must wait up to an hour."""

    code = "too-often"


def client_limits(signer: Signer, client: Client) -> tuple[RequestLimit, ...]:
    """Return the hourly limits of a client and its networks."""
    return tuple(
        RequestLimit(subject=signer.fingerprint(f"client {place}"), times=times, hours=1)
        for place, times in client.places()
    )


def confirmation_limits(signer: Signer, address: str) -> tuple[RequestLimit, ...]:
    """Return the limits of confirmations to an address, and of those to its mailbox under any +tag."""
    by_address, by_mailbox = confirmation_subjects(signer, address)
    return (
        RequestLimit(subject=by_address, times=1, hours=A_DAY, quiet=True),
        RequestLimit(subject=by_address, times=3, hours=A_WEEK, quiet=True),
        RequestLimit(subject=by_mailbox, times=3, hours=A_DAY, quiet=True),
        RequestLimit(subject=by_mailbox, times=6, hours=A_WEEK, quiet=True),
    )


def confirmation_subjects(signer: Signer, address: str) -> tuple[str, str]:
    """Return the hashes under which confirmations to an address and to its mailbox are counted."""
    key = address_key(address)
    return signer.fingerprint(f"address {key}"), signer.fingerprint(f"mailbox {_mailbox(key)}")


def visit_limits(signer: Signer, address: str) -> tuple[RequestLimit, ...]:
    """Return the limits of links to a reader's own page: once an hour, three times a day."""
    subject = signer.fingerprint(f"visit {address_key(address)}")
    return (
        RequestLimit(subject=subject, times=1, hours=1, quiet=True),
        RequestLimit(subject=subject, times=3, hours=A_DAY, quiet=True),
    )


def _mailbox(key: str) -> str:
    """Return an address without its +tag: many providers deliver all tags to the same mailbox (RFC 5233)."""
    local, _, domain = key.rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"
