"""Unsubscribe readers, and undo it."""

from collections.abc import Sequence
from datetime import datetime

from newsletter.domain.consent import UNDO_WITHIN, UnsubscribeRequest
from newsletter.errors import TokenError
from newsletter.store import Store
from newsletter.tokens import Signer, TicketPurpose


def unsubscribe(store: Store, departures: Sequence[UnsubscribeRequest], now: datetime) -> list[bool]:
    """Unsubscribe readers or withdraw sign-ups, all in one transaction.

    Return for each whether it changed anything: readers who unsubscribed before, or no longer exist, stay as they are.
    """
    changed = store.self_service.unsubscribe(departures, now)
    return [departure.key in changed for departure in departures]


def undo_ticket(signer: Signer, key: str, now: datetime) -> str:
    """Return the ticket with which the reader with this key can undo their unsubscription for an hour."""
    return signer.ticket(TicketPurpose.UNDO, key, now)


def undo_unsubscription(store: Store, signer: Signer, key: str, ticket: str, *, issue: str, now: datetime) -> bool:
    """Subscribe a reader again who has just unsubscribed, and return whether that was undone.

    Raise ExpiredError after an hour, and TokenError for a ticket that isn't ours or is another reader's.
    """
    subject, _ = signer.redeem(TicketPurpose.UNDO, ticket, now=now, lasts=UNDO_WITHIN)
    if subject != key:
        raise TokenError("this ticket belongs to another reader")
    return store.self_service.undo_unsubscribe(key, now, within=UNDO_WITHIN, issue=issue)
