"""Requests that anybody can make by entering an address, their rate limits, and the confirmation by its owner.

Nothing here checks whether an address is known, so neither the answer nor its timing reveals who subscribes.
"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from newsletter.domain.addresses import address_key, earlier_keys
from newsletter.domain.consent import (
    Confirmation,
    ConfirmationKind,
    MailRequest,
    RequestLimit,
    ServiceKind,
    ServiceMessage,
    SignUpChoices,
)
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import NewsletterError
from newsletter.store import Store
from newsletter.subscriptions.refused_clients import RefusedClients
from newsletter.tokens import Signer

A_DAY, A_WEEK = 24, 24 * 7  # hours; counts are kept for a week


class TooOftenError(NewsletterError):
    """A client or its network has made too many requests; it must wait up to an hour."""

    code = "too-often"


@dataclass(frozen=True, slots=True)
class Client:
    """The IP address behind a request. It isn't stored; requests are counted by keyed hash for an hour."""

    address: str

    def places(self) -> Iterator[tuple[str, int]]:
        """Yield the client and its networks, each with the number of requests it may make per hour."""
        try:
            address = ip_address(self.address)
        except ValueError:
            yield self.address, _PER_CLIENT
            return
        for length, times in _NETWORKS[type(address)]:
            yield str(ip_network((address, length), strict=False)), times


_PER_CLIENT = 20
# Prefix lengths: a household, a neighbourhood at one provider, and a large network, through whose households and
# neighbourhoods an attacker might rotate.
_NETWORKS = {
    IPv4Address: ((32, _PER_CLIENT), (24, 100), (16, 500)),
    IPv6Address: ((64, _PER_CLIENT), (48, 100), (32, 200)),
}


class SignUpRequests:
    """A factory and queue for requests that send service mail, and for their confirmation."""

    def __init__(self, store: Store, signer: Signer) -> None:
        self._store, self._signer = store, signer
        self._refused = RefusedClients()
        self._of = lru_cache(maxsize=4096)(self._of_client)

    def sign_up(
        self, address: str, choices: SignUpChoices, *, client: Client, how: str, wording: str, now: datetime
    ) -> MailRequest:
        """Return a request to confirm a sign-up by mail: at most once a day and three times a week per address."""
        return self._request(
            Confirmation(
                key=secrets.token_hex(16),
                kind=ConfirmationKind.SIGN_UP,
                address=address,
                asked=now,
                how=how,
                wording=wording,
                choices=choices,
            ),
            client,
        )

    def sign_up_again(self, expired: Confirmation, *, client: Client, now: datetime) -> MailRequest:
        """Return a request to send a confirmation again because its link has expired."""
        kind = _KINDS[expired.kind]
        message = ServiceMessage(kind=kind, address=expired.address, created=now, about=expired.key)
        return MailRequest(message=message, limits=(*self._of_address(expired.address), *self._of(client)))

    def address_change(self, reader: Subscriber, address: str, *, client: Client, now: datetime) -> MailRequest:
        """Return a request to confirm a reader's new address by a mail to it."""
        return self._request(
            Confirmation(
                key=secrets.token_hex(16),
                kind=ConfirmationKind.MOVE,
                address=address,
                asked=now,
                how="preferences",
                subscriber=reader.key,
            ),
            client,
        )

    def visit(self, address: str, *, client: Client, now: datetime) -> MailRequest:
        """Return a request to mail a reader the link to their preferences: at most once an hour, three times a day."""
        subject = self._subject(f"visit {address_key(address)}")
        limits = (
            RequestLimit(subject=subject, times=1, hours=1, quiet=True),
            RequestLimit(subject=subject, times=3, hours=A_DAY, quiet=True),
        )
        message = ServiceMessage(kind=ServiceKind.VISIT, address=address, created=now)
        return MailRequest(message=message, limits=(*limits, *self._of(client)))

    def queue(self, requests: Sequence[MailRequest]) -> list[bool]:
        """Queue requests in one transaction; return for each whether its client has exceeded a rate limit.

        A request that exceeds the limit of its address is dropped silently.
        """
        refused = []
        for request, over in zip(requests, self._store.confirmations.request(requests), strict=True):
            refused.append(over is not None and not over.quiet)
            if over is not None and not over.quiet:
                self._refused.add(over.subject, request.message.created)
        return refused

    def refuses(self, client: Client, now: datetime) -> bool:
        """Return whether ``queue`` has refused this client or its network this hour, from memory alone."""
        return any(self._refused.has(limit.subject, now) for limit in self._of(client))

    def confirm(self, given: Confirmation, choices: SignUpChoices, *, wording: str, now: datetime) -> Subscriber:
        """Subscribe the owner of a confirmed address, recording the wording they agreed to. Raises StoreError."""
        key = address_key(given.address)
        return self._store.self_service.confirm(
            given,
            choices,
            now,
            wording=wording,
            fingerprints=self._own_hashes(key),
            limit_subjects=[self._subject(f"address {key}"), self._subject(f"mailbox {_mailbox(key)}")],
        )

    def _own_hashes(self, key: str) -> list[tuple[str, str]]:
        """Return the hashes under which this address, and no other, may have been erased."""
        own = [key, *(earlier for earlier in earlier_keys(key) if address_key(earlier) == key)]
        return [hashed for text in own for hashed in self._signer.fingerprints(text)]

    def _request(self, about: Confirmation, client: Client) -> MailRequest:
        message = ServiceMessage(kind=_KINDS[about.kind], address=about.address, created=about.asked, about=about.key)
        return MailRequest(message=message, limits=(*self._of_address(about.address), *self._of(client)), about=about)

    def _of_address(self, address: str) -> tuple[RequestLimit, ...]:
        key = address_key(address)
        subject = self._subject(f"address {key}")
        mailbox = self._subject(f"mailbox {_mailbox(key)}")
        return (
            RequestLimit(subject=subject, times=1, hours=A_DAY, quiet=True),
            RequestLimit(subject=subject, times=3, hours=A_WEEK, quiet=True),
            RequestLimit(subject=mailbox, times=3, hours=A_DAY, quiet=True),
            RequestLimit(subject=mailbox, times=6, hours=A_WEEK, quiet=True),
        )

    def _of_client(self, client: Client) -> tuple[RequestLimit, ...]:
        return tuple(
            RequestLimit(subject=self._subject(f"client {place}"), times=times, hours=1)
            for place, times in client.places()
        )

    def _subject(self, text: str) -> str:
        """Return the keyed hash under which requests are counted."""
        _, hashed = next(iter(self._signer.fingerprints(text)))
        return hashed


_KINDS = {ConfirmationKind.SIGN_UP: ServiceKind.CONFIRM, ConfirmationKind.MOVE: ServiceKind.MOVE}


def _mailbox(key: str) -> str:
    """Return an address without its +tag: many providers deliver all tags to the same mailbox (RFC 5233)."""
    local, _, domain = key.rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"
