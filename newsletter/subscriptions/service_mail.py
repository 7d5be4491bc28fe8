"""The sending of service mail: messages are composed, submitted to the provider, and retried when it defers them."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from newsletter import rendering
from newsletter.domain.consent import SERVICE, ServiceKind, ServiceMessage
from newsletter.domain.delivery import DeliveryStatus, retry_delay
from newsletter.domain.publication import Newsletter
from newsletter.domain.subscriber import Subscriber, SubscriberStatus, SuppressionReason
from newsletter.errors import NewsletterError, ProviderError, StoreError
from newsletter.message.mime import Letter, Recipient, Wire
from newsletter.message.verp import return_path
from newsletter.providers import Provider
from newsletter.rendering import Theme
from newsletter.store import SERVICE_QUIET, Store, Suppression
from newsletter.tokens import Signer, TicketPurpose

BATCH = 20
SETTLE_EVERY = 5.0  # seconds, well within the lease of a batch: messages that a kill leaves unsettled are sent again
POLL_EVERY = 5.0  # seconds between checks for messages that another process has queued
TIDY_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """A service message ready to be rendered: its address, template, link, and the key for its unsubscribe link.

    A reader's mail goes to the stored address, never to the spelling that somebody typed into a form.
    """

    address: str
    kind: ServiceKind
    link: str
    key: str


@dataclass(slots=True, kw_only=True)
class ServiceMailer:
    """A sender of service mail that runs in its own thread.

    ``log`` is called with error messages, which contain no addresses. ``return_path`` is the address for bounces; if
    empty, they go to the sender's address.
    """

    store: Store
    provider: Provider
    signer: Signer
    newsletter: Newsletter
    theme: Theme
    log: Callable[[str], object]
    return_path: str = ""
    clock: Callable[[], datetime]
    _wake: threading.Event = field(default_factory=threading.Event, init=False)
    _stopping: bool = field(default=False, init=False)
    _tidied: datetime | None = field(default=None, init=False)

    def wake(self) -> None:
        """Wake the thread because a message was queued."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the current batch and stop."""
        self._stopping = True
        self._wake.set()

    def run(self) -> None:
        """Send queued messages until ``stop`` is called. Report an error only once until sending works again."""
        reported: set[str] = set()
        while not self._stopping:
            self._wake.clear()
            try:
                while not self._stopping and self.send_batch():
                    pass
                reported.clear()
            except NewsletterError as err:  # the database is busy, full or unreachable: messages stay queued
                if str(err) not in reported:
                    self.log(str(err))
                reported.add(str(err))
            except Exception as err:  # noqa: BLE001  messages stay queued
                self.log(f"service mail can't be sent: {type(err).__name__}")
            self._wake.wait(POLL_EVERY)

    def send_batch(self) -> int:
        """Submit one batch of due messages and return their number."""
        now = self.clock()
        if self._tidied is None or now >= self._tidied + TIDY_EVERY:
            self.store.confirmations.tidy(now)
            self._tidied = now
        if self.store.unscrubbed:
            self.store.scrub(0)  # if another connection reads the database, try again next time
        if not self.store.confirmations.has_due(now):
            return 0
        messages = self.store.confirmations.next_messages(now, BATCH)
        posted: list[tuple[ServiceMessage, datetime | None]] = []
        since = time.monotonic()
        try:
            for message in messages:
                posted.append((message, self._post(message, now)))
                if time.monotonic() - since > SETTLE_EVERY:
                    self.store.confirmations.record_attempts(posted)
                    posted, since = [], time.monotonic()
        finally:
            if posted:
                self.store.confirmations.record_attempts(posted)
        return len(messages)

    def _post(self, message: ServiceMessage, now: datetime) -> datetime | None:
        """Submit a message; return when to retry it, or None if it is finished."""
        try:
            letter = self._letter(message, now)
            status = DeliveryStatus.REFUSED if letter is None else self._submit(letter, now)
        except StoreError:
            raise
        except Exception as err:  # noqa: BLE001  a faulty message must not block those behind it
            why = str(err) if isinstance(err, NewsletterError) else type(err).__name__
            self.log(f"a service message can't be built: {why}")
            status = DeliveryStatus.DEFERRED
        delay = retry_delay(message.attempts)
        return now + timedelta(seconds=delay) if status is DeliveryStatus.DEFERRED and delay is not None else None

    def _submit(self, letter: _Letter, now: datetime) -> DeliveryStatus:
        email = rendering.service_email(letter.kind, letter.link, self.newsletter, self.theme)
        links = self.signer.links(self.newsletter.base_url, SERVICE)
        key, address = secrets.token_hex(16), letter.address
        back = self.return_path and return_path(self.return_path, self.signer, issue=SERVICE, key=key, address=address)
        to = Recipient(
            subscriber=0,
            key=key,
            address=address,
            values=links(letter.key),
            mac=links.message_mac(key, address),
            return_path=back,
        )
        try:
            (receipt,) = self.provider.submit([Letter(Wire(email, now), to)])
        except ProviderError as err:
            self.log(f"a service message is deferred: {err}")
            return DeliveryStatus.DEFERRED
        if receipt.gone:
            self.store.service_bounces.add(address, now, self.signer.fingerprints)
        return receipt.status

    def _letter(self, message: ServiceMessage, now: datetime) -> _Letter | None:
        """Return the letter for a message, or None if nothing should be sent.

        Nothing is sent to suppressed addresses, to addresses where service mail bounced recently, or about a request
        that no longer exists.
        """
        bounced = self.store.service_bounces.last(message.address, self.signer.fingerprints)
        if bounced is not None and now - bounced < SERVICE_QUIET:
            return None
        suppression = self.store.suppressions.get(message.address)
        if suppression is not None and not _may_be_mailed(suppression, message.kind):
            return None
        known = self.store.subscribers.get(message.address)
        if message.kind in (ServiceKind.CONFIRM, ServiceKind.MOVE):
            request = self.store.confirmations.get(message.about)
            if request is None or request.confirmed is not None:
                return None
            reader = known is not None and known.status is SubscriberStatus.CONFIRMED
            if message.kind is ServiceKind.CONFIRM and known and reader and suppression is None:
                return self._to_reader(ServiceKind.KNOWN, known, now)
            purpose = TicketPurpose.MOVE if message.kind is ServiceKind.MOVE else TicketPurpose.CONFIRM
            # A reader who changes the spelling of their own address must still prove that the new one works.
            stored = known is not None and known.key != request.subscriber
            return _Letter(
                address=known.address if known and stored else request.address,
                kind=message.kind,
                link=f"{self.newsletter.base_url}/{purpose}/{self.signer.ticket(purpose, request.key, now)}",
                key=request.key,
            )
        if message.kind is ServiceKind.MOVED:
            undo = self.store.confirmations.get(message.about)
            if undo is None or undo.confirmed is not None:
                return None
            # The old mailbox may belong to somebody else by now, so no link in it opens the reader's pages.
            link = f"{self.newsletter.base_url}/undo-move/{self.signer.ticket(TicketPurpose.UNDO_MOVE, undo.key, now)}"
            return _Letter(address=undo.address, kind=message.kind, link=link, key=undo.key)
        if message.kind is ServiceKind.UNDONE:
            # That mailbox is no longer the reader's, so the message must not contain one of their links.
            link = f"{self.newsletter.base_url}/subscribe"
            return _Letter(address=message.address, kind=message.kind, link=link, key=secrets.token_hex(16))
        return None if known is None else self._to_reader(message.kind, known, now)

    def _to_reader(self, kind: ServiceKind, reader: Subscriber, now: datetime) -> _Letter:
        ticket = self.signer.ticket(TicketPurpose.VISIT, reader.key, now)
        link = f"{self.newsletter.base_url}/my/{ticket}"
        return _Letter(address=reader.address, kind=kind, link=link, key=reader.key)


def _may_be_mailed(suppression: Suppression, kind: ServiceKind) -> bool:
    """Return whether a suppressed address still gets this message.

    After a bounce, an address can still request a link, or confirm again, which lifts the suppression.
    """
    return suppression.reason is SuppressionReason.BOUNCED and kind in (ServiceKind.CONFIRM, ServiceKind.VISIT)
