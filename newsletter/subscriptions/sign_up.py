"""Requests that anybody can make by entering an address, and the confirmation of a sign-up by the address's owner.

Nothing here checks whether an address is known, so neither the answer nor its timing reveals who subscribes.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache, partial

from newsletter.domain.addresses import address_key, earlier_keys
from newsletter.domain.clients import Client
from newsletter.domain.consent import (
    Confirmation,
    ConfirmationKind,
    MailRequest,
    ServiceKind,
    ServiceMessage,
    SignUpChoices,
)
from newsletter.domain.subscriber import Subscriber
from newsletter.store import Store
from newsletter.subscriptions.refused_clients import RefusedClients
from newsletter.subscriptions.request_limits import (
    client_limits,
    confirmation_limits,
    confirmation_subjects,
    visit_limits,
)
from newsletter.tokens import Signer


class MailRequests:
    """A factory and queue for requests that send service mail."""

    def __init__(self, store: Store, signer: Signer) -> None:
        self._store, self._signer = store, signer
        self._refused = RefusedClients()
        self._client_limits = lru_cache(maxsize=4096)(partial(client_limits, signer))

    def sign_up(
        self, address: str, choices: SignUpChoices, *, client: Client, how: str, wording: str, now: datetime
    ) -> MailRequest:
        """Return a request to confirm a sign-up by mail: at most once a day and three times a week per address."""
        return self._confirmation_request(
            Confirmation(
                key=secrets.token_hex(16),
                kind=ConfirmationKind.SIGN_UP,
                address=address,
                requested=now,
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
        limits = (*confirmation_limits(self._signer, expired.address), *self._client_limits(client))
        return MailRequest(message=message, limits=limits)

    def address_change(self, reader: Subscriber, address: str, *, client: Client, now: datetime) -> MailRequest:
        """Return a request to confirm a reader's new address by a mail to it."""
        return self._confirmation_request(
            Confirmation(
                key=secrets.token_hex(16),
                kind=ConfirmationKind.MOVE,
                address=address,
                requested=now,
                how="preferences",
                subscriber=reader.key,
            ),
            client,
        )

    def visit(self, address: str, *, client: Client, now: datetime) -> MailRequest:
        """Return a request to mail a reader the link to their preferences: at most once an hour, three times a day."""
        message = ServiceMessage(kind=ServiceKind.VISIT, address=address, created=now)
        limits = (*visit_limits(self._signer, address), *self._client_limits(client))
        return MailRequest(message=message, limits=limits)

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
        return any(self._refused.has(limit.subject, now) for limit in self._client_limits(client))

    def _confirmation_request(self, about: Confirmation, client: Client) -> MailRequest:
        message = ServiceMessage(
            kind=_KINDS[about.kind], address=about.address, created=about.requested, about=about.key
        )
        limits = (*confirmation_limits(self._signer, about.address), *self._client_limits(client))
        return MailRequest(message=message, limits=limits, about=about)


_KINDS = {ConfirmationKind.SIGN_UP: ServiceKind.CONFIRM, ConfirmationKind.MOVE: ServiceKind.MOVE}


def confirm_sign_up(
    store: Store,
    signer: Signer,
    sign_up: Confirmation,
    choices: SignUpChoices,
    *,
    wording: str,
    welcome: bool = False,
    now: datetime,
) -> Subscriber:
    """Subscribe the owner of a confirmed address, recording the wording they agreed to.

    With ``welcome``, they get the welcome mail unless they were subscribed already. Confirming again changes nothing.
    Raise MissingSignUpError if the sign-up no longer exists, and StoreError.
    """
    key = address_key(sign_up.address)
    # The hashes under which this address, and no other, may have been erased.
    own = [key, *(earlier for earlier in earlier_keys(key) if address_key(earlier) == key)]
    return store.self_service.confirm(
        sign_up,
        choices,
        now,
        wording=wording,
        fingerprints=[hashed for text in own for hashed in signer.fingerprints(text)],
        limit_subjects=confirmation_subjects(signer, sign_up.address),
        welcome=welcome,
    )
