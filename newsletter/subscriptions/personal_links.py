"""The links that readers get by mail, and the reader or the request behind each."""

from datetime import datetime, timedelta

from newsletter.domain.consent import CONFIRM_WITHIN, UNDO_MOVE_WITHIN, VISIT_WITHIN, Confirmation, ConfirmationKind
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import TokenError
from newsletter.store import Store
from newsletter.tokens import ExpiredError, Purpose, Signer, TicketPurpose


class PersonalLinks:
    """A parser of personal links. Raises TokenError for a link that isn't ours, and ExpiredError for an old one."""

    def __init__(self, store: Store, signer: Signer) -> None:
        self._store, self._signer = store, signer

    def reader_of_message(self, purpose: Purpose, issue: str, token: str) -> Subscriber | None:
        """Return the reader whose message has this link; None if they no longer exist. These links never expire."""
        return self._store.subscribers.by_key(self._signer.verify(purpose, issue, token))

    def visitor(self, ticket: str, now: datetime) -> Subscriber | None:
        """Return the reader who asked for a link to their own page; None if they no longer exist."""
        key, made = self._signer.redeem(TicketPurpose.VISIT, ticket, now=now, lasts=VISIT_WITHIN)
        reader = self._store.subscribers.by_key(key)
        moved = reader and self._store.address_changes.last(reader.id)
        # A link that was mailed to the old address may be read by somebody else there.
        if moved and made < moved:
            raise ExpiredError(key)
        return reader

    def sign_up(self, ticket: str, now: datetime) -> Confirmation:
        """Return the sign-up that this link confirms."""
        return self._confirmation(TicketPurpose.CONFIRM, ticket, now)

    def expired_sign_up(self, ticket: str, now: datetime) -> Confirmation | None:
        """Return the sign-up behind a link, expired or not; None if it is confirmed or no longer exists."""
        try:
            key, _ = self._signer.redeem(TicketPurpose.CONFIRM, ticket, now=now, lasts=CONFIRM_WITHIN)
        except ExpiredError as err:
            key = err.subject
        confirmation = self._store.confirmations.get(key)
        return confirmation if confirmation and confirmation.confirmed is None else None

    def address_change(self, ticket: str, now: datetime) -> Confirmation:
        """Return the address change that this link confirms."""
        return self._confirmation(TicketPurpose.MOVE, ticket, now)

    def undo(self, ticket: str, now: datetime) -> Confirmation:
        """Return the former address that this link restores."""
        return self._confirmation(TicketPurpose.UNDO_MOVE, ticket, now)

    def _confirmation(self, errand: TicketPurpose, ticket: str, now: datetime) -> Confirmation:
        kind, lasts, what = _CONFIRMATIONS[errand]
        key, _ = self._signer.redeem(errand, ticket, now=now, lasts=lasts)
        confirmation = self._store.confirmations.get(key)
        if confirmation is None or confirmation.kind is not kind:
            raise TokenError(f"this {what} no longer exists")
        return confirmation


_CONFIRMATIONS: dict[TicketPurpose, tuple[ConfirmationKind, timedelta, str]] = {
    TicketPurpose.CONFIRM: (ConfirmationKind.SIGN_UP, CONFIRM_WITHIN, "sign-up"),
    TicketPurpose.MOVE: (ConfirmationKind.MOVE, CONFIRM_WITHIN, "address change"),
    TicketPurpose.UNDO_MOVE: (ConfirmationKind.UNDO, UNDO_MOVE_WITHIN, "address change"),
}
