"""Confirmations that a member of staff has mailed: of a subscription, or of a reader's new address.

They have limits of their own. Somebody who says that no message has come must not have to wait for a day.
"""

import secrets
from datetime import datetime

from newsletter.domain.addresses import address_key
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
from newsletter.tokens import Signer

BY_STAFF = "studio"
"""How a confirmation was asked for, in the record of consent."""


class MailedRecentlyError(NewsletterError):
    """A confirmation that was mailed again and again in a short time."""

    code = "mailed-recently"

    def __init__(self) -> None:
        hint = "a message can take some minutes, and may be in their spam folder; try again in an hour"
        super().__init__("a confirmation was mailed to this address less than an hour ago", hint=hint)


def mail_confirmation(
    store: Store, signer: Signer, address: str, choices: SignUpChoices, *, now: datetime
) -> Confirmation:
    """Mail an address a link that confirms the subscription; a sign-up that waits for one is mailed again.

    Raise MailedRecentlyError.
    """
    waiting = _waiting_sign_up(store, address)
    about = waiting or Confirmation(
        key=secrets.token_hex(16),
        kind=ConfirmationKind.SIGN_UP,
        address=address,
        requested=now,
        how=BY_STAFF,
        choices=choices,
    )
    message = ServiceMessage(kind=ServiceKind.CONFIRM, address=about.address, created=now, about=about.key)
    _queue(store, MailRequest(message=message, limits=_limits(signer, address), about=None if waiting else about))
    return about


def mail_address_change(store: Store, signer: Signer, reader: Subscriber, address: str, *, now: datetime) -> None:
    """Mail a reader's new address a link that confirms it. Raise MailedRecentlyError."""
    about = Confirmation(
        key=secrets.token_hex(16),
        kind=ConfirmationKind.MOVE,
        address=address,
        requested=now,
        how=BY_STAFF,
        subscriber=reader.key,
    )
    message = ServiceMessage(kind=ServiceKind.MOVE, address=address, created=now, about=about.key)
    _queue(store, MailRequest(message=message, limits=_limits(signer, address), about=about))


def _waiting_sign_up(store: Store, address: str) -> Confirmation | None:
    """Return the latest sign-up of an address that waits for its confirmation."""
    requests = store.confirmations.of_reader("", address)
    waiting = [
        request
        for request in requests
        if request.kind is ConfirmationKind.SIGN_UP
        and request.confirmed is None
        and address_key(request.address) == address_key(address)
    ]
    return waiting[-1] if waiting else None


def _queue(store: Store, request: MailRequest) -> None:
    if store.confirmations.request([request])[0] is not None:
        raise MailedRecentlyError()


def _limits(signer: Signer, address: str) -> tuple[RequestLimit, ...]:
    subject = signer.fingerprint(f"staff {address_key(address)}")
    return tuple(RequestLimit(subject=subject, times=times, hours=hours) for times, hours in ((1, 1), (5, 24)))
