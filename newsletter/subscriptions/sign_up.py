"""What anybody may ask for by naming an address, how often, and what its owner's yes does.

Nothing here looks whether an address is known: the answer, and the time that it takes, are the same.
"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from newsletter.domain.addresses import address_key, earlier_keys
from newsletter.domain.consent import (
    Allowance,
    Choices,
    Confirmation,
    ConfirmationKind,
    MailRequest,
    ServiceKind,
    ServiceMessage,
)
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import NewsletterError
from newsletter.store import Store
from newsletter.subscriptions.refused_clients import Refused
from newsletter.tokens import Signer

A_DAY, A_WEEK = 24, 24 * 7  # hours; counts are kept for a week


class TooOftenError(NewsletterError):
    """So much was asked for from one place that nothing more is taken from there for an hour."""


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks, by the address of their connection; kept nowhere, and counted by keyed hashes for an hour."""

    address: str

    def places(self) -> Iterator[tuple[str, int]]:
        """The client and its networks, each with how often an hour it may ask for something."""
        try:
            address = ip_address(self.address)
        except ValueError:
            yield self.address, _PER_CLIENT
            return
        for length, times in _NETWORKS[type(address)]:
            yield str(ip_network((address, length), strict=False)), times


_PER_CLIENT = 20
# Prefix lengths: what one household has, what one provider gives to neighbours, and a large network, in which an
# attacker may rotate through as many of the former as there are.
_NETWORKS = {
    IPv4Address: ((32, _PER_CLIENT), (24, 100), (16, 500)),
    IPv6Address: ((64, _PER_CLIENT), (48, 100), (32, 200)),
}


class SignUpRequests:
    """Makes requests for service messages, takes them, and gives what was confirmed."""

    def __init__(self, store: Store, signer: Signer) -> None:
        self._store, self._signer = store, signer
        self._refused = Refused()
        self._of = lru_cache(maxsize=4096)(self._of_client)

    def sign_up(
        self, address: str, choices: Choices, *, client: Client, how: str, wording: str, now: datetime
    ) -> MailRequest:
        """Ask the owner of an address whether they want the newsletter: once a day, three times in a week."""
        return self._asking(
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

    def ask_again(self, expired: Confirmation, *, client: Client, now: datetime) -> MailRequest:
        """Ask once more, where a confirmation came too late."""
        kind = _KINDS[expired.kind]
        message = ServiceMessage(kind=kind, address=expired.address, created=now, about=expired.key)
        return MailRequest(message=message, limits=(*self._of_address(expired.address), *self._of(client)))

    def move(self, reader: Subscriber, address: str, *, client: Client, now: datetime) -> MailRequest:
        """Ask the owner of a new address whether a reader may move there."""
        return self._asking(
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
        """Mail the link to their preferences to a reader, if there is one: once an hour, three times a day."""
        subject = self._subject(f"visit {address_key(address)}")
        limits = (
            Allowance(subject=subject, times=1, hours=1, quiet=True),
            Allowance(subject=subject, times=3, hours=A_DAY, quiet=True),
        )
        message = ServiceMessage(kind=ServiceKind.VISIT, address=address, created=now)
        return MailRequest(message=message, limits=(*limits, *self._of(client)))

    def take(self, requests: Sequence[MailRequest]) -> list[bool]:
        """Queue what is asked for, all in one transaction; whether each was refused because its client asks too often.

        That an address was asked too often, nobody is told.
        """
        refused = []
        for request, over in zip(requests, self._store.confirmations.ask(requests), strict=True):
            refused.append(over is not None and not over.quiet)
            if over is not None and not over.quiet:
                self._refused.add(over.subject, request.message.created)
        return refused

    def refuses(self, client: Client, now: datetime) -> bool:
        """Return whether ``take`` has refused this client, or its network, in this hour. Looks into memory only."""
        return any(self._refused.has(limit.subject, now) for limit in self._of(client))

    def confirm(self, given: Confirmation, choices: Choices, *, wording: str, now: datetime) -> Subscriber:
        """Make a reader of whoever said yes to this wording, with the choices as they are then. Raises StoreError."""
        key = address_key(given.address)
        return self._store.readers.confirm(
            given,
            choices,
            now,
            wording=wording,
            fingerprints=self._own_hashes(key),
            allowances=[self._subject(f"address {key}"), self._subject(f"mailbox {_mailbox(key)}")],
        )

    def _own_hashes(self, key: str) -> list[tuple[str, str]]:
        """Return the hashes by which the owner of an address may have been erased, and nobody else."""
        own = [key, *(earlier for earlier in earlier_keys(key) if address_key(earlier) == key)]
        return [hashed for text in own for hashed in self._signer.fingerprints(text)]

    def _asking(self, about: Confirmation, client: Client) -> MailRequest:
        message = ServiceMessage(kind=_KINDS[about.kind], address=about.address, created=about.asked, about=about.key)
        return MailRequest(message=message, limits=(*self._of_address(about.address), *self._of(client)), about=about)

    def _of_address(self, address: str) -> tuple[Allowance, ...]:
        key = address_key(address)
        subject = self._subject(f"address {key}")
        mailbox = self._subject(f"mailbox {_mailbox(key)}")
        return (
            Allowance(subject=subject, times=1, hours=A_DAY, quiet=True),
            Allowance(subject=subject, times=3, hours=A_WEEK, quiet=True),
            Allowance(subject=mailbox, times=3, hours=A_DAY, quiet=True),
            Allowance(subject=mailbox, times=6, hours=A_WEEK, quiet=True),
        )

    def _of_client(self, client: Client) -> tuple[Allowance, ...]:
        return tuple(
            Allowance(subject=self._subject(f"client {place}"), times=times, hours=1)
            for place, times in client.places()
        )

    def _subject(self, text: str) -> str:
        """Return the keyed hash by which something is counted."""
        _, hashed = next(iter(self._signer.fingerprints(text)))
        return hashed


_KINDS = {ConfirmationKind.SIGN_UP: ServiceKind.CONFIRM, ConfirmationKind.MOVE: ServiceKind.MOVE}


def _mailbox(key: str) -> str:
    """An address without what follows a plus sign: many providers put all of these into one mailbox (RFC 5233)."""
    local, _, domain = key.rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"
