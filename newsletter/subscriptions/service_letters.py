"""Turn a queued service message into a letter: its template, address and link; or into none, if it is obsolete."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from newsletter.domain.consent import Confirmation, ServiceKind, ServiceMessage
from newsletter.domain.subscriber import Subscriber, SubscriberStatus, SuppressionReason
from newsletter.store import SERVICE_QUIET, Store, Suppression
from newsletter.tokens import Signer, TicketPurpose


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLetter:
    """A service message ready to be rendered: its address, template, link, and the key for its unsubscribe link.

    ``language`` is the reader's language tag, empty if it isn't known. A reader's mail goes to the stored address,
    never to the spelling that somebody typed into a form.
    """

    address: str
    kind: ServiceKind
    link: str
    key: str
    language: str = ""


def service_letter(
    message: ServiceMessage, now: datetime, *, store: Store, signer: Signer, base_url: str
) -> ServiceLetter | None:
    """Return the letter for a queued message, or None if nothing should be sent any longer.

    Nothing is sent to suppressed addresses, to addresses where service mail bounced recently, or about a request that
    no longer exists. Raise StoreError.
    """
    bounced = store.service_bounces.last(message.address, signer.fingerprints)
    if bounced is not None and now - bounced < SERVICE_QUIET:
        return None
    suppression = store.suppressions.get(message.address)
    if suppression is not None and not _may_be_mailed(suppression, message.kind):
        return None
    letters = _Letters(store, signer, base_url, now)
    known = store.subscribers.get(message.address)
    if message.kind in (ServiceKind.CONFIRM, ServiceKind.MOVE):
        return letters.confirmation(message, known, suppressed=suppression is not None)
    if message.kind is ServiceKind.MOVED:
        return letters.moved(message)
    if message.kind is ServiceKind.UNDONE:
        # That mailbox is no longer the reader's, so the message must not contain one of their links.
        key = secrets.token_hex(16)
        return ServiceLetter(address=message.address, kind=message.kind, link=f"{base_url}/subscribe", key=key)
    if message.kind is ServiceKind.WELCOME and not (known and known.status is SubscriberStatus.CONFIRMED):
        return None  # they have unsubscribed in the meantime
    return None if known is None else letters.to_reader(message.kind, known)


class _Letters:
    def __init__(self, store: Store, signer: Signer, base_url: str, now: datetime) -> None:
        self._store, self._signer, self._base_url, self._now = store, signer, base_url, now

    def confirmation(
        self, message: ServiceMessage, known: Subscriber | None, *, suppressed: bool
    ) -> ServiceLetter | None:
        """Return the letter that asks to confirm a sign-up or a new address, or tells a reader they are subscribed."""
        request = self._store.confirmations.get(message.about)
        if request is None or request.confirmed is not None:
            return None
        subscribed = known is not None and known.status is SubscriberStatus.CONFIRMED
        if message.kind is ServiceKind.CONFIRM and known and subscribed and not suppressed:
            return self.to_reader(ServiceKind.KNOWN, known)
        purpose = TicketPurpose.MOVE if message.kind is ServiceKind.MOVE else TicketPurpose.CONFIRM
        # A reader who changes the spelling of their own address must still prove that the new one works.
        stored = known is not None and known.key != request.subscriber
        return ServiceLetter(
            address=known.address if known and stored else request.address,
            kind=message.kind,
            link=self._link(purpose, purpose, request.key),
            key=request.key,
            language=request.choices.language or self._language_of(request),
        )

    def moved(self, message: ServiceMessage) -> ServiceLetter | None:
        """Return the letter to a reader's former address, with which the change can be undone."""
        undo = self._store.confirmations.get(message.about)
        if undo is None or undo.confirmed is not None:
            return None
        # The old mailbox may belong to somebody else by now, so no link in it opens the reader's pages.
        link = self._link("undo-move", TicketPurpose.UNDO_MOVE, undo.key)
        language = self._language_of(undo)
        return ServiceLetter(address=undo.address, kind=message.kind, link=link, key=undo.key, language=language)

    def to_reader(self, kind: ServiceKind, reader: Subscriber) -> ServiceLetter:
        """Return a letter to a reader, with the link to their own page."""
        link = self._link("my", TicketPurpose.VISIT, reader.key)
        return ServiceLetter(address=reader.address, kind=kind, link=link, key=reader.key, language=reader.language)

    def _language_of(self, change: Confirmation) -> str:
        """Return the language of the reader whose address changes."""
        reader = self._store.subscribers.by_key(change.subscriber) if change.subscriber else None
        return reader.language if reader else ""

    def _link(self, path: str, purpose: TicketPurpose, key: str) -> str:
        return f"{self._base_url}/{path}/{self._signer.ticket(purpose, key, self._now)}"


def _may_be_mailed(suppression: Suppression, kind: ServiceKind) -> bool:
    """Return whether a suppressed address still gets this message.

    After a bounce, an address can still request a link, or confirm again, which lifts the suppression.
    """
    return suppression.reason is SuppressionReason.BOUNCED and kind in (ServiceKind.CONFIRM, ServiceKind.VISIT)
